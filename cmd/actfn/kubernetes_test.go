package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"actfn/internal/study"
)

// The manifest's arguments are understood, and its pods share the work.
func TestKubernetesManifest(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../deploy/kubernetes/compare.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var job struct {
		Kind string
		Spec struct {
			CompletionMode string `yaml:"completionMode"`
			Completions    int
			Template       struct {
				Spec struct {
					Containers []struct {
						Args      []string
						Env       []struct{ Name, Value string }
						Resources struct{ Limits struct{ Memory string } }
					}
				}
			}
		}
	}
	if err := yaml.Unmarshal(b, &job); err != nil {
		t.Fatal(err)
	}
	if job.Kind != "Job" || job.Spec.CompletionMode != "Indexed" || len(job.Spec.Template.Spec.Containers) != 1 {
		t.Fatalf("manifest is %+v", job)
	}
	container := job.Spec.Template.Spec.Containers[0]
	var shards, want []study.Shard
	for i := range job.Spec.Completions {
		env := []string{fmt.Sprint("JOB_COMPLETION_INDEX=", i)}
		for _, v := range container.Env {
			env = append(env, v.Name+"="+v.Value)
		}
		s, _, err := study.ScheduledShard(func(name string) string { return variable(env, name) })
		if err != nil {
			t.Fatal(err)
		}
		shards, want = append(shards, s), append(want, study.Shard{I: i, N: job.Spec.Completions})
	}
	if d := cmp.Diff(want, shards); d != "" {
		t.Errorf("shards (-want +got):\n%s", d)
	}
	// Half of the memory is left for the models and what is being decoded.
	const key = "--set=data.cache_mib="
	at := slices.IndexFunc(container.Args, func(arg string) bool { return strings.HasPrefix(arg, key) })
	if at < 0 {
		t.Fatalf("arguments are %v, want %s…", container.Args, key)
	}
	cache, err := strconv.Atoi(strings.TrimPrefix(container.Args[at], key))
	limit, err2 := strconv.Atoi(strings.TrimSuffix(container.Resources.Limits.Memory, "Gi"))
	if err != nil || err2 != nil || 2*cache > limit<<10 {
		t.Errorf("cache is %d MiB of %s, want at most half", cache, container.Resources.Limits.Memory)
	}
	var known []string // the arguments, on the built-in sample
	for _, arg := range container.Args {
		if !strings.HasPrefix(arg, "--data=") {
			known = append(known, arg)
		}
	}
	command := program(t, append(known, "--dry-run")...)
	if err := command.Run(); err != nil {
		t.Errorf("%v: %v\n%s", known, err, command.Stderr)
	}
}
