package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"actfn/internal/dataset/augment"
	"actfn/internal/fault"
)

// Data are the sets of one training run. Val is nil when there is none.
type Data struct {
	Train, Val, Test *Set
}

// Images are the decoded images of a root, from which the data of runs at different seeds are made.
type Images struct {
	all     Data // Train is before any split
	cfg     Config
	want    Transform
	augment augment.List
}

// Load loads what a training run needs: train/ and test/, and for validation either val/ or the
// share cfg.ValSplit of each training class, drawn by seed. Classes are those of train/; a class
// of test/ or val/ that train/ lacks is an error.
func Load(ctx context.Context, cfg Config, seed uint64, opts Options) (*Data, error) {
	images, err := LoadImages(ctx, cfg, opts)
	if err != nil {
		return nil, err
	}
	data, err := images.Data(seed)
	if err != nil {
		images.Close()
	}
	return data, err
}

// LoadImages loads the images of cfg.Root as Load does, for any seed.
func LoadImages(ctx context.Context, cfg Config, opts Options) (*Images, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	src, err := openSource(cfg.Root)
	if err != nil {
		return nil, err
	}
	images, err := load(ctx, src, cfg, opts)
	if err != nil || !slices.ContainsFunc(images.all.sets(), func(s *Set) bool { return s.Streamed() > 0 }) {
		src.close() // nothing will be read from it any more
	}
	return images, err
}

func load(ctx context.Context, src *source, cfg Config, opts Options) (*Images, error) {
	lists, err := listings(ctx, src, cfg)
	if err != nil {
		return nil, err
	}
	l := newLoader(src, Transform{Channels: cfg.Channels, Resize: cfg.ImageSize}, cfg, opts)
	l.want.Width, l.want.Height = cfg.ImageSize, cfg.ImageSize
	images := &Images{cfg: cfg}
	if images.augment, err = l.augmentations(ctx, lists["train"], cfg); err != nil {
		return nil, err
	}
	if images.all.Train, err = l.load(ctx, lists["train"]); err != nil {
		return nil, err
	}
	if err := images.all.Train.wantEveryClass(); err != nil {
		return nil, err
	}
	if cfg.ValSplit > 0 { // whatever the seed, it can be split or not
		if _, _, err := split(images.all.Train, cfg.ValSplit, 0); err != nil {
			return nil, err
		}
	}
	if val, there := lists["val"]; there {
		if images.all.Val, err = l.load(ctx, val); err != nil {
			return nil, err
		}
	}
	if images.all.Test, err = l.load(ctx, lists["test"]); err != nil {
		return nil, err
	}
	images.want = l.want
	return images, nil
}

// Data are the sets of a run at this seed, which decides what is held out for validation where Config.ValSplit
// says so. They share the images' memory.
func (i *Images) Data(seed uint64) (*Data, error) {
	data := &Data{Train: i.all.Train.part(i.all.Train.items), Test: i.all.Test.part(i.all.Test.items)}
	if i.cfg.ValSplit > 0 {
		var err error
		if data.Train, data.Val, err = split(i.all.Train, i.cfg.ValSplit, seed); err != nil {
			return nil, err
		}
	}
	if i.all.Val != nil {
		data.Val = i.all.Val.part(i.all.Val.items)
	}
	t := i.want
	switch i.cfg.Normalize {
	case NormalizeTrain:
		t.Mean, t.Std = normalization(data.Train.items, t.Channels, t.Width*t.Height)
	case NormalizeFixed:
		t.Mean, t.Std = i.cfg.Mean, i.cfg.Std
	}
	data.Train.augment = i.augment
	finish(t, data.sets()...)
	return data, nil
}

// Hash is that of the data of a run that holds nothing out.
func (i *Images) Hash() string { return i.all.Hash() }

// Close closes the root; see Set.Close.
func (i *Images) Close() error { return i.all.Close() }

// augmentations are those of cfg, once they are known to fit the images' size.
func (l *loader) augmentations(ctx context.Context, list listing, cfg Config) (augment.List, error) {
	all, err := cfg.Augmentations()
	if err == nil {
		err = l.setSize(ctx, list)
	}
	if err != nil || l.want.Width == 0 { // no image decodes, which load says
		return nil, err
	}
	return all, fault.Usage(fault.At("data.augment", all.Fits(l.want.Width, l.want.Height)))
}

// listings lists the splits and refuses those that do not fit together, before anything is decoded.
func listings(ctx context.Context, src *source, cfg Config) (map[string]listing, error) {
	for _, name := range []string{"train", "test"} {
		if !isDir(src.fsys, name) {
			return nil, fault.Hint(fmt.Errorf("%s: has no %s folder, want train and test", src.label(), name), layout)
		}
	}
	haveVal := isDir(src.fsys, "val")
	if haveVal && cfg.ValSplit > 0 {
		err := fmt.Errorf("%s: has a val folder and data.val_split is %v, want one of them", src.label(), cfg.ValSplit)
		return nil, fault.Hint(err, "--val-split 0 validates on the val folder")
	}
	lists := map[string]listing{}
	for _, name := range []string{"train", "val", "test"} {
		if name == "val" && !haveVal {
			continue
		}
		list, err := src.listed(ctx, name, lists["train"].classes, "the classes of train")
		if err != nil {
			return nil, err
		}
		lists[name] = list
	}
	return lists, nil
}

// listed scans and checks one split; its labels are positions in classes, which are whose, when those are given.
func (s *source) listed(ctx context.Context, split string, classes []string, whose string) (listing, error) {
	list, err := s.scan(ctx, split)
	if err == nil {
		err = list.check()
	}
	if err == nil && classes != nil {
		list, err = list.relabel(classes, whose)
	}
	return list, err
}

// wantEveryClass refuses a training set that lost a class to bad files.
func (s *Set) wantEveryClass() error {
	var errs []error
	for label, n := range s.counts() {
		if n == 0 {
			errs = append(errs, fmt.Errorf("%s: none of its images can be read, want at least one", s.source.name("train/"+s.classes[label])))
		}
	}
	return errors.Join(errs...)
}

// sets are those that there are, in the order train, val, test.
func (d *Data) sets() []*Set {
	return slices.DeleteFunc([]*Set{d.Train, d.Val, d.Test}, func(s *Set) bool { return s == nil })
}

// Hash is the SHA-256, in hex, of the hashes of the sets.
func (d *Data) Hash() string {
	h := sha256.New()
	for _, s := range d.sets() {
		fmt.Fprintln(h, s.Hash())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Close closes the root; see Set.Close.
func (d *Data) Close() error { return d.Train.Close() }
