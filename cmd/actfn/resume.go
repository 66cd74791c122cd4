package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"actfn/internal/config"
	"actfn/internal/fault"
	"actfn/internal/record"
	"actfn/internal/setting"
	"actfn/internal/wording"
)

// resolveResumed loads the configuration of a run that goes on: its own comes before everything
// that was said now.
func (o trainOptions) resolveResumed(a *app) (config.Resolved, error) {
	if o.output != "" || o.force {
		return config.Resolved{}, errors.New("--resume goes on in the run's own folder, want no --output and no --force")
	}
	if err := checkRun(o.resume); err != nil {
		return config.Resolved{}, err
	}
	own := settings{files: []string{filepath.Join(o.resume, record.ConfigFile)}}
	began, err := own.load(nil)
	if err != nil {
		return began, err
	}
	now := o.settings
	now.files = append(own.files, now.files...)
	r, err := now.load(a.env)
	if err != nil {
		return r, err
	}
	if r.Train.Schedule == "cosine" && r.Train.Epochs != began.Train.Epochs {
		a.ui.warn("%d epochs in place of %d move the cosine schedule: the rate jumps here", r.Train.Epochs, began.Train.Epochs)
	}
	return r, sameRun(o.resume, began.Config, r.Config)
}

// checkRun refuses what is no run's folder.
func checkRun(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such folder, want a run's folder", dir)
	case err != nil:
		return fault.At(dir, err)
	case !info.IsDir():
		return fmt.Errorf("%s: is a file, want a run's folder", dir)
	}
	if _, err := os.Stat(filepath.Join(dir, record.ConfigFile)); errors.Is(err, fs.ErrNotExist) {
		return fault.Hint(fmt.Errorf("%s: holds no %s, want a run's folder", dir, record.ConfigFile),
			"actfn train -o %s starts one", wording.Quoted(dir))
	}
	return nil
}

// sameRun names every key that differs and may not. The data may have moved: that they are the same is told by their hash.
func sameRun(dir string, began, now config.Config) error {
	var faults []error
	for _, d := range config.Diff(began, now, func(k setting.Key) bool { return !k.MayChange }) {
		faults = append(faults, fmt.Errorf("--resume %s: %s: value is %s, want %s as when the run began",
			dir, d.Key, config.Shown(d.B), config.Shown(d.A)))
	}
	var free []string
	for _, k := range config.Keys() {
		if k.MayChange {
			free = append(free, k.Name)
		}
	}
	return fault.Hint(errors.Join(faults...), "only %s may change", strings.Join(free, ", "))
}

// checkProgress refuses to go on where the state to go on from is lost, and to end before the end
// of what is done. A run that was ended before its first save begins again.
func (f *runFolder) checkProgress(u *ui, r config.Resolved) error {
	if !f.holds(record.ResumeFile) {
		if f.holds(record.LastFile) || f.holds(record.MetricsFile) {
			return fault.Hint(fmt.Errorf("%s: holds results but no %s, want the state to go on from", f.dir, record.ResumeFile),
				"actfn train -c %s -o %s --force begins the run again", wording.Quoted(f.path(record.ConfigFile)), wording.Quoted(f.dir))
		}
		u.say("%s: nothing is left to resume from, the run begins again", f.dir)
		return nil
	}
	epochs, err := record.ReadMetrics(f.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if done := len(epochs); r.Train.Epochs < done {
		return usage(fault.Hint(fmt.Errorf("%s: train.epochs: value is %d, want %d or more, which %s has trained",
			r.Origin["train.epochs"], r.Train.Epochs, done, f.dir), "epochs may grow, not shrink below what is done"))
	}
	return nil
}
