package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"actfn/internal/config"
	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/record"
	"actfn/internal/setting"
	"actfn/internal/wording"
)

// Resume takes the folder of a run that is to go on as now says. It refuses another run than the one that began, to go on
// where the state to go on from is lost, and to end before the end of what is done. Folder.Ended tells that nothing is
// left to do.
func Resume(ctx context.Context, dir string, now config.Resolved) (*Folder, error) {
	began, err := Config(dir)
	if err != nil {
		return nil, err
	}
	if err := sameRun(dir, began.Config, now.Config); err != nil {
		return nil, fault.Usage(err)
	}
	f, err := (&Folder{Dir: dir, Began: &began.Config}).take(ctx)
	if err != nil {
		return nil, err
	}
	if err := f.checkProgress(now); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// check refuses what is no run's folder.
func check(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such folder, want a run's folder", dir)
	case err != nil:
		return fault.At(dir, err)
	case !info.IsDir():
		return fmt.Errorf("%s: is a file, want a run's folder", dir)
	}
	path := filepath.Join(dir, record.ConfigFile)
	info, err = os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Hint(fmt.Errorf("%s: holds no %s, want a run's folder", dir, record.ConfigFile),
			"actfn train -o %s starts one", wording.Quoted(dir))
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s: is %s, want a file", path, disk.Kind(info.Mode()))
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

// checkProgress refuses to go on where the state to go on from is lost, and to end before the end of what is done. A run
// that was ended before its first save begins anew.
func (f *Folder) checkProgress(r config.Resolved) error {
	s, err := record.ReadSummary(f.Dir)
	written := err == nil && s.Stopped != nil // else the run was interrupted, or made by an older version
	s.Run = f.Dir                             // it may have moved
	if written && s.Diverged != nil {
		f.Ended = &s
		return nil
	}
	if !f.holds(record.ResumeFile) {
		if f.holds(record.LastFile) || f.holds(record.MetricsFile) {
			return fault.Hint(fmt.Errorf("%s: holds results but no %s, want the state to go on from", f.Dir, record.ResumeFile),
				"actfn train -c %s -o %s --force begins the run again", wording.Quoted(f.path(record.ConfigFile)), wording.Quoted(f.Dir))
		}
		f.Anew = true
		return nil
	}
	epochs, err := record.ReadMetrics(f.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if done := len(epochs); r.Train.Epochs < done {
		return fault.Usage(fault.Hint(fmt.Errorf("%s: train.epochs: value is %d, want %d or more, which %s has trained",
			r.Origin["train.epochs"], r.Train.Epochs, done, f.Dir), "epochs may grow, not shrink below what is done"))
	}
	if written && r.Train.Stops(s.Stopped.Epoch, s.Stopped.BestEpoch) != "" {
		f.Ended = &s
	}
	return nil
}

// holds says whether a file is there.
func (f *Folder) holds(name string) bool {
	_, err := os.Lstat(f.path(name))
	return !errors.Is(err, fs.ErrNotExist)
}
