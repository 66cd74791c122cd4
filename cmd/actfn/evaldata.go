package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/fault"
)

// evalData are the images to evaluate on: a split of a root that was named, or of the run's own.
type evalData struct {
	config config.Config
	split  string
	own    *config.Config // of the run, nil where other images were named
}

// evalData resolves the settings. The run's own configuration, of whose folder the weights are,
// comes before everything that was said now.
func (o evalOptions) evalData(a *app, weights string) (evalData, error) {
	s := o.settings
	run := runConfig(weights)
	if run != "" {
		s.files = []string{run}
	}
	r, err := s.load(a.env)
	d := evalData{config: r.Config, split: o.split}
	if err != nil || run == "" || !strings.HasPrefix(r.Origin["data.root"], run+":") {
		return d, err
	}
	began, err := (&settings{files: s.files}).load(nil)
	d.own = &began.Config
	return d, err
}

// load reads the images as a model sees them.
func (d evalData) load(ctx context.Context, c classifier, progress func(string, int, int)) (*dataset.Set, error) {
	opts := dataset.Options{Workers: d.config.Workers, Progress: progress}
	if d.split == "val" && d.own != nil && d.own.Data.ValSplit > 0 {
		return d.heldOut(ctx, c, opts)
	}
	set, err := dataset.LoadSplit(ctx, d.config.Data, d.split, c.Transform, c.Classes, opts)
	if err == nil {
		return set, nil
	}
	root := d.config.Data.Root
	switch {
	case d.own != nil && errors.Is(err, fs.ErrNotExist):
		err = fault.Hint(err, "the run's data was %s%s: --data ROOT names it from here", root, relative(root))
	case d.split == "val" && !hasFolder(root, "val"):
		err = fault.Hint(err, "without --data, val of a run that was trained with --val-split is what it held out")
	case root == "":
		err = fault.Hint(err, "this is the built-in sample: --data ROOT names other images")
	}
	return nil, err
}

func hasFolder(root, name string) bool {
	fsys, closer, err := dataset.Open(root)
	if err != nil {
		return false
	}
	defer closer.Close()
	info, err := fs.Stat(fsys, name)
	return err == nil && info.IsDir()
}

func relative(root string) string {
	if filepath.IsAbs(root) {
		return ""
	}
	return ", relative to where it was trained"
}

// heldOut is the share of the training images that the run validated on, split off as it did.
func (d evalData) heldOut(ctx context.Context, c classifier, opts dataset.Options) (*dataset.Set, error) {
	images := d.own.Data
	images.SkipBad, images.CacheMiB = d.config.Data.SkipBad, d.config.Data.CacheMiB
	data, err := dataset.Load(ctx, images, d.own.Train.Seed, opts)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(data.Val.Classes(), c.Classes) || !reflect.DeepEqual(data.Val.Transform(), c.Transform) {
		data.Close()
		return nil, errors.New("classes or transform are not those of the images that the run held out, want a model trained as the run was")
	}
	return data.Val, nil
}
