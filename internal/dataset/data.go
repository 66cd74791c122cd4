package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"actfn/internal/hint"
)

// Data are the sets of one training run. Val is nil when there is none.
type Data struct {
	Train, Val, Test *Set
}

// Load loads what a training run needs: train/ and test/, and for validation either val/ or the
// share cfg.ValSplit of each training class, drawn by seed. Classes are those of train/; a class
// of test/ or val/ that train/ lacks is an error.
func Load(ctx context.Context, cfg Config, seed uint64, opts Options) (*Data, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	src, err := openSource(cfg.Root)
	if err != nil {
		return nil, err
	}
	data, err := load(ctx, src, cfg, seed, opts)
	if err != nil || !data.streamed() {
		src.close() // nothing will be read from it any more
	}
	return data, err
}

func load(ctx context.Context, src *source, cfg Config, seed uint64, opts Options) (*Data, error) {
	train, val, test, err := listings(ctx, src, cfg)
	if err != nil {
		return nil, err
	}
	l := newLoader(src, Transform{Channels: cfg.Channels, Resize: cfg.ImageSize}, cfg, opts)
	l.want.Width, l.want.Height = cfg.ImageSize, cfg.ImageSize
	l.moments = cfg.Normalize == NormalizeTrain
	data := new(Data)
	var sums []moments
	if data.Train, sums, err = l.load(ctx, train); err != nil {
		return nil, err
	}
	if err := data.Train.wantEveryClass(); err != nil {
		return nil, src.within(err)
	}
	if cfg.ValSplit > 0 {
		if data.Train, data.Val, sums, err = split(data.Train, sums, cfg.ValSplit, seed); err != nil {
			return nil, src.within(err)
		}
	}
	l.moments = false
	if len(val.files) > 0 {
		if data.Val, _, err = l.load(ctx, val); err != nil {
			return nil, err
		}
	}
	if data.Test, _, err = l.load(ctx, test); err != nil {
		return nil, err
	}
	switch cfg.Normalize {
	case NormalizeTrain:
		l.want.Mean, l.want.Std = normalization(sums, cfg.Channels, l.want.Width*l.want.Height)
	case NormalizeFixed:
		l.want.Mean, l.want.Std = cfg.Mean, cfg.Std
	}
	finish(l.want, data.sets()...)
	return data, nil
}

// listings lists the splits and refuses those that do not fit together, before anything is decoded.
func listings(ctx context.Context, src *source, cfg Config) (train, val, test listing, err error) {
	for _, name := range []string{"train", "test"} {
		if !isDir(src.fsys, name) {
			return train, val, test, hint.Wrap(fmt.Errorf("%s: has no %s folder, want train and test", src.label(), name), layout)
		}
	}
	haveVal := isDir(src.fsys, "val")
	if haveVal && cfg.ValSplit > 0 {
		return train, val, test, hint.Wrap(fmt.Errorf("%s: has a val folder and data.val_split is %v, want one of them", src.label(), cfg.ValSplit),
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
			errs = append(errs, fmt.Errorf("train/%s: none of its images can be read, want at least one", Printable(s.classes[label])))
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
