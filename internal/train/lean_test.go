package train

import (
	"context"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"actfn/internal/dataset"
	"actfn/internal/number"
	"actfn/internal/record"
)

// stripped is a record without what differs from run to run: folder and times.
func stripped(t *testing.T, r record.Run) string {
	t.Helper()
	r.Run, r.StepSeconds = "", 0
	for i := range r.Epochs {
		delete(r.Epochs[i].Values, record.ImagesPerSecond)
		delete(r.Epochs[i].Values, record.WallSeconds)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A lean run that is interrupted after any step, and goes on, has the record and predictions of the straight run,
// and leaves nothing else; also one that diverges, before the interruption or after it.
func TestLeanRuns(t *testing.T) {
	root := images(t, 7, 3)
	for name, c := range map[string]struct {
		change   func(*Job, *dataset.Config)
		diverges bool
	}{
		"validated": {func(j *Job, d *dataset.Config) { d.ValSplit, j.Config.Health = 0.3, true }, false},
		"plain":     {func(*Job, *dataset.Config) {}, false},
		"diverging": {func(j *Job, _ *dataset.Config) {
			j.Config.Optimizer, j.Config.LR, j.Config.Schedule, j.Config.StepEpochs, j.Config.Gamma = "sgd", 0.3, "step", 1, 1
			j.Config.WarmupEpochs, j.Config.Momentum, j.Config.Nesterov, j.Config.Epochs = 3, 0.99, true, 40
			j.Model.Activation = "x^3"
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lean := func(j *Job, d *dataset.Config) {
				c.change(j, d)
				j.Lean, j.TestDiverged = true, true
			}
			straight := job(t, root, lean)
			want, err := Run(context.Background(), straight)
			if err != nil {
				t.Fatal(err)
			}
			if (want.Diverged != nil) != c.diverges {
				t.Fatalf("diverged is %+v, want %v", want.Diverged, c.diverges)
			}
			steps := straight.Config.Epochs * (&run{Job: straight}).steps()
			if d := want.Diverged; d != nil {
				steps = (d.Epoch-1)*(&run{Job: straight}).steps() + d.Step - 1
			}
			if straight.Config.Health != (want.Health != nil) {
				t.Fatalf("health is %+v, want one: %v", want.Health, straight.Config.Health)
			}
			wantPredictions := checkLeanFolder(t, straight.Dir, want)
			for stop := 1; stop <= steps; stop++ {
				j := job(t, root, lean)
				got := interrupted(t, j, stop)
				predictions := checkLeanFolder(t, j.Dir, got)
				if got, want := stripped(t, got), stripped(t, want); got != want || !reflect.DeepEqual(predictions, wantPredictions) {
					t.Fatalf("resume after step %d: run is\n%s\nwant\n%s", stop, got, want)
				}
			}
		})
	}
}

// checkLeanFolder wants the folder of a lean run that is done to hold its record and nothing else.
func checkLeanFolder(t *testing.T, dir string, r record.Run) record.Predictions {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	want := []string{record.MetricsCSVFile, record.MetricsFile, record.PredictionsFile, record.SummaryFile}
	if r.Health != nil {
		want = append([]string{record.HealthFile}, want...)
	}
	if !reflect.DeepEqual(names, want) {
		t.Errorf("folder holds %v, want %v", names, want)
	}
	p, err := record.ReadPredictions(dir)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i, y := range p.Labels {
		if p.Predicted[i] == y {
			right++
		}
	}
	if len(p.Labels) != r.Test.Images || right != r.Test.Correct {
		t.Errorf("predictions have %d of %d right, the record %d of %d", right, len(p.Labels), r.Test.Correct, r.Test.Images)
	}
	if r.StepSeconds <= 0 && r.Diverged == nil {
		t.Errorf("step_seconds is %g", r.StepSeconds)
	}
	return p
}

// The weights that a diverged run is tested with are those of the run that stops at the epoch before.
func TestDivergedIsTestedWithTheLastGoodEpoch(t *testing.T) {
	root := images(t, 7, 3)
	change := func(j *Job, _ *dataset.Config) {
		j.Config.Optimizer, j.Config.LR, j.Config.WarmupEpochs = "sgd", 0.3, 3
		j.Config.Momentum, j.Config.Nesterov, j.Config.Epochs = 0.99, true, 40
		j.Model.Activation = "x^3"
		j.TestDiverged = true
	}
	diverged, err := Run(context.Background(), job(t, root, change))
	if err != nil || diverged.Diverged == nil || diverged.Diverged.Epoch < 2 {
		t.Fatalf("run is %+v, %v, want one that diverges after its first epoch", diverged.Diverged, err)
	}
	before, err := Run(context.Background(), job(t, root, func(j *Job, d *dataset.Config) {
		change(j, d)
		j.Config.Epochs = diverged.Diverged.Epoch - 1
	}))
	if err != nil || before.Diverged != nil {
		t.Fatalf("run is %+v, %v", before.Diverged, err)
	}
	if *diverged.Test != *before.Test {
		t.Errorf("test of the diverged run is %+v, want %+v of the epochs before", *diverged.Test, *before.Test)
	}
	// The last update may be what ruins the weights.
	last, err := Run(context.Background(), job(t, root, func(j *Job, _ *dataset.Config) {
		j.Config.Optimizer, j.Config.LR, j.Config.Epochs, j.Config.BatchSize, j.TestDiverged = "sgd", 1e38, 1, 1000, true
	}))
	if err != nil || last.Diverged == nil || last.Test == nil || !number.Finite(last.Test.Loss) {
		t.Errorf("run that diverges in its last update is %+v, %v", last, err)
	}
}
