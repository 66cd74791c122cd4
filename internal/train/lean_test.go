package train

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"actfn/internal/checkpoint"
	"actfn/internal/dataset"
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
			diverging(j)
			j.Config.Health = true
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lean := func(j *Job, d *dataset.Config) {
				c.change(j, d)
				j.Lean = true
			}
			straight := job(t, root, lean)
			want, err := Run(context.Background(), straight)
			if err != nil {
				t.Fatal(err)
			}
			if (want.Diverged != nil) != c.diverges {
				t.Fatalf("diverged is %+v, want %v", want.Diverged, c.diverges)
			}
			if straight.Config.Health != (want.Health != nil) {
				t.Fatalf("health is %+v, want one: %v", want.Health, straight.Config.Health)
			}
			wantPredictions := checkLeanFolder(t, straight.Dir, want)
			for stop := 1; stop <= stepsOf(straight, want); stop++ {
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

// diverging makes a job one that diverges after its first epoch.
func diverging(j *Job) {
	j.Config.Optimizer, j.Config.LR, j.Config.WarmupEpochs = "sgd", 0.3, 3
	j.Config.Momentum, j.Config.Nesterov, j.Config.Epochs = 0.99, true, 40
	j.Model.Activation = "x^3"
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

// The last weights of a diverged run, with which it is tested, are those of the run that stops at the epoch before.
func TestDivergedIsTestedWithTheLastGoodEpoch(t *testing.T) {
	root := images(t, 7, 3)
	for name, change := range map[string]func(*Job){
		"within an epoch": diverging,
		// The last update of an epoch ruins the weights, which the first loss of the next shows, or the test.
		"in the first loss": func(j *Job) {
			j.Config.Optimizer, j.Config.LR, j.Config.BatchSize, j.Config.Epochs = "sgd", 1e38, 1000, 2
		},
		"in the test": func(j *Job) {
			j.Config.Optimizer, j.Config.LR, j.Config.BatchSize, j.Config.Epochs = "sgd", 1e38, 1000, 1
		},
	} {
		j := job(t, root, func(j *Job, _ *dataset.Config) { change(j) })
		diverged, err := Run(context.Background(), j)
		if err != nil || diverged.Diverged == nil || len(diverged.Epochs) == 0 {
			t.Fatalf("%s: run is %+v, %v, want one that diverges after its first epoch", name, diverged.Diverged, err)
		}
		epoch := diverged.Stopped.TestedEpoch
		if late := len(diverged.Epochs) - epoch; (late == 0) != (name == "within an epoch") || late > 1 {
			t.Errorf("%s: epoch %d of %d is tested", name, epoch, len(diverged.Epochs))
		}
		k := job(t, root, func(j *Job, _ *dataset.Config) {
			change(j)
			j.Config.Epochs = epoch
		})
		before, err := Run(context.Background(), k)
		if err != nil || before.Diverged != nil {
			t.Fatalf("%s: run is %+v, %v", name, before, err)
		}
		if *diverged.Test != *before.Test {
			t.Errorf("%s: test of the diverged run is %+v, want %+v of the epochs before", name, *diverged.Test, *before.Test)
		}
		last := func(j Job) checkpoint.File {
			f, err := checkpoint.Read(filepath.Join(j.Dir, record.LastFile))
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		got, want := last(j), last(k)
		if !reflect.DeepEqual(got.Tensors, want.Tensors) || got.Metadata[cardKey] != want.Metadata[cardKey] {
			t.Errorf("%s: last weights are of %s, want those of %s", name, got.Metadata[cardKey], want.Metadata[cardKey])
		}
	}
}

// A finished run says why it stopped, and which weights were tested.
func TestStopped(t *testing.T) {
	root := images(t, 7, 3)
	for name, c := range map[string]struct {
		change func(*Job, *dataset.Config)
		want   record.Stopped
	}{
		"all epochs": {
			func(*Job, *dataset.Config) {},
			record.Stopped{Reason: record.AllEpochs, Epoch: 2, TestedEpoch: 2, Weights: record.LastFile},
		},
		"validated": {
			func(j *Job, d *dataset.Config) { d.ValSplit, j.Config.LR = 0.3, 1e-30 }, // no weight moves: the first of equals
			record.Stopped{Reason: record.AllEpochs, Epoch: 2, BestEpoch: 1, TestedEpoch: 1, Weights: record.BestFile},
		},
		"no epoch": {
			func(j *Job, _ *dataset.Config) { j.Config.Epochs = 0 },
			record.Stopped{Reason: record.AllEpochs, Weights: record.LastFile},
		},
		"lean": {
			func(j *Job, _ *dataset.Config) { j.Lean = true },
			record.Stopped{Reason: record.AllEpochs, Epoch: 2, TestedEpoch: 2},
		},
		"in memory": {
			func(j *Job, _ *dataset.Config) { j.Dir = "" },
			record.Stopped{Reason: record.AllEpochs, Epoch: 2, TestedEpoch: 2},
		},
	} {
		r, err := Run(context.Background(), job(t, root, c.change))
		if err != nil || r.Stopped == nil || *r.Stopped != c.want {
			t.Errorf("%s: stopped is %+v, %v, want %+v", name, r.Stopped, err, c.want)
		}
	}
}
