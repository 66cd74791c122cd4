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
	slices.SortStableFunc(dealt, func(a, b int) int { return cmp.Compare(cells[a].Activation, cells[b].Activation) })
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

// scheduler is how a scheduler tells the task of an array which it is. A variable that does not exist is "".
type scheduler struct {
	index       string // number of the task
	none        string // the index of what is no array's task
	first       string // index of the first task; where it is not said,
	from        int    // it is this
	step        string // of the indices; 1 where it is not said
	count, last string // number of tasks, or index of the last
}

// schedulers, each with its source.
var schedulers = []scheduler{
	// Slurm: sbatch(1), output environment variables.
	{index: "SLURM_ARRAY_TASK_ID", first: "SLURM_ARRAY_TASK_MIN", step: "SLURM_ARRAY_TASK_STEP",
		count: "SLURM_ARRAY_TASK_COUNT"},
	// Kubernetes, Indexed Job: kubernetes.io/docs/concepts/workloads/controllers/job. The manifest gives the number.
	{index: "JOB_COMPLETION_INDEX", count: "JOB_COMPLETIONS"},
	// AWS Batch: docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html.
	{index: "AWS_BATCH_JOB_ARRAY_INDEX", count: "AWS_BATCH_JOB_ARRAY_SIZE"},
	// PBS Professional and OpenPBS: User's Guide, job arrays. The number is not told: qsub -J 1-4 -v PBS_ARRAY_COUNT=4.
	{index: "PBS_ARRAY_INDEX", from: 1, count: "PBS_ARRAY_COUNT"},
	// Torque: Administrator Guide, submitting job arrays. As PBS: qsub -t 1-4 -v PBS_ARRAY_COUNT=4.
	{index: "PBS_ARRAYID", from: 1, count: "PBS_ARRAY_COUNT"},
	// LSF: IBM Spectrum LSF, environment variable reference. An array begins at 1, unless it is told otherwise.
	{index: "LSB_JOBINDEX", none: "0", from: 1, step: "LSB_JOBINDEX_STEP", last: "LSB_JOBINDEX_END"},
	// Grid Engine: qsub(1), environmental variables.
	{index: "SGE_TASK_ID", none: "undefined", first: "SGE_TASK_FIRST", from: 1, step: "SGE_TASK_STEPSIZE",
		last: "SGE_TASK_LAST"},
	// Google Batch: cloud.google.com/batch/docs, REST reference, TaskGroup.
	{index: "BATCH_TASK_INDEX", count: "BATCH_TASK_COUNT"},
	// Google Cloud Run jobs: cloud.google.com/run/docs/container-contract.
	{index: "CLOUD_RUN_TASK_INDEX", count: "CLOUD_RUN_TASK_COUNT"},
}

// ScheduledShard is the shard that a scheduler's variables give this process. by is the variable that says which task
// of an array it is, "" for the whole. An unset variable is "".
func ScheduledShard(variable func(name string) string) (s Shard, by string, err error) {
	s = Whole
	for _, at := range schedulers {
		if text := variable(at.index); text == "" || text == at.none {
			continue
		}
		own, err := at.shard(variable)
		switch {
		case err != nil:
			return s, at.index, err
		case by != "" && own != s:
			return s, by, fmt.Errorf("%s: shard is %v, want %v as by %s, or --shard i/n", at.index, own, s, by)
		case by == "":
			s, by = own, at.index
		}
	}
	return s, by, nil
}

// shard is the task's.
func (at scheduler) shard(variable func(name string) string) (s Shard, err error) {
	number := func(name string, otherwise int) int {
		text := variable(name)
		if name == "" || text == "" || text == at.none {
			return otherwise
		}
		v, e := strconv.Atoi(text)
		if e != nil && err == nil {
			err = fmt.Errorf("%s: value is %q, want a number", name, text)
		}
		return v
	}
	first, step := number(at.first, at.from), max(number(at.step, 1), 1)
	s = Shard{(number(at.index, 0) - first) / step, number(at.count, 0)}
	if at.last != "" {
		s.N = (number(at.last, first-step)-first)/step + 1
	}
	if err == nil && (s.I < 0 || s.I >= s.N || s.I*step+first != number(at.index, 0)) {
		err = fmt.Errorf("%s: shard is %d of %d, want the number of tasks too, or --shard i/n", at.index, s.I+1, s.N)
	}
	return s, err
}
