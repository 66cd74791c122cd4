package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"actfn/internal/dataset/picture"
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

// progress is Progress for one split; nil stays nil.
func (o Options) progress(split string) func(done, total int) {
	if o.Progress == nil {
		return nil
	}
	return func(done, total int) { o.Progress(split, done, total) }
}

// loader decodes listings into sets that share a source, a size and a memory budget.
type loader struct {
	source  *source
	want    Transform // Height and Width 0 until the first image has set them
	sizedBy string    // the file that set them, "" when they were given
	skipBad bool
	badHint string       // what helps against bad files, "" when nothing does
	budget  atomic.Int64 // bytes left
	options Options
}

func newLoader(src *source, t Transform, cfg Config, opts Options) *loader {
	l := &loader{source: src, want: t, skipBad: cfg.SkipBad, options: opts}
	l.badHint = "--skip-bad leaves such files out, `actfn dataset check` lists them"
	l.budget.Store(int64(cfg.CacheMiB) << 20)
	return l
}

// load decodes a listing. The images come out in its order and with the same bits for any number
// of workers, and of several faults it is always the same one that is reported.
func (l *loader) load(ctx context.Context, list listing) (*Set, error) {
	if err := l.setSize(ctx, list); err != nil {
		return nil, err
	}
	items := make([]item, len(list.files))
	bad := make([]error, len(list.files))
	err := l.source.decodeAll(ctx, list, l.want.form(), l.options, func(i int, p picture.Pixels, err error) error {
		if err != nil {
			bad[i] = err
			return nil
		}
		items[i], err = l.item(list.files[i], p)
		return err
	})
	if err != nil {
		return nil, err
	}
	s := &Set{classes: list.classes, source: l.source, folder: list.folder, workers: l.options.Workers}
	for i, f := range list.files {
		if bad[i] != nil {
			s.skipped = append(s.skipped, BadFile{f.path, bad[i]})
		} else {
			s.items = append(s.items, items[i])
		}
	}
	if len(s.skipped) > 0 && !l.skipBad {
		return nil, l.badError(s.skipped)
	}
	if len(s.items) == 0 {
		return nil, fmt.Errorf("%s: of %s none is an image that can be read, the first because: %w",
			list.name(""), wording.Counted(len(list.files), "file"), s.skipped[0].Err)
	}
	finish(l.want, s)
	return s, nil
}

// setSize takes the size from the first image that decodes, unless it is known, so that the others can be compared with
// it as they come. That image is decoded twice.
func (l *loader) setSize(ctx context.Context, list listing) error {
	for _, f := range list.files {
		if l.want.Width > 0 || ctx.Err() != nil {
			break
		}
		p, err := l.source.read(f, picture.Form{})
		if system(err) {
			return fault.At(l.source.name(f.path), err)
		}
		if err == nil {
			l.want.Width, l.want.Height, l.sizedBy = p.W, p.H, f.path
		}
	}
	return ctx.Err()
}

// item measures a transformed image, and keeps its bytes if the budget allows.
func (l *loader) item(f file, p picture.Pixels) (item, error) {
	if p.W != l.want.Width || p.H != l.want.Height {
		return item{}, l.sizeError(f.path, p)
	}
	i := item{path: f.path, label: f.label, digest: p.Digest(), gray: p.Gray(), moments: measure(p)}
	size := int64(len(p.Data))
	if l.budget.Add(-size) >= 0 {
		i.data = p.Data
	} else {
		l.budget.Add(size)
	}
	return i, nil
}

// sizeError names the two files that differ, or the file and the size the model has.
func (l *loader) sizeError(path string, p picture.Pixels) error {
	text := fmt.Sprintf("%s: image is %d×%d", l.source.name(path), p.W, p.H)
	if l.sizedBy == "" {
		return fault.Hint(fmt.Errorf("%s, want %d×%d as the model's", text, l.want.Width, l.want.Height),
			"a model trained with --image-size N takes images of any size")
	}
	return fault.Hint(fmt.Errorf("%s but %s is %d×%d, want one size", text, l.source.name(l.sizedBy), l.want.Width, l.want.Height),
		"--image-size N resizes the shorter side to N and crops the centre square")
}

// badError is the first bad file and the number of the others.
func (l *loader) badError(bad []BadFile) error {
	err := fault.At(l.source.name(bad[0].Path), bad[0].Err)
	if n := len(bad) - 1; n > 0 {
		err = fmt.Errorf("%w (and %s)", err, wording.Counted(n, "more bad file"))
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
	name := s.source.name(item.path)
	p, err := s.source.decode(item.path, s.transform.form())
	if system(err) {
		return nil, fault.At(name, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: has changed since it was first read: %w", name, err)
	}
	if p.Digest() != item.digest {
		return nil, fmt.Errorf("%s: has changed since it was first read, want the same pixels", name)
	}
	return p.Data, nil
}

// LoadSplit loads the train, val or test images of cfg.Root for a model that sees its images
// through t and knows the given classes: labels are their positions. A folder of the split that
// is none of them is an error, unless cfg leaves it out. Of cfg, Root, Classes, SkipClasses, TestSplit, SkipBad and
// CacheMiB are used; TestSplit only where there is no test folder.
func LoadSplit(ctx context.Context, cfg Config, split string, t Transform, classes []string, opts Options) (set *Set, err error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	src, err := openSource(cfg.Root)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil || set.Streamed() == 0 {
			src.close() // nothing will be read from it any more
		}
	}()
	list, err := src.listSplit(ctx, cfg, split, classes, opts)
	if err != nil {
		return nil, err
	}
	return newLoader(src, t, cfg, opts).load(ctx, list)
}

// listSplit lists one split of a root for LoadSplit.
func (s *source) listSplit(ctx context.Context, cfg Config, split string, classes []string, opts Options) (listing, error) {
	at, err := s.folders()
	if err != nil {
		return listing{}, err
	}
	folder := at[split]
	divided := cfg.TestSplit > 0 && at["test"] == "" && split != "val"
	switch {
	case divided:
		folder = cmp.Or(at["train"], at[flat])
	case folder == "" && split == "test":
		folder = at["val"]
	}
	if folder == "" {
		return listing{}, fmt.Errorf("%s: has no %s folder", s.label(), split)
	}
	list, err := s.listed(ctx, split, folder, cfg, classes, "the model's classes")
	if err != nil || !divided {
		return list, err
	}
	rest, test, err := list.divide(ctx, "test", cfg.TestSplit, opts)
	if split == "test" {
		rest = test
	}
	return rest, err
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
	l := newLoader(&source{fsys: osFiles{}, closer: io.NopCloser(nil)}, t, Default(), opts)
	l.badHint = "" // whoever names each file can leave it out
	return l.load(ctx, list)
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
