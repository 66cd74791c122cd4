package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"actfn/internal/config"
	"actfn/internal/fault"
	"actfn/internal/record"
	"actfn/internal/wording"
)

// ConfigFile is where the configuration of a run is kept. The folder must be a run's.
func ConfigFile(dir string) (string, error) { return filepath.Join(dir, record.ConfigFile), check(dir) }

// Config reads the configuration of a run.
func Config(dir string) (config.Resolved, error) {
	path, err := ConfigFile(dir)
	if err != nil {
		return config.Resolved{}, fault.Usage(err)
	}
	r, err := config.Load(config.Sources{Files: []string{path}})
	if err != nil {
		return r, fault.Usage(err)
	}
	all, err := r.Model.Activations()
	if err == nil {
		r.Model.Activation = all.String() // one spelling, so that runs can be compared
	}
	return r, fault.Usage(err)
}

// Read reads the record of a run: its summary or, if it has not come to its end, the epochs so far.
func Read(dir string) (record.Run, error) {
	if err := check(dir); err != nil {
		return record.Run{}, err
	}
	r, err := record.ReadSummary(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	c, err := Config(dir)
	if err != nil {
		return r, err
	}
	r.Activation, r.Seed = c.Model.Activation, c.Train.Seed
	r.Epochs, err = record.ReadMetrics(dir)
	return r, err
}

// Tested reads the record of a run that has come to its end, and its predictions of the test images.
func Tested(dir string) (record.Run, record.Predictions, error) {
	if err := check(dir); err != nil {
		return record.Run{}, record.Predictions{}, err
	}
	r, err := record.ReadSummary(dir)
	if err != nil {
		return r, record.Predictions{}, err
	}
	p, err := record.ReadPredictions(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = fault.Hint(err, "actfn eval %s tells the confusions of a run that kept no predictions", wording.Quoted(dir))
	}
	return r, p, err
}

// Health reads what was measured of the layers of a run.
func Health(dir string) ([]record.Health, error) {
	if err := check(dir); err != nil {
		return nil, err
	}
	all, err := record.ReadHealth(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = fault.Hint(err, "runs of older versions, and those with --health=false, have measured nothing of their layers")
	} else if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s: is empty, want a line for each layer", filepath.Join(dir, record.HealthFile))
	}
	return all, err
}

// Weights is the file that a CHECKPOINT|RUN argument means: of a run's folder the best weights
// by validation, or the last where there was none.
func Weights(arg string) (string, error) {
	info, err := os.Stat(arg)
	if err != nil {
		return "", fault.At(arg, err)
	}
	if !info.IsDir() {
		return arg, nil
	}
	for _, name := range []string{record.BestFile, record.LastFile} {
		path := filepath.Join(arg, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fault.At(path, err)
		}
	}
	return "", fault.Hint(fmt.Errorf("%s: holds neither %s nor %s, want a weights file or a run's folder", arg, record.BestFile, record.LastFile),
		"a run writes them after its first epoch")
}

// Of is the folder of the run that the weights are of, "" when they lie on their own.
func Of(weights string) string {
	if !slices.Contains(files, filepath.Base(weights)) || !Holds(weights) {
		return ""
	}
	return filepath.Dir(weights)
}
