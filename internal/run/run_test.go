package run

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"actfn/internal/config"
	"actfn/internal/fault"
	"actfn/internal/lock"
	"actfn/internal/record"
)

// begun makes a run's folder and begins the run.
func begun(t *testing.T, dir string, replace bool, files ...string) {
	t.Helper()
	f, err := Create(t.Context(), dir, replace)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Begin(config.Default()); err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestFolderIsOneRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	f, err := Create(t.Context(), dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), dir, false); !errors.Is(err, lock.ErrLocked) || fault.IsUsage(err) {
		t.Errorf("second of two: error is %v", err)
	}
	if f.Close(); exists(dir) {
		t.Error("a folder that was made and not used stays")
	}
	begun(t, dir, false, record.LastFile, "notes.txt")
	if _, err := Create(t.Context(), dir, false); !fault.IsUsage(err) || len(fault.Hints(err)) != 2 {
		t.Errorf("a run is there: error is %v with hints %q", err, fault.Hints(err))
	}
	begun(t, dir, true)
	if exists(filepath.Join(dir, record.LastFile)) || !exists(filepath.Join(dir, "notes.txt")) {
		t.Error("replaced are not the run's files alone")
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "notes.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, replace := range []bool{false, true} {
		if _, err := Create(t.Context(), foreign, replace); !fault.IsUsage(err) {
			t.Errorf("no run is there, replace %v: error is %v", replace, err)
		}
	}
}

func TestDefaultFolders(t *testing.T) {
	t.Chdir(t.TempDir())
	m := config.Default().Model
	m.Activation = "max(x, 0.1*x)"
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, want := range []string{"runs/20260102-030405-max-x-0-1-x", "runs/20260102-030405-max-x-0-1-x-2"} {
		f, err := New(m, now)
		if err != nil || f.Dir != filepath.FromSlash(want) {
			t.Fatalf("folder is %+v, %v, want %s", f, err, want)
		}
		defer f.Close()
	}
}

func TestResume(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	now := func(change func(*config.Config)) config.Resolved {
		r := config.Resolved{Config: config.Default(), Origin: map[string]string{"train.epochs": "--epochs"}}
		change(&r.Config)
		return r
	}
	same := func(*config.Config) {}
	if _, err := Resume(t.Context(), dir, now(same)); !fault.IsUsage(err) || !strings.HasPrefix(err.Error(), dir+": no such folder") {
		t.Errorf("no folder: error is %v", err)
	}
	begun(t, dir, false)
	f, err := Resume(t.Context(), dir, now(func(c *config.Config) { c.Train.Epochs = 20 }))
	if err != nil || !f.Anew || f.Began.Train.Epochs != 10 {
		t.Fatalf("unbegun: folder is %+v, %v", f, err)
	}
	f.Close()
	if !exists(dir) {
		t.Error("the folder of a resumed run is gone")
	}
	if _, err := Resume(t.Context(), dir, now(func(c *config.Config) { c.Train.Seed, c.Model.Activation = 3, "tanh" })); !fault.IsUsage(err) || len(fault.Each(err)) != 2 {
		t.Errorf("another run: error is %v", err)
	}
	begun(t, dir, true, record.LastFile)
	if _, err := Resume(t.Context(), dir, now(same)); err == nil || fault.IsUsage(err) || !strings.Contains(err.Error(), "holds results but no") {
		t.Errorf("state is lost: error is %v", err)
	}
	values := map[*record.Metric]float64{}
	for _, m := range record.Metrics {
		values[m] = 0.5
	}
	epochs := []record.Epoch{{N: 1, Values: values}, {N: 2, Values: values}}
	begun(t, dir, true, record.ResumeFile)
	if err := record.WriteMetrics(dir, epochs); err != nil {
		t.Fatal(err)
	}
	f, err = Resume(t.Context(), dir, now(same))
	if err != nil || f.Anew {
		t.Fatalf("folder is %+v, %v", f, err)
	}
	f.Close()
	_, err = Resume(t.Context(), dir, now(func(c *config.Config) { c.Train.Epochs = 1 }))
	if !fault.IsUsage(err) || err.Error() != "--epochs: train.epochs: value is 1, want 2 or more, which "+dir+" has trained" {
		t.Errorf("fewer epochs than done: error is %v", err)
	}
	r, err := Read(dir)
	if err != nil || r.Activation != "relu" || len(r.Epochs) != 2 {
		t.Errorf("record is %+v, %v", r, err)
	}
	if _, _, err := Tested(dir); err == nil {
		t.Error("a run that has not come to its end is tested")
	}
}

// Nothing is left to do of a run whose summary says so, by the epochs and the patience that it is resumed with.
func TestResumeOfAnEndedRun(t *testing.T) {
	values := map[*record.Metric]float64{}
	for _, m := range record.Metrics {
		values[m] = 0.5
	}
	epochs := []record.Epoch{{N: 1, Values: values}, {N: 2, Values: values}}
	ended := record.Stopped{Epoch: 2, BestEpoch: 1}
	for name, c := range map[string]struct {
		epochs, patience int
		stopped          *record.Stopped
		diverged         *record.Diverged
		resumable        bool
		want             bool
	}{
		"all epochs":             {2, 0, &ended, nil, true, true},
		"more epochs":            {3, 0, &ended, nil, true, false},
		"no patience":            {9, 1, &ended, nil, true, true},
		"more patience":          {9, 2, &ended, nil, true, false},
		"diverged":               {9, 0, &ended, &record.Diverged{Epoch: 3}, true, true},
		"diverged at once":       {9, 0, &record.Stopped{}, &record.Diverged{Epoch: 1}, false, true},
		"record of an older one": {2, 0, nil, nil, true, false},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		begun(t, dir, false)
		if c.resumable {
			if err := os.WriteFile(filepath.Join(dir, record.ResumeFile), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		r := record.Run{Run: "elsewhere", Epochs: epochs, Stopped: c.stopped, Diverged: c.diverged}
		if err := errors.Join(record.WriteMetrics(dir, epochs), record.WriteSummary(dir, r)); err != nil {
			t.Fatal(err)
		}
		now := config.Resolved{Config: config.Default()}
		now.Train.Epochs, now.Train.Patience = c.epochs, c.patience
		f, err := Resume(t.Context(), dir, now)
		if err != nil || (f.Ended != nil) != c.want || f.Ended != nil && f.Ended.Run != dir {
			t.Errorf("%s: ended is %+v, %v, want %v", name, f.Ended, err, c.want)
			continue
		}
		// A run that goes on has no summary until it comes to its end.
		if err := f.Begin(now.Config); err != nil || exists(filepath.Join(dir, record.SummaryFile)) {
			t.Errorf("%s: the summary is still there, %v", name, err)
		}
		f.Close()
	}
}

func TestWeights(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	begun(t, dir, false)
	if _, err := Weights(dir); err == nil || !strings.HasPrefix(err.Error(), dir+": holds neither best.safetensors nor last.safetensors") {
		t.Errorf("no weights: error is %v", err)
	}
	for _, name := range []string{record.LastFile, record.BestFile} { // the best come before the last
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if got, err := Weights(dir); err != nil || got != path || Of(got) != dir || !Holds(path) {
			t.Errorf("weights are %s of %q, %v, want %s", got, Of(got), err, path)
		}
	}
	alone := filepath.Join(t.TempDir(), record.LastFile)
	if err := os.WriteFile(alone, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := Weights(alone); err != nil || got != alone || Of(got) != "" || Holds(alone) {
		t.Errorf("weights are %s of %q, %v, want %s of no run", got, Of(got), err, alone)
	}
}
