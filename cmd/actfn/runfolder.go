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
	"unicode"

	"actfn/internal/config"
	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/wording"
)

// runFiles are what a run leaves in its folder, beside its configuration.
var runFiles = []string{
	record.MetricsFile, record.MetricsCSVFile, record.SummaryFile, record.PredictionsFile,
	record.LastFile, record.BestFile, record.ResumeFile,
}

// runFolder is where a run is kept. It is locked until it is closed.
type runFolder struct {
	dir     string
	created bool
	resumed bool
	force   bool
	release func()
}

// folder finds or makes the run's folder, and refuses one that something else is in. It changes
// nothing in an existing one: whatever fails before the training begins leaves it as it was.
func (o trainOptions) folder(c config.Config) (*runFolder, error) {
	switch {
	case o.resume != "":
		return lockedFolder(&runFolder{dir: o.resume, resumed: true})
	case o.output == "":
		f, err := newRunFolder(c, time.Now())
		if err != nil {
			return nil, err
		}
		return lockedFolder(f)
	}
	if err := o.available(); err != nil {
		return nil, err
	}
	_, err := os.Stat(o.output)
	f := &runFolder{dir: o.output, force: o.force, created: errors.Is(err, fs.ErrNotExist)}
	if err := os.MkdirAll(o.output, 0o777); err != nil {
		return nil, fault.At(o.output, err)
	}
	if f, err = lockedFolder(f); err != nil {
		return nil, err
	}
	err = o.available() // still: another run may have come and gone before the lock
	if err == nil {
		err = disk.Clean(o.output)
	}
	if err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

func lockedFolder(f *runFolder) (*runFolder, error) {
	release, err := disk.Lock(f.dir)
	f.release = release
	return f, err
}

// available refuses an output folder that holds something, unless it is a run and to be replaced.
func (o trainOptions) available() error {
	entries, err := os.ReadDir(o.output)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.At(o.output, err)
	}
	visible := func(e fs.DirEntry) bool { return !strings.HasPrefix(e.Name(), ".") }
	if !slices.ContainsFunc(entries, visible) { // a lock, or what a killed process left of a file
		return nil
	}
	run := holdsRun(o.output)
	switch {
	case o.force && run:
		return nil
	case o.force:
		return usage(fmt.Errorf("%s: output folder holds files and no run, want a run to replace or a new folder", o.output))
	}
	err = fmt.Errorf("%s: output folder exists and is not empty, want a new one", o.output)
	if run {
		err = fault.Hint(err, "--resume %s goes on with the run in it", wording.Quoted(o.output))
		err = fault.Hint(err, "--force replaces the run in it")
	}
	return usage(err)
}

// holdsRun says whether a folder is a run's: one whose config.yaml is a configuration of ours.
func holdsRun(dir string) bool {
	_, err := config.Load(config.Sources{Files: []string{filepath.Join(dir, record.ConfigFile)}})
	return err == nil
}

// newRunFolder makes runs/TIME-ACTIVATION, or -2, -3 … where runs begin in the same second.
func newRunFolder(c config.Config, now time.Time) (*runFolder, error) {
	base := filepath.Join("runs", now.Format("20060102-150405")+"-"+folderName(c.Model))
	if err := os.MkdirAll("runs", 0o777); err != nil {
		return nil, fault.At("runs", err)
	}
	for n := 1; ; n++ {
		dir := base
		if n > 1 {
			dir = fmt.Sprintf("%s-%d", base, n)
		}
		err := os.Mkdir(dir, 0o777)
		if !errors.Is(err, fs.ErrExist) {
			return &runFolder{dir: dir, created: true}, fault.At(dir, err)
		}
	}
}

// folderName is the activation as a part of a path: leaky_relu, conv1-relu-fc1-tanh, or of a formula its words.
func folderName(c model.Config) string {
	name := c.Activation
	if all, err := c.Activations(); err == nil && !strings.Contains(name, all[0].Layer+"=") {
		name = all[0].Activation.Name()
	}
	words := strings.FieldsFunc(name, func(r rune) bool {
		return r > unicode.MaxASCII || r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	name = strings.Join(words, "-")
	return name[:min(len(name), 40)]
}

// begin removes what --force replaces and writes the configuration: from here on the folder is
// the new run's.
func (f *runFolder) begin(c config.Config) error {
	if f.force {
		for _, name := range runFiles {
			if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fault.At(f.path(name), err)
			}
		}
	}
	return disk.Write(f.path(record.ConfigFile), c.Encode)
}

func (f *runFolder) path(name string) string { return filepath.Join(f.dir, name) }

// holds says whether a file is there.
func (f *runFolder) holds(name string) bool {
	_, err := os.Lstat(f.path(name))
	return !errors.Is(err, fs.ErrNotExist)
}

// close gives the lock back, and takes away a folder that was made and not used.
func (f *runFolder) close() {
	f.release()
	if f.created {
		_ = os.Remove(f.dir) // fails for one that holds a run
	}
}
