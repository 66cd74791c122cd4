package dataset

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/wording"
)

// CIFARImport says what ImportCIFAR reads and writes.
type CIFARImport struct {
	Root string // the folder of the files, or a .tar with them, gzipped or not
	Out  string // the folder to make
	Options
}

// cifarSide is the height and the width of an image of CIFAR.
const cifarSide = 32

// cifar is the binary version of CIFAR-10 or CIFAR-100 (Krizhevsky 2009, Learning Multiple Layers of Features from Tiny
// Images). A batch is a file of records: label bytes, then the planes of red, green and blue.
type cifar struct {
	names       string // the file with a line for each class
	train, test []string
	labels      int // bytes of a record before the pixels; the last is the class
}

var cifars = []cifar{
	{"batches.meta.txt",
		[]string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
		[]string{"test_batch.bin"}, 1},
	{"fine_label_names.txt", []string{"train.bin"}, []string{"test.bin"}, 2}, // the first label is the coarse class
}

// files are all that there must be.
func (c cifar) files() []string { return slices.Concat([]string{c.names}, c.train, c.test) }

// record is the number of bytes of an image and its labels.
func (c cifar) record() int { return c.labels + 3*cifarSide*cifarSide }

// cifarOf is the data set of which a file is.
func cifarOf(file string) (cifar, bool) {
	i := slices.IndexFunc(cifars, func(c cifar) bool { return slices.Contains(c.files(), file) })
	if i < 0 {
		return cifar{}, false
	}
	return cifars[i], true
}

// ImportCIFAR makes a dataset of the binary version of CIFAR-10 or CIFAR-100, of the latter with its 100 fine classes:
// image i of BATCH.bin becomes OUT/train/CLASS/BATCH-i.png or OUT/test/CLASS/BATCH-i.png. As ImportIDX's, OUT must be
// absent or empty, and appears whole or not at all.
func ImportCIFAR(ctx context.Context, in CIFARImport) (Made, error) {
	done := Made{Output: in.Out}
	if err := wantAbsent(in.Out); err != nil {
		return done, err
	}
	err := wholeFolder(in.Out, func(dir string) (err error) {
		w := cifarWriter{CIFARImport: in, ctx: ctx, dir: dir, images: map[string]*[256]int{"train": {}, "test": {}}}
		if err := readFiles(ctx, in.Root, w.file); err != nil {
			return err
		}
		done.Splits, err = w.end()
		return err
	})
	return done, err
}

// cifarWriter writes images as they come. In an archive, the names of the classes come at any place: until the end, the
// folder of class k is .k.
type cifarWriter struct {
	CIFARImport
	ctx    context.Context
	dir    string
	seen   []string // files
	names  []string // of the classes
	images map[string]*[256]int
}

// name is a file as it is shown.
func (w *cifarWriter) name(file string) string { return wording.Printable(filepath.Join(w.Root, file)) }

// file reads a file, if it is one of CIFAR's.
func (w *cifarWriter) file(name string, size int64, r io.Reader) error {
	c, ours := cifarOf(name)
	if !ours {
		return nil
	}
	if slices.Contains(w.seen, name) {
		return fmt.Errorf("%s: is there twice, want it once", w.name(name))
	}
	w.seen = append(w.seen, name)
	if name == c.names {
		text, err := io.ReadAll(io.LimitReader(r, 1<<16))
		if err != nil {
			return fault.At(w.name(name), cause(err))
		}
		w.names = strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' })
		return fault.At(w.name(name), checkNames(w.names))
	}
	split := "train"
	if slices.Contains(c.test, name) {
		split = "test"
	}
	count := counter(int(size)/c.record(), w.progress(name))
	return c.read(w.name(name), r, func(first int, records [][]byte) error {
		for _, record := range records {
			label := record[c.labels-1]
			if w.images[split][label]++; w.images[split][label] == 1 {
				if err := os.MkdirAll(w.folder(split, label), 0o777); err != nil {
					return err
				}
			}
		}
		return each(w.ctx, len(records), w.Workers, func(i int) error {
			defer count()
			file := fmt.Sprintf("%s-%05d.png", strings.TrimSuffix(name, ".bin"), first+i)
			return writePNG(filepath.Join(w.folder(split, records[i][c.labels-1]), file), cifarImage(records[i][c.labels:]))
		})
	})
}

func (w *cifarWriter) folder(split string, label byte) string {
	return filepath.Join(w.dir, split, fmt.Sprintf(".%d", label))
}

// read hands on the records of a batch, some at a time, with the number of the first.
func (c cifar) read(name string, r io.Reader, take func(first int, records [][]byte) error) error {
	const block = 1000
	for first := 0; ; first += block {
		data, err := io.ReadAll(io.LimitReader(r, int64(block*c.record())))
		if err != nil {
			return fault.At(name, cause(err))
		}
		if rest := len(data) % c.record(); rest > 0 || first+len(data) == 0 {
			return fmt.Errorf("%s: file has %d bytes after %s, want images of %d bytes, at least one",
				name, rest, wording.Counted(first+len(data)/c.record(), "image"), c.record())
		}
		if err := take(first, slices.Collect(slices.Chunk(data, c.record()))); err != nil || len(data) < block*c.record() {
			return err
		}
	}
}

// cifarImage is the image of its planes.
func cifarImage(planes []byte) image.Image {
	m, n := image.NewNRGBA(image.Rect(0, 0, cifarSide, cifarSide)), cifarSide*cifarSide
	for i := range n {
		copy(m.Pix[4*i:], []byte{planes[i], planes[n+i], planes[2*n+i], 255})
	}
	return m
}

// end checks that everything was there, and gives the folders of the classes their names.
func (w *cifarWriter) end() ([]SplitMade, error) {
	if len(w.seen) == 0 {
		err := fmt.Errorf("%s: has no file of CIFAR, want the binary version of CIFAR-10 or CIFAR-100", wording.Printable(w.Root))
		return nil, fault.Hint(err, "cifar-10-binary.tar.gz or cifar-100-binary.tar.gz, or the folder in it")
	}
	c, _ := cifarOf(w.seen[0])
	var errs []error
	for _, file := range c.files() {
		if !slices.Contains(w.seen, file) {
			errs = append(errs, fmt.Errorf("%s: has no %s", wording.Printable(w.Root), file))
		}
	}
	for _, file := range w.seen {
		if !slices.Contains(c.files(), file) {
			errs = append(errs, fmt.Errorf("%s: has %s and %s, want the files of one data set",
				wording.Printable(w.Root), w.seen[0], file))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	var all []SplitMade
	for _, split := range []string{"train", "test"} {
		made := SplitMade{Split: split, Classes: make([]ClassCount, len(w.names))}
		for label, n := range w.images[split] {
			switch {
			case label < len(w.names):
				made.Classes[label] = ClassCount{w.names[label], n}
				made.Images += n
			case n > 0:
				return nil, fmt.Errorf("%s: %s of label %d in %s, want labels below %d, the number of names in %s",
					wording.Printable(w.Root), wording.Counted(n, "image"), label, split, len(w.names), c.names)
			}
			if n > 0 {
				if err := os.Rename(w.folder(split, byte(label)), filepath.Join(w.dir, split, w.names[label])); err != nil {
					return nil, err
				}
			}
		}
		all = append(all, made)
	}
	return all, nil
}

// readFiles hands CIFAR's files in a folder, or all of a .tar, to visit, by the names that they have in their folder.
func readFiles(ctx context.Context, root string, visit func(name string, size int64, r io.Reader) error) error {
	info, err := os.Stat(root)
	if err != nil {
		return at(root, err)
	}
	if !info.IsDir() {
		file, _, err := disk.Open(root)
		if err != nil {
			return err
		}
		defer file.Close()
		return readTar(root, whileReader{ctx, file}, visit)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return at(root, err)
	}
	for _, e := range entries {
		name := filepath.Join(root, e.Name())
		if _, ours := cifarOf(e.Name()); !ours {
			continue
		}
		file, info, err := disk.Open(name)
		if err != nil {
			return err
		}
		err = visit(e.Name(), info.Size(), file)
		file.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// whileReader reads until its context ends: a small archive may unpack to more than anyone waits for.
type whileReader struct {
	context.Context
	io.Reader
}

func (r whileReader) Read(p []byte) (int, error) {
	if r.Err() != nil {
		return 0, context.Cause(r)
	}
	return r.Reader.Read(p)
}

// readTar hands on the files of a .tar, gzipped or not.
func readTar(name string, r io.Reader, visit func(name string, size int64, r io.Reader) error) error {
	b := bufio.NewReader(r)
	r = b
	if start, _ := b.Peek(2); string(start) == "\x1f\x8b" {
		z, err := gzip.NewReader(b)
		if err != nil {
			return at(name, err)
		}
		r = z
	}
	archive := tar.NewReader(r)
	for {
		h, err := archive.Next()
		switch {
		case err == io.EOF:
			if _, err := io.Copy(io.Discard, r); err != nil { // to its checksum
				return at(name, err)
			}
			return nil
		case errors.Is(err, tar.ErrHeader):
			return fault.At(wording.Printable(name), fault.Reworded("is neither a folder nor a .tar, or is damaged", err))
		case err != nil:
			return at(name, err)
		case h.Typeflag != tar.TypeReg:
			continue
		}
		if err := visit(path.Base(h.Name), h.Size, archive); err != nil {
			return err
		}
	}
}
