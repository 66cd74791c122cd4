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
	"actfn/internal/fault"
	"actfn/internal/wording"
)

// file is one image of a split, by its path beneath the root.
type file struct {
	path  string
	label int
	err   error // why it cannot even be opened
}

// listing is what a split's folder holds, in torchvision's order.
type listing struct {
	source  *source
	split   string
	classes []string
	files   []file
}

// scan lists a split as torchvision's find_classes and make_dataset do: the classes are the
// sub-folders, sorted by bytes; each class's folders are walked, links followed, and sorted by
// path, and within a folder the files by name. This is not the order of the whole paths: a/z.png
// comes before a/b/c.png. Hidden files and folders are left out.
func (s *source) scan(ctx context.Context, split string) (listing, error) {
	l := listing{source: s, split: split}
	top, entries, err := s.readFolder(split)
	if err != nil {
		return l, err
	}
	for _, e := range entries {
		class := split + "/" + e.Name()
		if hidden(e.Name()) || e.Type().IsRegular() {
			continue
		}
		info, err := fs.Stat(s.fsys, class)
		switch {
		case err != nil:
			return l, fault.At(s.name(class), unreachable(err, e.Type()))
		case info.Mode()&fs.ModeSymlink != 0:
			return l, fmt.Errorf("%s: is %s, want a folder", s.name(class), kind(info.Mode()))
		case !info.IsDir():
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
	path  string
	files []file
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
				f.err = fmt.Errorf("is %s, want a regular file", kind(target.Mode()))
			}
		}
		if slices.Contains(extensions, strings.ToLower(path.Ext(e.Name()))) {
			here.files = append(here.files, f)
		}
	}
	w.folders = append(w.folders, here)
	return nil
}

// check refuses what torchvision refuses: no class at all, and classes without an image.
func (l listing) check() error {
	split := l.source.name(l.split)
	if len(l.classes) == 0 {
		return fault.Hint(fmt.Errorf("%s: has no class folder, want %s/CLASS/IMAGE", split, l.split),
			"the sub-folders of %s are the classes", l.split)
	}
	full := make([]bool, len(l.classes))
	for _, f := range l.files {
		full[f.label] = true
	}
	var empty []error
	for label, class := range l.classes {
		if !full[label] {
			empty = append(empty, fmt.Errorf("%s: no image in it, want at least one a class", l.source.name(l.split+"/"+class)))
		}
	}
	return fault.Hint(errors.Join(empty...), "an image is a file whose name ends in %s", strings.Join(picture.Extensions(), " "))
}

// relabel numbers the classes by their place in want, and refuses a class that is not there.
func (l listing) relabel(want []string, whose string) (listing, error) {
	label := make([]int, len(l.classes))
	var unknown []string
	for i, class := range l.classes {
		if label[i] = slices.Index(want, class); label[i] < 0 {
			unknown = append(unknown, fmt.Sprintf("%q", class))
		}
	}
	if len(unknown) > 0 {
		classes, are := several(len(unknown), "class", "classes"), several(len(unknown), "is", "are")
		err := fmt.Errorf("%s: %s %s %s not among %s", l.source.name(l.split), classes, strings.Join(unknown, ", "), are, whose)
		return l, fault.Hint(err, "%s: %s", whose, wording.Printable(strings.Join(want, ", ")))
	}
	l.classes, l.files = slices.Clone(want), slices.Clone(l.files)
	for i := range l.files {
		l.files[i].label = label[l.files[i].label]
	}
	return l, nil
}
