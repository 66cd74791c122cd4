package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"actfn/internal/dataset/picture"
	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/wording"
)

// file is one image of a split, by its path beneath the root.
type file struct {
	path  string
	label int
	err   error  // why it cannot even be opened
	draw  uint64 // which decides whether it is held out
}

// listing is what a split's folder holds, in torchvision's order.
type listing struct {
	source  *source
	split   string
	folder  string
	classes []string
	leftOut []string // the classes that are not wanted
	files   []file
	others  []string // names of the files of other formats
}

// name is the path to show for a class.
func (l listing) name(class string) string { return l.source.name(path.Join(l.folder, class)) }

// scan lists a split's folder as torchvision's find_classes and make_dataset do: the classes are the
// sub-folders, sorted by bytes; each class's folders are walked, links followed, and sorted by
// path, and within a folder the files by name. This is not the order of the whole paths: a/z.png
// comes before a/b/c.png. Hidden files and folders are left out, and classes that are not wanted.
func (s *source) scan(ctx context.Context, split, dir string, wanted func(class string) bool) (listing, error) {
	l := listing{source: s, split: split, folder: dir}
	top, entries, err := s.readFolder(dir)
	if err != nil {
		return l, err
	}
	for _, e := range entries {
		class := path.Join(dir, e.Name())
		if hidden(e.Name()) || e.Type().IsRegular() {
			continue
		}
		info, err := fs.Stat(s.fsys, class)
		switch {
		case err != nil:
			return l, fault.At(s.name(class), unreachable(err, e.Type()))
		case info.Mode()&fs.ModeSymlink != 0:
			return l, fmt.Errorf("%s: is %s, want a folder", s.name(class), disk.Kind(info.Mode()))
		case !info.IsDir():
			continue
		case !wanted(e.Name()):
			l.leftOut = append(l.leftOut, e.Name())
			continue
		}
		w := walk{ctx: ctx, source: s, label: len(l.classes)}
		if err := w.visit(class, []fs.FileInfo{top}); err != nil {
			return l, err
		}
		l.classes = append(l.classes, e.Name())
		slices.SortFunc(w.folders, func(a, b folder) int { return strings.Compare(a.path, b.path) })
		for _, f := range w.folders {
			l.files = append(l.files, f.files...)
			l.others = append(l.others, f.others...)
		}
	}
	return l, nil
}

// readFolder returns what is in a folder, sorted by name.
func (s *source) readFolder(dir string) (fs.FileInfo, []fs.DirEntry, error) {
	info, err := fs.Stat(s.fsys, dir)
	if err != nil {
		return nil, nil, fault.At(s.name(dir), cause(err))
	}
	entries, err := fs.ReadDir(s.fsys, dir)
	if err != nil {
		return nil, nil, fault.At(s.name(dir), cause(err))
	}
	return info, entries, nil
}

// walk collects the image files of a class, folder by folder.
type walk struct {
	ctx     context.Context
	source  *source
	label   int
	folders []folder
}

type folder struct {
	path   string
	files  []file
	others []string
}

// visit adds a folder and all beneath it. A link back to one of the folders it lies in, given
// by parents, would never end and is not followed.
func (w *walk) visit(dir string, parents []fs.FileInfo) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	info, entries, err := w.source.readFolder(dir)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(parents, func(p fs.FileInfo) bool { return os.SameFile(p, info) }) {
		return nil
	}
	here, extensions := folder{path: dir}, picture.Extensions()
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		f := file{path: dir + "/" + e.Name(), label: w.label}
		if !utf8.ValidString(e.Name()) {
			f.err = errors.New("name is not UTF-8, want a UTF-8 name")
		} else if !e.Type().IsRegular() {
			target, err := fs.Stat(w.source.fsys, f.path)
			switch {
			case system(err):
				return fault.At(w.source.name(f.path), cause(err))
			case err != nil:
				f.err = unreachable(err, e.Type())
			case target.IsDir():
				if err := w.visit(f.path, append(slices.Clip(parents), info)); err != nil {
					return err
				}
				continue
			case !target.Mode().IsRegular():
				f.err = fmt.Errorf("is %s, want a regular file", disk.Kind(target.Mode()))
			}
		}
		if slices.Contains(extensions, strings.ToLower(path.Ext(e.Name()))) {
			here.files = append(here.files, f)
		} else {
			here.others = append(here.others, e.Name())
		}
	}
	w.folders = append(w.folders, here)
	return nil
}

// check refuses what torchvision refuses: no class at all, and classes without an image.
func (l listing) check() error {
	switch {
	case len(l.classes) == 0 && len(l.leftOut) > 0:
		return fmt.Errorf("%s: no class is left of %s", l.name(""), classList(l.leftOut))
	case len(l.classes) == 0:
		return fault.Hint(fmt.Errorf("%s: has no class folder, want %s/CLASS/IMAGE", l.name(""), l.folder),
			"the sub-folders of %s are the classes", l.folder)
	}
	full := make([]bool, len(l.classes))
	for _, f := range l.files {
		full[f.label] = true
	}
	var empty []string
	var errs []error
	for label, class := range l.classes {
		if !full[label] {
			empty = append(empty, class)
			errs = append(errs, fmt.Errorf("%s: no image in it, want at least one a class", l.name(class)))
		}
	}
	err := fault.Hint(errors.Join(errs...), "an image is a file whose name ends in %s", strings.Join(picture.Extensions(), " "))
	return hintToSkip(err, empty)
}

// hintToSkip says how classes are left out.
func hintToSkip(err error, classes []string) error {
	return fault.Hint(err, "--skip-classes %s leaves %s out",
		wording.Printable(wording.Quoted(strings.Join(classes, ","))), several(len(classes), "it", "them"))
}

// relabel numbers the classes by their place in want, and refuses a class that is not there.
func (l listing) relabel(want []string, whose string) (listing, error) {
	label := make([]int, len(l.classes))
	var unknown []string
	for i, class := range l.classes {
		if label[i] = slices.Index(want, class); label[i] < 0 {
			unknown = append(unknown, class)
		}
	}
	if len(unknown) > 0 {
		err := fmt.Errorf("%s: %s %s not among %s", l.name(""), classList(unknown), several(len(unknown), "is", "are"), whose)
		err = fault.Hint(err, "%s: %s", whose, wording.Printable(strings.Join(want, ", ")))
		return l, hintToSkip(err, unknown)
	}
	l.classes, l.files = slices.Clone(want), slices.Clone(l.files)
	for i := range l.files {
		l.files[i].label = label[l.files[i].label]
	}
	return l, nil
}
