// Package run is the folder of one training run: which files it holds, how it is made, replaced and gone on with, and
// what can be read from it.
package run

import (
	"context"
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
	"actfn/internal/lock"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/wording"
)

// files are what a run leaves in its folder, beside its configuration.
var files = []string{
	record.MetricsFile, record.MetricsCSVFile, record.HealthFile, record.SummaryFile, record.PredictionsFile,
	record.LastFile, record.BestFile, record.ResumeFile,
}

// Holds reports that the path is a file of a run that is there.
func Holds(path string) bool {
	dir, name := filepath.Split(path)
	_, err := os.Stat(filepath.Join(dir, record.ConfigFile))
	return err == nil && (name == record.ConfigFile || slices.Contains(files, name))
}

// Folder is where a run is kept. It is locked until it is closed.
type Folder struct {
	Dir     string
	Began   *config.Config // that of a resumed run when it began; nil of a new run
	Anew    bool           // the resumed run was ended before its first save, and begins again
	Ended   *record.Run    // the resumed run, if nothing is left to do of it
	created bool
	replace bool
	lock    *lock.Lock
}

// New makes runs/TIME-ACTIVATION, or -2, -3 … where runs begin in the same second.
func New(m model.Config, now time.Time) (*Folder, error) {
	base := filepath.Join("runs", now.Format("20060102-150405")+"-"+folderName(m))
	if err := os.MkdirAll("runs", 0o777); err != nil {
		return nil, fault.At("runs", err)
	}
	for n := 1; ; n++ {
		dir := base
		if n > 1 {
			dir = fmt.Sprintf("%s-%d", base, n)
		}
		err := os.Mkdir(dir, 0o777)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fault.At(dir, err)
		}
		return (&Folder{Dir: dir, created: true}).take(context.Background()) // nobody else has it
	}
}

// folderName is the activation as a part of a path: leaky_relu, conv1-relu-fc1-tanh, or of a formula its words.
func folderName(m model.Config) string {
	name := m.Activation
	if all, err := m.Activations(); err == nil && !strings.Contains(name, all[0].Layer+"=") {
		name = all[0].Activation.Name()
	}
	words := strings.FieldsFunc(name, func(r rune) bool {
		return r > unicode.MaxASCII || r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	name = strings.Join(words, "-")
	return name[:min(len(name), 40)]
}

// Create finds or makes the folder of a new run, and refuses one that something else is in, unless it is a run and to be
// replaced. It changes nothing in an existing one: whatever fails before Begin leaves it as it was. It waits, while ctx
// lasts, for a lock of which it cannot be told at once whether its owner lives.
func Create(ctx context.Context, dir string, replace bool) (*Folder, error) {
	if err := available(dir, replace); err != nil {
		return nil, err
	}
	_, err := os.Stat(dir)
	f := &Folder{Dir: dir, replace: replace, created: errors.Is(err, fs.ErrNotExist)}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fault.At(dir, err)
	}
	if f, err = f.take(ctx); err != nil {
		return nil, err
	}
	err = available(dir, replace) // still: another run may have come and gone before the lock
	if err == nil {
		err = disk.Clean(dir)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// available refuses an output folder that holds something, unless it is a run and to be replaced.
func available(dir string, replace bool) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.At(dir, err)
	}
	visible := func(e fs.DirEntry) bool { return !strings.HasPrefix(e.Name(), ".") }
	if !slices.ContainsFunc(entries, visible) { // a lock, or what a killed process left of a file
		return nil
	}
	_, err = config.Load(config.Sources{Files: []string{filepath.Join(dir, record.ConfigFile)}})
	run := err == nil
	switch {
	case replace && run:
		return nil
	case replace:
		return fault.Usage(fmt.Errorf("%s: output folder holds files and no run, want a run to replace or a new folder", dir))
	}
	err = fmt.Errorf("%s: output folder exists and is not empty, want a new one", dir)
	if run {
		err = fault.Hint(err, "--resume %s goes on with the run in it", wording.Quoted(dir))
		err = fault.Hint(err, "--force replaces the run in it")
	}
	return fault.Usage(err)
}

func (f *Folder) take(ctx context.Context) (_ *Folder, err error) {
	f.lock, err = lock.Take(ctx, f.Dir)
	return f, err
}

// Held is an error if the folder is no longer this process's, because another took it for dead.
func (f *Folder) Held() error { return f.lock.Check() }

// Begin removes what is replaced, of a resumed run the summary, and writes the configuration: from here on the folder
// is the new run's.
func (f *Folder) Begin(c config.Config) error {
	if err := f.Held(); err != nil {
		return err
	}
	replaced := []string{record.SummaryFile} // a folder with a summary is complete
	if f.replace {
		replaced = files
	}
	for _, name := range replaced {
		if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fault.At(f.path(name), err)
		}
	}
	return disk.Replace(f.path(record.ConfigFile), c.Encode)
}

func (f *Folder) path(name string) string { return filepath.Join(f.Dir, name) }

// Close gives the lock back, and takes away a folder that was made and not used.
func (f *Folder) Close() {
	f.lock.Release()
	if f.created {
		_ = os.Remove(f.Dir) // fails for one that holds a run
	}
}
