package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"actfn/internal/atomicfile"
	"actfn/internal/config"
	"actfn/internal/hint"
	"actfn/internal/record"
)

// runFiles are what a run leaves in its folder, beside its configuration.
var runFiles = []string{
	record.MetricsFile, record.MetricsCSVFile, record.SummaryFile,
	record.LastFile, record.BestFile, record.ResumeFile,
}

// runFolder is where a run is kept.
type runFolder struct {
	dir     string
	created bool
	resumed bool
	force   bool
}

// folder finds or makes the run's folder, and refuses one that something else is in. It changes
// nothing in an existing one: whatever fails before the training begins leaves it as it was.
func (o trainOptions) folder(c config.Config) (*runFolder, error) {
	if o.resume != "" {
		return &runFolder{dir: o.resume, resumed: true}, nil
	}
	if o.output == "" {
		return newRunFolder(c, time.Now())
	}
	f := &runFolder{dir: o.output, force: o.force}
	if err := atomicfile.Clean(o.output); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(o.output)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.created = true
		return f, placed(o.output, os.MkdirAll(o.output, 0o777))
	case err != nil:
		return nil, placed(o.output, err)
	case len(entries) > 0 && !o.force:
		err := fmt.Errorf("%s: output folder exists and is not empty, want a new one", o.output)
		if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == record.ConfigFile }) {
			err = hint.Wrap(err, "--resume %s goes on with the run in it", o.output)
		}
		return nil, usage(hint.Wrap(err, "--force replaces the run in it"))
	}
	return f, nil
}

// newRunFolder makes runs/TIME-ACTIVATION, or -2, -3 … where runs begin in the same second.
func newRunFolder(c config.Config, now time.Time) (*runFolder, error) {
	name, _, _ := strings.Cut(c.Model.Activation, "(")
	base := filepath.Join("runs", now.Format("20060102-150405")+"-"+name)
	if err := os.MkdirAll("runs", 0o777); err != nil {
		return nil, placed("runs", err)
	}
	for n := 1; ; n++ {
		dir := base
		if n > 1 {
			dir = fmt.Sprintf("%s-%d", base, n)
		}
		err := os.Mkdir(dir, 0o777)
		if !errors.Is(err, fs.ErrExist) {
			return &runFolder{dir: dir, created: true}, placed(dir, err)
		}
	}
}

// begin removes what --force replaces and writes the configuration: from here on the folder is
// the new run's.
func (f *runFolder) begin(c config.Config) error {
	if f.force {
		for _, name := range runFiles {
			if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return placed(f.path(name), err)
			}
		}
	}
	return atomicfile.Write(f.path(record.ConfigFile), c.Encode)
}

func (f *runFolder) path(name string) string { return filepath.Join(f.dir, name) }

// removeIfEmpty takes away a folder that was made and not used.
func (f *runFolder) removeIfEmpty() {
	if f.created {
		_ = os.Remove(f.dir) // fails for one that holds a run
	}
}

// mayChange are the keys in which a resumed run may differ from its beginning. The data may have
// moved: that they are the same is told by their hash.
var mayChange = []string{"data.root", "data.cache_mib", "train.epochs", "train.patience", "workers"}

// sameRun names every other key that differs.
func sameRun(dir string, began, now config.Config) error {
	var faults []error
	for _, d := range config.Diff(began, now) {
		if !slices.Contains(mayChange, d.Key) {
			faults = append(faults, fmt.Errorf("--resume %s: %s is %v, want %v as when the run began", dir, d.Key, d.B, d.A))
		}
	}
	return hint.Wrap(errors.Join(faults...), "only %s may change", strings.Join(mayChange, ", "))
}

// placed puts the path before an error of the file system, without the system call's name. A nil err stays nil.
func placed(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, reason(err))
}
