package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"actfn/internal/fault"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// classifier is a model read from a weights file.
type classifier struct {
	path string
	net  *model.Net
	train.Card
}

func openClassifier(path string, pool *worker.Pool) (classifier, error) {
	net, card, err := train.LoadModel(path, pool)
	return classifier{path, net, card}, err
}

// weightsFile is the file that a CHECKPOINT|RUN argument means: of a run's folder the best weights
// by validation, or the last where there was none.
func weightsFile(arg string) (string, error) {
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

// runConfig is the config.yaml of the run that the weights lie in, or "" when they are on their own.
func runConfig(weights string) string {
	if !slices.Contains(runFiles, filepath.Base(weights)) {
		return ""
	}
	path := filepath.Join(filepath.Dir(weights), record.ConfigFile)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}
