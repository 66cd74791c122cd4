package dataset

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"actfn/internal/fault"
	"actfn/internal/wording"
)

// Options are what a caller may choose about loading without changing what is loaded.
type Options struct {
	// Workers decode at a time; 0 is one for each processor. It changes no bit of the result.
	Workers int
	// Progress is called after each image, by one goroutine at a time.
	Progress func(split string, done, total int)
}

// loader decodes listings into sets that share a source, a size and a memory budget.
type loader struct {
	source   *source
	want     Transform // Height and Width 0 until the first image has set them
	sizedBy  string    // the file that set them, "" when they were given
	skipBad  bool
	badHint  string // what helps against bad files, "" when nothing does
	moments  bool   // keep each image's sums for the normalisation
	workers  int
	budget   atomic.Int64 // bytes left
	progress func(split string, done, total int)
}

func newLoader(src *source, t Transform, cfg Config, opts Options) *loader {
	l := &loader{source: src, want: t, skipBad: cfg.SkipBad, workers: workerCount(opts.Workers), progress: opts.Progress}
	l.badHint = "--skip-bad leaves such files out, `actfn dataset check` lists them"
	l.budget.Store(int64(cfg.CacheMiB) << 20)
	return l
}

// outcome is what became of one file.
type outcome struct {
	item item
	sums moments
	err  error // it is no image that can be read
	stop error // nothing can be loaded: it has not the size the others have, or the system gave up
}

// load decodes a listing. The images come out in its order and with the same bits for any number
// of workers, and of several faults it is always the same one that is reported.
func (l *loader) load(ctx context.Context, list listing) (*Set, []moments, error) {
	all := make([]outcome, len(list.files))
	count := newCounter(len(all), nil)
	if l.progress != nil {
		count.report = func(done, total int) { l.progress(list.split, done, total) }
	}
	one := func(i int) bool {
		all[i] = l.one(list.files[i])
		count.add()
		return all[i].stop == nil
	}
	// The first image that decodes sets the size, so it comes before the others.
	first := 0
	for ; first < len(all) && l.want.Width == 0 && ctx.Err() == nil; first++ {
		if !one(first) {
			return nil, nil, all[first].stop
		}
	}
	err := each(ctx, len(all)-first, l.workers, func(i int) bool { return one(first + i) })
	if err != nil {
		return nil, nil, err
	}
	for i := range all {
		if all[i].stop != nil {
			return nil, nil, all[i].stop
		}
	}
	return l.collect(list, all)
}

// one decodes, transforms and measures one file, and keeps its bytes if the budget allows.
func (l *loader) one(f file) (o outcome) {
	p, err := l.source.read(f)
	switch {
	case system(err):
		o.stop = fmt.Errorf("%s: %w", l.source.name(f.path), err)
		return o
	case err != nil:
		o.err = err
		return o
	}
	p = l.want.apply(p)
	if l.want.Width == 0 {
		l.want.Width, l.want.Height, l.sizedBy = p.w, p.h, f.path
	}
	if p.w != l.want.Width || p.h != l.want.Height {
		o.stop = l.sizeError(f.path, p)
		return o
	}
	o.item = item{path: f.path, label: int32(f.label), digest: p.digest(), gray: p.gray()}
	if l.moments {
		o.sums = measure(p)
	}
	if size := int64(len(p.data)); l.budget.Add(-size) >= 0 {
		o.item.data = p.data
	} else {
		l.budget.Add(size)
	}
	return o
}

// sizeError names the two files that differ, or the file and the size the model has.
func (l *loader) sizeError(path string, p pixels) error {
	if l.sizedBy == "" {
		return fault.Hint(fmt.Errorf("%s: image is %d×%d, want %d×%d as the model's", l.source.name(path), p.w, p.h, l.want.Width, l.want.Height),
			"a model trained with --image-size N takes images of any size")
	}
	return fault.Hint(fmt.Errorf("%s: image is %d×%d but %s is %d×%d, want one size",
		l.source.name(path), p.w, p.h, l.source.name(l.sizedBy), l.want.Width, l.want.Height),
		"--image-size N resizes the shorter side to N and crops the centre square")
}

// collect makes a set of the images that decoded, and an error or a list of the others.
func (l *loader) collect(list listing, all []outcome) (*Set, []moments, error) {
	s := &Set{classes: list.classes, source: l.source, workers: l.workers, items: make([]item, 0, len(all))}
	var sums []moments
	for i, o := range all {
		if o.err != nil {
			s.skipped = append(s.skipped, BadFile{list.files[i].path, o.err})
			continue
		}
		s.items = append(s.items, o.item)
		if l.moments {
			sums = append(sums, o.sums)
		}
	}
	if len(s.skipped) > 0 && !l.skipBad {
		return nil, nil, l.badError(s.skipped)
	}
	if len(s.items) == 0 {
		return nil, nil, fmt.Errorf("%s: of %s none is an image that can be read, the first because: %w",
			l.source.name(list.split), wording.Counted(len(all), "file"), s.skipped[0].Err)
	}
	return s, sums, nil
}

// badError is the first bad file and the number of the others.
func (l *loader) badError(bad []BadFile) error {
	err := fmt.Errorf("%s: %w", l.source.name(bad[0].Path), bad[0].Err)
	if n := len(bad) - 1; n > 0 {
		err = fmt.Errorf("%w (and %d more bad %s)", err, n, several(n, "file", "files"))
	}
	if l.badHint == "" {
		return err
	}
	return fault.Hint(err, "%s", l.badHint)
}

// again decodes an image that the budget did not hold. Its digest must be the one of the first
// time: a batch is never quietly made of other pixels than those that were hashed.
func (s *Set) again(i int) ([]byte, error) {
	item := &s.items[i]
	p, err := s.source.decode(item.path)
	if system(err) {
		return nil, fmt.Errorf("%s: %w", s.source.name(item.path), err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: has changed since it was first read: %w", s.source.name(item.path), err)
	}
	if p = s.transform.apply(p); p.digest() != item.digest {
		return nil, fmt.Errorf("%s: has changed since it was first read, want the same pixels", s.source.name(item.path))
	}
	return p.data, nil
}

// LoadSplit loads the train, val or test folder of cfg.Root for a model that sees its images
// through t and knows the given classes: labels are their positions. A folder of the split that
// is none of them is an error. Of cfg, Root, SkipBad and CacheMiB are used.
func LoadSplit(ctx context.Context, cfg Config, split string, t Transform, classes []string, opts Options) (*Set, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	src, err := openSource(cfg.Root)
	if err != nil {
		return nil, err
	}
	set, err := loadSplit(ctx, src, cfg, split, t, classes, opts)
	if err != nil || set.Streamed() == 0 {
		src.close() // nothing will be read from it any more
	}
	return set, err
}

func loadSplit(ctx context.Context, src *source, cfg Config, split string, t Transform, classes []string, opts Options) (*Set, error) {
	if !isDir(src.fsys, split) {
		return nil, fmt.Errorf("%s: has no %s folder", src.label(), split)
	}
	list, err := scan(ctx, src.fsys, split)
	if err == nil {
		err = list.check()
	}
	if err == nil {
		list, err = list.relabel(classes, "the model's classes")
	}
	if err != nil {
		return nil, src.within(err)
	}
	set, _, err := newLoader(src, t, cfg, opts).load(ctx, list)
	if err != nil {
		return nil, err
	}
	finish(t, set)
	return set, nil
}

// LoadFiles loads single image files of any name, unlabelled, for a model that sees its images
// through t. They are kept in memory up to Default's budget.
func LoadFiles(ctx context.Context, paths []string, t Transform, opts Options) (*Set, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, errors.New("no image file is given, want at least one")
	}
	list := listing{split: "predict"}
	for _, path := range paths {
		list.files = append(list.files, file{path: path, label: Unlabelled, err: look(path)})
	}
	l := newLoader(&source{fsys: osFiles{}, closer: nopCloser{}}, t, Default(), opts)
	l.badHint = "" // whoever names each file can leave it out
	set, _, err := l.load(ctx, list)
	if err != nil {
		return nil, err
	}
	finish(t, set)
	return set, nil
}

// look refuses a path that is no file. Opening a named pipe would wait for its writer, so this
// asks before.
func look(path string) error {
	info, err := os.Stat(path)
	if err == nil {
		return checkFile(info)
	}
	if itself, lerr := os.Lstat(path); lerr == nil {
		return unreachable(err, itself.Mode())
	}
	return cause(err)
}
