package evaluate

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"

	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/train"
)

// Images are the labelled images to evaluate on: a split of a root that was named, or of the run's own.
type Images struct {
	Config config.Config
	Split  string
	Own    *config.Config // of the run when it began, nil where other images were named
}

// load reads the images as a model sees them.
func (d Images) load(ctx context.Context, c train.Card, progress func(string, int, int)) (*dataset.Set, error) {
	opts := dataset.Options{Workers: d.Config.Workers, Progress: progress}
	if d.Split == "val" && d.Own != nil && d.Own.Data.ValSplit > 0 {
		return d.heldOut(ctx, c, opts)
	}
	set, err := dataset.LoadSplit(ctx, d.Config.Data, d.Split, c.Transform, c.Classes, opts)
	if err == nil {
		return set, nil
	}
	root := d.Config.Data.Root
	switch {
	case d.Own != nil && errors.Is(err, fs.ErrNotExist):
		err = fault.Hint(err, "the run's data was %s%s: --data ROOT names it from here", root, relative(root))
	case d.Split == "val" && !hasFolder(root, "val"):
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
func (d Images) heldOut(ctx context.Context, c train.Card, opts dataset.Options) (*dataset.Set, error) {
	images := d.Own.Data
	images.SkipBad, images.CacheMiB = d.Config.Data.SkipBad, d.Config.Data.CacheMiB
	data, err := dataset.Load(ctx, images, d.Own.Train.Seed, opts)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(data.Val.Classes(), c.Classes) || !reflect.DeepEqual(data.Val.Transform(), c.Transform) {
		data.Close()
		return nil, errors.New("classes or transform are not those of the images that the run held out, want a model trained as the run was")
	}
	return data.Val, nil
}
