package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"actfn/internal/fault"
	"actfn/internal/wording"
)

// Data are the sets of one training run. Val is nil when there is none.
type Data struct {
	Train, Val, Test *Set
}

// Images are the decoded images of a root, from which the data of runs at different seeds are made.
type Images struct {
	train, val, test *Set
	cfg              Config
	want             Transform
	sums             []moments // of each training image, where they are to be normalised by
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
	if err != nil || !images.streamed() {
		src.close() // nothing will be read from it any more
	}
	return images, err
}

func load(ctx context.Context, src *source, cfg Config, opts Options) (*Images, error) {
	train, val, test, err := listings(ctx, src, cfg)
	if err != nil {
		return nil, err
	}
	l := newLoader(src, Transform{Channels: cfg.Channels, Resize: cfg.ImageSize}, cfg, opts)
	l.want.Width, l.want.Height = cfg.ImageSize, cfg.ImageSize
	l.moments = cfg.Normalize == NormalizeTrain
	images := &Images{cfg: cfg}
	if images.train, images.sums, err = l.load(ctx, train); err != nil {
		return nil, err
	}
	if err := images.train.wantEveryClass(); err != nil {
		return nil, src.within(err)
	}
	if cfg.ValSplit > 0 { // whatever the seed, it can be split or not
		if _, _, _, err := split(images.train, nil, cfg.ValSplit, 0); err != nil {
			return nil, src.within(err)
		}
	}
	l.moments = false
	if len(val.files) > 0 {
		if images.val, _, err = l.load(ctx, val); err != nil {
			return nil, err
		}
	}
	if images.test, _, err = l.load(ctx, test); err != nil {
		return nil, err
	}
	images.want = l.want
	return images, nil
}

// Data are the sets of a run at this seed, which decides what is held out for validation where Config.ValSplit
// says so. They share the images' memory.
func (i *Images) Data(seed uint64) (*Data, error) {
	data := &Data{Train: i.train.part(i.train.items), Test: i.test.part(i.test.items)}
	sums := i.sums
	if i.cfg.ValSplit > 0 {
		var err error
		if data.Train, data.Val, sums, err = split(i.train, i.sums, i.cfg.ValSplit, seed); err != nil {
			return nil, i.train.source.within(err)
		}
	}
	if i.val != nil {
		data.Val = i.val.part(i.val.items)
	}
	t := i.want
	switch i.cfg.Normalize {
	case NormalizeTrain:
		t.Mean, t.Std = normalization(sums, t.Channels, t.Width*t.Height)
	case NormalizeFixed:
		t.Mean, t.Std = i.cfg.Mean, i.cfg.Std
	}
	finish(t, data.sets()...)
	return data, nil
}

// Hash is that of the data of a run that holds nothing out.
func (i *Images) Hash() string { return (&Data{i.train, i.val, i.test}).Hash() }

// Close closes the root; see Set.Close.
func (i *Images) Close() error { return i.train.Close() }

func (i *Images) streamed() bool { return (&Data{i.train, i.val, i.test}).streamed() }

// listings lists the splits and refuses those that do not fit together, before anything is decoded.
func listings(ctx context.Context, src *source, cfg Config) (train, val, test listing, err error) {
	for _, name := range []string{"train", "test"} {
		if !isDir(src.fsys, name) {
			return train, val, test, fault.Hint(fmt.Errorf("%s: has no %s folder, want train and test", src.label(), name), layout)
		}
	}
	haveVal := isDir(src.fsys, "val")
	if haveVal && cfg.ValSplit > 0 {
		return train, val, test, fault.Hint(fmt.Errorf("%s: has a val folder and data.val_split is %v, want one of them", src.label(), cfg.ValSplit),
			"--val-split 0 validates on the val folder")
	}
	if train, err = listed(ctx, src, "train", nil); err != nil {
		return train, val, test, err
	}
	if haveVal {
		if val, err = listed(ctx, src, "val", train.classes); err != nil {
			return train, val, test, err
		}
	}
	test, err = listed(ctx, src, "test", train.classes)
	return train, val, test, err
}

// listed scans and checks one split; its labels are positions in classes when those are given.
func listed(ctx context.Context, src *source, split string, classes []string) (listing, error) {
	list, err := scan(ctx, src.fsys, split)
	if err == nil {
		err = list.check()
	}
	if err == nil && classes != nil {
		list, err = list.relabel(classes, "the classes of train")
	}
	return list, src.within(err)
}

// wantEveryClass refuses a training set that lost a class to bad files.
func (s *Set) wantEveryClass() error {
	var errs []error
	for label, n := range s.counts() {
		if n == 0 {
			errs = append(errs, fmt.Errorf("train/%s: none of its images can be read, want at least one", wording.Printable(s.classes[label])))
		}
	}
	return errors.Join(errs...)
}

func (s *Set) counts() []int {
	n := make([]int, len(s.classes))
	for i := range s.items {
		n[s.items[i].label]++
	}
	return n
}

// sets are those that there are, in the order train, val, test.
func (d *Data) sets() []*Set {
	sets := []*Set{d.Train}
	if d.Val != nil {
		sets = append(sets, d.Val)
	}
	return append(sets, d.Test)
}

func (d *Data) streamed() bool {
	for _, s := range d.sets() {
		if s.Streamed() > 0 {
			return true
		}
	}
	return false
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
