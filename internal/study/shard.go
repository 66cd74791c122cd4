package study

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Shard is part I of N of a plan's cells.
type Shard struct{ I, N int } // I from 0

// Whole is the shard that has every cell.
var Whole = Shard{0, 1}

// String is i/n, with i from 1.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.I+1, s.N) }

// ParseShard reads i/n, with i from 1.
func ParseShard(text string) (Shard, error) {
	first, last, _ := strings.Cut(text, "/")
	i, err := strconv.Atoi(first)
	n, err2 := strconv.Atoi(last)
	if err != nil || err2 != nil || i < 1 || i > n {
		return Shard{}, fmt.Errorf("value is %q, want i/n, as in 1/4 to 4/4", text)
	}
	return Shard{i - 1, n}, nil
}

// Of are the cells of the shard. The cells of each activation are dealt out in turn, so that every shard gets
// its share of the slow ones.
func (s Shard) Of(cells []Cell) []Cell {
	dealt := make([]int, len(cells))
	for i := range dealt {
		dealt[i] = i
	}
	slices.SortStableFunc(dealt, func(a, b int) int { return cmp.Compare(cells[a].Name(), cells[b].Name()) })
	var mine []int
	for turn, i := range dealt {
		if turn%s.N == s.I {
			mine = append(mine, i)
		}
	}
	slices.Sort(mine)
	own := make([]Cell, len(mine))
	for k, i := range mine {
		own[k] = cells[i]
	}
	return own
}

// ScheduledShard is the shard that a scheduler's variables give this process: of a Slurm array's task, or of a
// Kubernetes Indexed Job's pod, to which the Job's manifest gives JOB_COMPLETIONS. by is the variable, "" for
// the whole. An unset variable is "".
func ScheduledShard(variable func(name string) string) (s Shard, by string, err error) {
	number := func(name string, otherwise int) int {
		text := variable(name)
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
	case variable(slurm) != "":
		by = slurm
		step := max(number("SLURM_ARRAY_TASK_STEP", 1), 1)
		s = Shard{(number(slurm, 0) - number("SLURM_ARRAY_TASK_MIN", 0)) / step, number("SLURM_ARRAY_TASK_COUNT", 0)}
	case variable(kubernetes) != "":
		by = kubernetes
		s = Shard{number(kubernetes, 0), number("JOB_COMPLETIONS", 0)}
	default:
		return Whole, "", nil
	}
	if err == nil && (s.I < 0 || s.I >= s.N) {
		err = fmt.Errorf("%s: shard is %d of %d, want the number of tasks too, or --shard i/n", by, s.I+1, s.N)
	}
	return s, by, err
}
