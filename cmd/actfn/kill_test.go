//go:build unix

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"actfn/internal/checkpoint"
	"actfn/internal/config"
	"actfn/internal/record"
	"actfn/internal/rng"
)

var kills = flag.Int("kills", 4, "how many moments TestKillAndResume tries, and half of those of TestClaimAndKill")

// TestKillAndResume kills training runs at random moments with SIGKILL. Every file of the run can be
// read or is absent, and a resumed run ends with the bits of the straight one.
func TestKillAndResume(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "pets")
	if err := writePets(root); err != nil {
		t.Fatal(err)
	}
	for name, network := range map[string]string{
		"plain":  "--epochs 40 --filters 16 --hidden 64",
		"resnet": "--epochs 20 --network resnet --depth 8 --width 4 --dropout 0.2 --augment crop=2,flip",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags := []string{"--data", root, "--val-split", "0.25", "-b", "5", "--progress", "none"}
			killAndResume(t, append(flags, strings.Fields(network)...))
		})
	}
}

func killAndResume(t *testing.T, flags []string) {
	straight := filepath.Join(t.TempDir(), "straight")
	began := time.Now()
	if out, err := program(t, append([]string{"train", "-o", straight}, flags...)...).Output(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	took := time.Since(began)
	moments := rng.New(uint64(began.UnixNano()), "kill", 0)
	for i := range *kills {
		dir := filepath.Join(t.TempDir(), "killed")
		command := program(t, append([]string{"train", "-o", dir}, flags...)...)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		after := time.Duration(moments.Uniform(uint64(i), 0, float64(took)))
		time.Sleep(after)
		_ = command.Process.Kill()
		_ = command.Wait()
		state := loadable(t, dir)
		t.Logf("killed after %v of %v: %s", after.Round(time.Millisecond), took.Round(time.Millisecond), state)

		again := []string{"train", "--resume", dir, "--progress", "none"}
		if !strings.Contains(state, record.ConfigFile) { // killed before the run began
			again = append([]string{"train", "-o", dir}, flags...)
		}
		command = program(t, again...)
		if err := command.Run(); err != nil {
			t.Fatalf("resume after %v: %v\n%s", after, err, command.Stderr)
		}
		for _, name := range []string{record.LastFile, record.BestFile, record.ResumeFile} {
			if want, got := tensorsOf(t, filepath.Join(straight, name)), tensorsOf(t, filepath.Join(dir, name)); got != want {
				t.Errorf("killed after %v and resumed: %s is not the straight run's", after, name)
			}
		}
		if want, got := results(t, straight), results(t, dir); got != want {
			t.Errorf("killed after %v and resumed: the run is\n%s\nwant\n%s", after, got, want)
		}
	}
}

// TestClaimAndKill makes a comparison by processes of which one after the other is killed at a random moment and
// replaced. Those that live to the end all print the result of a process alone.
func TestClaimAndKill(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := writePets("pets"); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"alone", "shared"} {
		printed(t, "compare", "--data", "pets", "--filters", "16", "--hidden", "64", "--epochs", "40",
			"--activations", "relu,tanh,gelu", "--seeds", "4", "--plan-only", "-o", dir)
	}
	claim := func(dir string) *exec.Cmd {
		return program(t, "compare", "--claim", dir, "--jobs", "2", "--timing=false", "--format", "json",
			"--progress", "none")
	}
	began := time.Now()
	want, err := claim("alone").Output()
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)

	const processes = 3
	var running [processes]*exec.Cmd
	var out [processes]*bytes.Buffer
	start := func(i int) {
		running[i], out[i] = claim("shared"), new(bytes.Buffer)
		running[i].Stdout = out[i]
		if err := running[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range running {
		start(i)
	}
	moments := rng.New(uint64(began.UnixNano()), "kill", 1)
	killed := 0
	for k := range 2 * *kills {
		time.Sleep(time.Duration(moments.Uniform(uint64(k), 0, float64(took)/4)))
		i := k % processes
		_ = running[i].Process.Kill()
		if running[i].Wait() != nil {
			killed++
		}
		start(i)
	}
	done, _ := filepath.Glob(filepath.Join("shared", "cells", "*", record.SummaryFile))
	t.Logf("%d killed, then %d of 12 cells were done; alone it took %v",
		killed, len(done), took.Round(time.Millisecond))
	for i, c := range running {
		if err := c.Wait(); err != nil || out[i].String() != string(want) {
			t.Errorf("%v: result is\n%s\nwant\n%s\n%s", err, out[i], want, c.Stderr)
		}
	}
	cells, err := filepath.Glob(filepath.Join("shared", "cells", "*"))
	if err != nil || len(cells) != 12 {
		t.Errorf("%d cells, %v", len(cells), err)
	}
	for _, dir := range cells {
		loadable(t, dir)
	}
}

// loadable reads every file of a run's folder and lists them.
func loadable(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue // a temporary file, which nothing reads and the next run removes
		}
		names = append(names, e.Name())
		var err error
		switch path := filepath.Join(dir, e.Name()); {
		case filepath.Ext(path) == ".safetensors":
			_, err = checkpoint.Read(path)
		case e.Name() == record.ConfigFile:
			_, err = config.Load(config.Sources{Files: []string{path}})
		case e.Name() == record.MetricsFile:
			_, err = record.ReadMetrics(dir)
		case e.Name() == record.HealthFile:
			_, err = record.ReadHealth(dir)
		case e.Name() == record.SummaryFile:
			_, err = record.ReadSummary(dir)
		case e.Name() == record.PredictionsFile:
			_, err = record.ReadPredictions(dir)
		case e.Name() != record.MetricsCSVFile:
			err = errors.New("is none of a run's files")
		}
		if err != nil {
			t.Errorf("%s: %v", e.Name(), err)
		}
	}
	return strings.Join(names, " ")
}

// results is what a run measured, without the times, and what it left in its folder.
func results(t *testing.T, dir string) string {
	t.Helper()
	r, err := record.ReadSummary(dir)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range r.Epochs {
		lines = append(lines, fmt.Sprint(e.N, e.Values[record.LR], e.Values[record.TrainLoss], e.Values[record.TrainAccuracy],
			e.Values[record.ValLoss], e.Values[record.ValAccuracy]))
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		lines = append(lines, e.Name())
	}
	slices.Sort(lines)
	return strings.Join(append(lines, fmt.Sprint(*r.Test)), "\n")
}
