package main

import (
	"fmt"
	"strconv"
	"strings"

	"actfn/internal/grid"
)

// shardFlag is --shard.
type shardFlag struct{ shard *grid.Shard }

func (f shardFlag) Set(text string) error {
	first, last, _ := strings.Cut(text, "/")
	i, err := strconv.Atoi(first)
	n, err2 := strconv.Atoi(last)
	if err != nil || err2 != nil || i < 1 || i > n {
		return fmt.Errorf("value is %q, want i/n, as in 1/4 to 4/4", text)
	}
	*f.shard = grid.Shard{I: i - 1, N: n}
	return nil
}
func (f shardFlag) String() string { return "" }
func (f shardFlag) Type() string   { return "i/n" }

// shardOf is the shard that a scheduler's variables give this process: of a Slurm array's task, or of a
// Kubernetes Indexed Job's pod, to which the Job's manifest gives JOB_COMPLETIONS. by is the variable, "" for
// the whole.
func shardOf(env []string) (s grid.Shard, by string, err error) {
	number := func(name string, otherwise int) int {
		text := variable(env, name)
		if text == "" {
			return otherwise
		}
		v, e := strconv.Atoi(text)
		if e != nil && err == nil {
			err = fmt.Errorf("%s: value is %q, want a number", name, text)
		}
		return v
	}
	const slurm, kubernetes = "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"
	switch {
	case variable(env, slurm) != "":
		by = slurm
		step := max(number("SLURM_ARRAY_TASK_STEP", 1), 1)
		s = grid.Shard{I: (number(slurm, 0) - number("SLURM_ARRAY_TASK_MIN", 0)) / step, N: number("SLURM_ARRAY_TASK_COUNT", 0)}
	case variable(env, kubernetes) != "":
		by = kubernetes
		s = grid.Shard{I: number(kubernetes, 0), N: number("JOB_COMPLETIONS", 0)}
	default:
		return grid.Whole, "", nil
	}
	if err == nil && (s.I < 0 || s.I >= s.N) {
		err = fmt.Errorf("%s: shard is %d of %d, want the number of tasks too, or --shard i/n", by, s.I+1, s.N)
	}
	return s, by, err
}
