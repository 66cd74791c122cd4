package study

import (
	"strings"
	"testing"
)

// A task of an array has its part of the work, and what contradicts itself is refused.
func TestScheduledShard(t *testing.T) {
	for _, test := range []struct{ variables, want string }{ // i/n by VARIABLE, or the error
		{"", "1/1 by "},
		{"SLURM_ARRAY_TASK_ID=8 SLURM_ARRAY_TASK_MIN=6 SLURM_ARRAY_TASK_STEP=2 SLURM_ARRAY_TASK_COUNT=2", "2/2 by SLURM_ARRAY_TASK_ID"},
		{"SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MIN=6 SLURM_ARRAY_TASK_STEP=2 SLURM_ARRAY_TASK_COUNT=2", "SLURM_ARRAY_TASK_ID: shard is 1 of 2, want the number of tasks too, or --shard i/n"},
		{"SLURM_ARRAY_TASK_ID=x SLURM_ARRAY_TASK_COUNT=2", `SLURM_ARRAY_TASK_ID: value is "x", want a number`},
		{"JOB_COMPLETION_INDEX=1 JOB_COMPLETIONS=2", "2/2 by JOB_COMPLETION_INDEX"},
		{"JOB_COMPLETION_INDEX=1", "JOB_COMPLETION_INDEX: shard is 2 of 0, want the number of tasks too, or --shard i/n"},
		{"JOB_COMPLETIONS=2", "1/1 by "},
		{"AWS_BATCH_JOB_ARRAY_INDEX=0 AWS_BATCH_JOB_ARRAY_SIZE=3", "1/3 by AWS_BATCH_JOB_ARRAY_INDEX"},
		{"AWS_BATCH_JOB_ARRAY_INDEX=3 AWS_BATCH_JOB_ARRAY_SIZE=3", "AWS_BATCH_JOB_ARRAY_INDEX: shard is 4 of 3, want the number of tasks too, or --shard i/n"},
		{"PBS_ARRAY_INDEX=4 PBS_ARRAY_COUNT=4", "4/4 by PBS_ARRAY_INDEX"},
		{"PBS_ARRAY_INDEX=4", "PBS_ARRAY_INDEX: shard is 4 of 0, want the number of tasks too, or --shard i/n"},
		{"PBS_ARRAY_INDEX=0 PBS_ARRAY_COUNT=4", "PBS_ARRAY_INDEX: shard is 0 of 4, want the number of tasks too, or --shard i/n"},
		{"PBS_ARRAYID=1 PBS_ARRAY_COUNT=4", "1/4 by PBS_ARRAYID"},
		{"LSB_JOBINDEX=5 LSB_JOBINDEX_STEP=2 LSB_JOBINDEX_END=8", "3/4 by LSB_JOBINDEX"}, // [1-8:2] is 1, 3, 5, 7
		{"LSB_JOBINDEX=4 LSB_JOBINDEX_STEP=2 LSB_JOBINDEX_END=8", "LSB_JOBINDEX: shard is 2 of 4, want the number of tasks too, or --shard i/n"},
		{"LSB_JOBINDEX=0 LSB_JOBINDEX_STEP=1 LSB_JOBINDEX_END=0", "1/1 by "}, // no array
		{"LSB_JOBINDEX=2", "LSB_JOBINDEX: shard is 2 of 0, want the number of tasks too, or --shard i/n"},
		{"SGE_TASK_ID=20 SGE_TASK_FIRST=10 SGE_TASK_LAST=34 SGE_TASK_STEPSIZE=10", "2/3 by SGE_TASK_ID"},
		{"SGE_TASK_ID=undefined SGE_TASK_FIRST=undefined SGE_TASK_LAST=undefined SGE_TASK_STEPSIZE=undefined", "1/1 by "},
		{"SGE_TASK_ID=2 SGE_TASK_FIRST=1 SGE_TASK_LAST=2 SGE_TASK_STEPSIZE=1", "2/2 by SGE_TASK_ID"},
		{"BATCH_TASK_INDEX=2 BATCH_TASK_COUNT=3", "3/3 by BATCH_TASK_INDEX"},
		{"CLOUD_RUN_TASK_INDEX=0 CLOUD_RUN_TASK_COUNT=1", "1/1 by CLOUD_RUN_TASK_INDEX"},
		{"BATCH_TASK_INDEX=1 BATCH_TASK_COUNT=3 JOB_COMPLETION_INDEX=1 JOB_COMPLETIONS=3", "2/3 by JOB_COMPLETION_INDEX"},
		{"BATCH_TASK_INDEX=1 BATCH_TASK_COUNT=3 JOB_COMPLETION_INDEX=1 JOB_COMPLETIONS=2", "BATCH_TASK_INDEX: shard is 2/3, want 2/2 as by JOB_COMPLETION_INDEX, or --shard i/n"},
	} {
		values := map[string]string{}
		for _, pair := range strings.Fields(test.variables) {
			name, value, _ := strings.Cut(pair, "=")
			values[name] = value
		}
		s, by, err := ScheduledShard(func(name string) string { return values[name] })
		got := s.String() + " by " + by
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.variables, got, test.want)
		}
	}
}
