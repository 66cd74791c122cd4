package dataset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"actfn/internal/dataset/augment"
	"actfn/internal/fault"
)

// Data are the sets of one training run. Val is nil when there is none.
type Data struct {
	Train, Val, Test *Set
	// Remarks say, a line each, what of the root is taken otherwise than its look suggests.
	Remarks []string
}

// Images are the decoded images of a root, from which the data of runs at different seeds are made.
type Images struct {
	all     Data // Train is before any split
	cfg     Config
	want    Transform
	augment augment.List
}

// Load loads what a training run needs: train/ and test/, and for validation either val/ or the
// share cfg.ValSplit of each training class, drawn by seed. Without test/, the test images are the
// share cfg.TestSplit of train/, or of a root that holds the classes themselves, or else val/.
// Classes are those of train/ that cfg wants; one of test/ or val/ that train/ lacks is an error.
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
	lists, remarks, err := src.listings(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if cfg.TestSplit > 0 {
		if lists["train"], lists["test"], err = lists["train"].divide(ctx, "test", cfg.TestSplit, opts); err != nil {
			return nil, err
		}
	}
	l := newLoader(src, Transform{Channels: cfg.Channels, Resize: cfg.ImageSize}, cfg, opts)
	l.want.Width, l.want.Height = cfg.ImageSize, cfg.ImageSize
	images := &Images{cfg: cfg, all: Data{Remarks: remarks}}
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
	data := &Data{Train: i.all.Train.part(i.all.Train.items), Test: i.all.Test.part(i.all.Test.items), Remarks: i.all.Remarks}
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
func (s *source) listings(ctx context.Context, cfg Config) (map[string]listing, []string, error) {
	at, remarks, err := s.splits(cfg)
	if err != nil {
		return nil, nil, err
	}
	lists, names := map[string]listing{}, []string{}
	for _, split := range []string{"train", "val", "test"} {
		if at[split] == "" {
			continue
		}
		list, err := s.scan(ctx, split, at[split], cfg.wants)
		if err != nil {
			return nil, nil, err
		}
		lists[split], names = list, slices.Concat(names, list.classes, list.leftOut)
	}
	if err := cfg.checkClasses(names); err != nil {
		return nil, nil, err
	}
	if more := others(slices.Collect(maps.Values(lists))...); len(more) > 0 {
		remarks = append(remarks, othersText(more))
	}
	train := lists["train"]
	if len(cfg.Classes) > 0 {
		train, _ = train.relabel(cfg.Classes, "")
	}
	if err := train.check(); err != nil {
		return nil, nil, err
	}
	lists["train"] = train
	for _, split := range []string{"val", "test"} {
		if list, there := lists[split]; there {
			if lists[split], err = list.checked(train.classes, "the classes of train"); err != nil {
				return nil, nil, err
			}
		}
	}
	return lists, remarks, nil
}

// splits are the folders of the splits, by split; test is not among them if it is held out of train.
func (s *source) splits(cfg Config) (at folders, remarks []string, err error) {
	if at, err = s.folders(); err != nil {
		return nil, nil, err
	}
	if cfg.TestSplit > 0 && at["test"] != "" {
		err := fmt.Errorf("%s: has a %s folder and data.test_split is %v, want one of them", s.label(), at["test"], cfg.TestSplit)
		return nil, nil, fault.Hint(fault.Usage(err), "--test-split 0 tests on the %s folder", at["test"])
	}
	if cfg.TestSplit > 0 && at[flat] != "" {
		at["train"] = at[flat]
	}
	if cfg.TestSplit == 0 && at.testOnVal() {
		remarks = append(remarks, testOnVal(at["test"]))
	}
	if at["val"] != "" && cfg.ValSplit > 0 {
		err := fmt.Errorf("%s: has a %s folder and data.val_split is %v, want one of them", s.label(), at["val"], cfg.ValSplit)
		return nil, nil, fault.Hint(err, "--val-split 0 validates on the %s folder", at["val"])
	}
	for _, split := range []string{"train", "test"} {
		if at[split] != "" || split == "test" && cfg.TestSplit > 0 {
			continue
		}
		err := fmt.Errorf("%s: has no %s folder, want train and test", s.label(), split)
		if at[flat] != "" {
			err = fmt.Errorf("%s: has no train folder with classes in it, want train and test", s.label())
		}
		err = fault.Hint(err, layout)
		if at[flat] != "" || at["train"] != "" {
			err = fault.Hint(err, "--test-split 0.2 takes a fifth of the images of each class for the test")
		}
		return nil, nil, err
	}
	return at, remarks, nil
}

// listed scans and checks one split; its labels are positions in classes, which are whose.
func (s *source) listed(
	ctx context.Context, split, folder string, cfg Config, classes []string, whose string,
) (listing, error) {
	list, err := s.scan(ctx, split, folder, cfg.wants)
	if err != nil {
		return list, err
	}
	return list.checked(classes, whose)
}

func (l listing) checked(classes []string, whose string) (listing, error) {
	if err := l.check(); err != nil {
		return l, err
	}
	return l.relabel(classes, whose)
}

// wantEveryClass refuses a training set that lost a class to bad files.
func (s *Set) wantEveryClass() error {
	var errs []error
	for label, n := range s.counts() {
		if n == 0 {
			name := s.source.name(path.Join(s.folder, s.classes[label]))
			errs = append(errs, fmt.Errorf("%s: none of its images can be read, want at least one", name))
		}
	}
	return errors.Join(errs...)
}

// sets are those that there are, in the order train, val, test.
func (d *Data) sets() []*Set {
	return slices.DeleteFunc([]*Set{d.Train, d.Val, d.Test}, func(s *Set) bool { return s == nil })
}

// Leaks say, a line each, that images of another set are in train too, by their pixels as the model sees them.
func (d *Data) Leaks() []string {
	known := map[[sha256.Size]byte]string{}
	for _, item := range d.Train.items {
		known[item.digest] = cmp.Or(known[item.digest], item.path)
	}
	var leaks []string
	look := func(s *Set, purpose string) {
		n, example := 0, ""
		for _, item := range s.items {
			if twin := known[item.digest]; twin != "" {
				n++
				example = cmp.Or(example, item.path+" = "+twin)
			}
		}
		if n > 0 {
			leaks = append(leaks, fmt.Sprintf("%d of %d images to %s are also among those to train on, as %s",
				n, s.Len(), purpose, example))
		}
	}
	if d.Val != nil {
		look(d.Val, "validate")
	}
	look(d.Test, "test")
	return leaks
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
