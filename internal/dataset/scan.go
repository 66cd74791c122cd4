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

	"actfn/internal/fault"
	"actfn/internal/wording"
)

// extensions are torchvision's IMG_EXTENSIONS, compared without regard to case. They select the
// files; what a file is, its content says.
var extensions = []string{".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"}

// file is one image of a split, by its path beneath the root.
type file struct {
	path  string
	label int
	err   error // why it cannot even be opened
}

// listing is what a split's folder holds, in torchvision's order.
type listing struct {
	split   string
	classes []string
	files   []file
}

// scan lists a split as torchvision's find_classes and make_dataset do: the classes are the
// sub-folders, sorted by bytes; each class's folders are walked, links followed, and sorted by
// path, and within a folder the files by name. Hidden files and folders are left out.
func scan(ctx context.Context, fsys fs.FS, split string) (listing, error) {
	l := listing{split: split}
	top, err := stat(fsys, split)
	if err != nil {
		return l, err
	}
	entries, err := fs.ReadDir(fsys, split)
	if err != nil {
		return l, fmt.Errorf("%s: %w", split, cause(err))
	}
	for _, e := range entries {
		name := split + "/" + e.Name()
		if hidden(e.Name()) || e.Type().IsRegular() {
			continue
		}
		info, err := fs.Stat(fsys, name)
		switch {
		case err != nil:
			return l, fmt.Errorf("%s: %w", wording.Printable(name), unreachable(err, e.Type()))
		case info.Mode()&fs.ModeSymlink != 0:
			return l, fmt.Errorf("%s: is %s, want a folder", wording.Printable(name), kind(info.Mode()))
		case info.IsDir():
			l.classes = append(l.classes, e.Name())
		}
	}
	slices.Sort(l.classes)
	for label, class := range l.classes {
		w := walk{ctx: ctx, fsys: fsys}
		if err := w.visit(split+"/"+class, []fs.FileInfo{top}); err != nil {
			return l, err
		}
		l.files = w.appendTo(l.files, label)
	}
	return l, nil
}

// walk collects the image files of a class, folder by folder.
type walk struct {
	ctx     context.Context
	fsys    fs.FS
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
	info, err := stat(w.fsys, dir)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(parents, func(p fs.FileInfo) bool { return os.SameFile(p, info) }) {
		return nil
	}
	entries, err := fs.ReadDir(w.fsys, dir)
	if err != nil {
		return fmt.Errorf("%s: %w", wording.Printable(dir), cause(err))
	}
	here := folder{path: dir}
	for _, e := range entries {
		if hidden(e.Name()) {
			continue
		}
		f := file{path: dir + "/" + e.Name()}
		if !utf8.ValidString(e.Name()) {
			f.err = errors.New("name is not UTF-8, want a UTF-8 name")
		} else if !e.Type().IsRegular() {
			target, err := fs.Stat(w.fsys, f.path)
			switch {
			case system(err):
				return fmt.Errorf("%s: %w", wording.Printable(f.path), cause(err))
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

// appendTo adds the class's files in order: folders by path, files by name. This is not the order
// of the whole paths: a/z.png comes before a/b/c.png.
func (w *walk) appendTo(files []file, label int) []file {
	slices.SortFunc(w.folders, func(a, b folder) int { return strings.Compare(a.path, b.path) })
	for _, dir := range w.folders {
		slices.SortFunc(dir.files, func(a, b file) int { return strings.Compare(a.path, b.path) })
		for _, f := range dir.files {
			f.label = label
			files = append(files, f)
		}
	}
	return files
}

// stat is fs.Stat with the path at the front of the error.
func stat(fsys fs.FS, name string) (fs.FileInfo, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", wording.Printable(name), cause(err))
	}
	return info, nil
}

// counts returns the number of files of each class.
func (l listing) counts() []int {
	n := make([]int, len(l.classes))
	for _, f := range l.files {
		n[f.label]++
	}
	return n
}

// check refuses what torchvision refuses: no class at all, and classes without an image.
func (l listing) check() error {
	if len(l.classes) == 0 {
		return fault.Hint(fmt.Errorf("%s: has no class folder, want %s/CLASS/IMAGE", l.split, l.split),
			"the sub-folders of %s are the classes", l.split)
	}
	var empty []error
	for label, n := range l.counts() {
		if n == 0 {
			empty = append(empty, fmt.Errorf("%s/%s: no image in it, want at least one a class", l.split, wording.Printable(l.classes[label])))
		}
	}
	return fault.Hint(errors.Join(empty...), "an image is a file whose name ends in %s", strings.Join(extensions, " "))
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
		return l, fault.Hint(fmt.Errorf("%s: %s %s %s not among %s", l.split, classes, strings.Join(unknown, ", "), are, whose),
			"%s: %s", whose, wording.Printable(strings.Join(want, ", ")))
	}
	files := slices.Clone(l.files)
	for i := range files {
		files[i].label = label[files[i].label]
	}
	return listing{l.split, slices.Clone(want), files}, nil
}
