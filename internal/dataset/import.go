package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"actfn/internal/wording"
)

// IDXImport says what ImportIDX reads and writes.
type IDXImport struct {
	Images, Labels string   // IDX files, gzipped or not
	Names          []string // of the classes by label; none: the labels themselves, in digits
	Out            string   // the folder to make, OUT/train for example
	Start          int      // images at the front to leave out
	PerClass       int      // images of each class to take at most; 0 takes all
	Options
}

// Imported is what ImportIDX has written.
type Imported struct {
	Images  int          `json:"images"`
	Height  int          `json:"height"`
	Width   int          `json:"width"`
	Classes []ClassCount `json:"classes"`
}

// ClassCount is the number of images of a class.
type ClassCount struct {
	Class  string `json:"class"`
	Images int    `json:"images"`
}

// ImportIDX makes an ImageFolder of a pair of IDX files, as MNIST comes in: image i of the file
// becomes OUT/<class>/<i in five digits>.png, 8-bit gray. OUT must be absent or empty; it appears
// whole, once everything is written, or not at all. (The files are left to the system to bring to
// the disk: a power cut right after may lose some.)
func ImportIDX(ctx context.Context, in IDXImport) (Imported, error) {
	var done Imported
	if in.Start < 0 || in.PerClass < 0 {
		return done, fmt.Errorf("start is %d and per class %d, want 0 or more", in.Start, in.PerClass)
	}
	labels, err := readLabels(in.Labels)
	if err != nil {
		return done, err
	}
	images, err := openIDX(in.Images, idxImages)
	if err != nil {
		return done, err
	}
	defer images.Close()
	if images.items != len(labels) {
		return done, fmt.Errorf("%s: has %d images but %s has %d labels, want one label an image",
			images.name, images.items, wording.Printable(in.Labels), len(labels))
	}
	names, err := in.names(labels)
	if err != nil {
		return done, err
	}
	if err := wantAbsent(in.Out); err != nil {
		return done, err
	}
	done = Imported{Height: images.dims[1], Width: images.dims[2], Classes: make([]ClassCount, len(names))}
	for i, name := range names {
		done.Classes[i].Class = name
	}
	take := in.selection(labels, &done)
	if done.Images == 0 {
		return done, fmt.Errorf("%s: no image is left of %d after leaving out %d, want at least one", images.name, len(labels), in.Start)
	}
	err = wholeFolder(in.Out, func(dir string) error {
		return in.write(ctx, dir, images, labels, take, &done)
	})
	return done, err
}

func readLabels(name string) ([]byte, error) {
	x, err := openIDX(name, idxLabels)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	labels, err := x.next(x.items)
	if err != nil {
		return nil, err
	}
	return labels, x.end()
}

// names returns the class names by label. Digits are padded to one length, so that sorting the
// folders by name keeps the labels' order.
func (in IDXImport) names(labels []byte) ([]string, error) {
	highest, at := byte(0), 0
	for i, label := range labels {
		if label > highest {
			highest, at = label, i
		}
	}
	if len(in.Names) == 0 {
		names := make([]string, int(highest)+1)
		for i := range names {
			names[i] = fmt.Sprintf("%0*d", len(strconv.Itoa(int(highest))), i)
		}
		return names, nil
	}
	if int(highest) >= len(in.Names) {
		return nil, fmt.Errorf("%s: label %d is %d, want less than %d, the number of names", wording.Printable(in.Labels), at, highest, len(in.Names))
	}
	return in.Names, checkNames(in.Names)
}

// checkNames wants class names that are folder names on every system, each one once.
func checkNames(names []string) error {
	var errs []error
	seen := map[string]bool{}
	for _, name := range names {
		rule := ""
		switch {
		case name == "":
			rule = "at least one letter"
		case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
			rule = "UTF-8 without control characters"
		case strings.ContainsAny(name, `/\:*?"<>|`):
			rule = `none of / \ : * ? " < > |`
		case hidden(name):
			rule = "no name of a hidden folder"
		case strings.TrimRight(name, ". ") != name || strings.TrimLeft(name, " ") != name:
			rule = "no space at the ends and no dot at the end"
		case seen[strings.ToLower(name)]:
			rule = "each name once, upper and lower case being the same"
		}
		if rule != "" {
			errs = append(errs, fmt.Errorf("names: class name is %q, want %s", name, rule))
		}
		seen[strings.ToLower(name)] = true
	}
	return errors.Join(errs...)
}

// selection decides image by image whether it is taken, and counts.
func (in IDXImport) selection(labels []byte, done *Imported) []bool {
	take := make([]bool, len(labels))
	for i := max(0, in.Start); i < len(labels); i++ {
		count := &done.Classes[labels[i]].Images
		if in.PerClass > 0 && *count >= in.PerClass {
			continue
		}
		take[i] = true
		*count++
		done.Images++
	}
	return take
}

// write makes the class folders and the files beneath dir.
func (in IDXImport) write(ctx context.Context, dir string, images *idxReader, labels []byte, take []bool, done *Imported) error {
	for _, c := range done.Classes {
		if c.Images > 0 {
			if err := os.Mkdir(filepath.Join(dir, c.Class), 0o777); err != nil {
				return err
			}
		}
	}
	digits := max(5, len(strconv.Itoa(images.items-1)))
	count := counter(done.Images, in.progress("images"))
	const blockBytes = 16 << 20
	for first := 0; first < images.items; first = images.read {
		block, err := images.next(max(1, blockBytes/images.size))
		if err != nil {
			return err
		}
		err = each(ctx, images.read-first, in.Workers, func(k int) error {
			i := first + k
			if !take[i] {
				return nil
			}
			defer count()
			name := filepath.Join(dir, done.Classes[labels[i]].Class, fmt.Sprintf("%0*d.png", digits, i))
			w, h := done.Width, done.Height
			return writePNG(name, &image.Gray{Pix: block[k*images.size:][:images.size], Stride: w, Rect: image.Rect(0, 0, w, h)})
		})
		if err != nil {
			return err
		}
	}
	return images.end()
}

func writePNG(name string, m image.Image) error {
	e := png.Encoder{CompressionLevel: png.BestCompression, BufferPool: encoderBuffers{}}
	var b bytes.Buffer
	if err := e.Encode(&b, m); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, b.Bytes(), 0o666)
}

// encoderBuffers keeps the compressor's memory from one file to the next.
type encoderBuffers struct{}

var keptBuffers = sync.Pool{New: func() any { return new(png.EncoderBuffer) }}

func (encoderBuffers) Get() *png.EncoderBuffer  { return keptBuffers.Get().(*png.EncoderBuffer) }
func (encoderBuffers) Put(b *png.EncoderBuffer) { keptBuffers.Put(b) }

// wantAbsent refuses an output folder that holds something.
func wantAbsent(out string) error {
	if out == "" {
		return errors.New("output folder is empty, want a path")
	}
	switch entries, err := os.ReadDir(out); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w, want no such path or an empty folder", at(out, err))
	case len(entries) > 0:
		return fmt.Errorf("%s: already holds %s, want no such path or an empty folder", wording.Printable(out), wording.Printable(entries[0].Name()))
	}
	return nil
}

// wholeFolder lets fill write into a hidden folder beside out and then gives it out's name, so
// that out is there whole or not at all.
func wholeFolder(out string, fill func(dir string) error) (err error) {
	defer func() {
		// A path in the hidden folder would tell a user nothing.
		switch err.(type) {
		case *fs.PathError, *os.LinkError:
			err = at(out, err)
		}
	}()
	full, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	parent, base := filepath.Split(full)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	prefix, suffix := "."+base+".actfn-", ".tmp"
	temp, err := os.MkdirTemp(parent, prefix+"*"+suffix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	removeLeftovers(temp, prefix, suffix)
	// MkdirTemp's folder is closed to others; the one within has the usual permissions.
	dir := filepath.Join(temp, base)
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	if err := fill(dir); err != nil {
		return err
	}
	if err := os.Remove(full); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(dir, full)
}

// removeLeftovers removes what imports that were killed have left beside temp, by the names that
// prefix and suffix tell. Each is first moved into temp: should its import live after all, that
// one fails as a whole and does not lose single files, and should this one be killed, the next
// finds everything. What cannot be removed is no reason not to import.
func removeLeftovers(temp, prefix, suffix string) {
	entries, err := os.ReadDir(filepath.Dir(temp))
	if err != nil {
		return
	}
	for _, e := range entries {
		name := e.Name()
		if !e.IsDir() || name == filepath.Base(temp) || !strings.HasPrefix(name, prefix) || !strings.HasSuffix(name, suffix) {
			continue
		}
		moved := filepath.Join(temp, name)
		if os.Rename(filepath.Join(filepath.Dir(temp), name), moved) == nil {
			os.RemoveAll(moved)
		}
	}
}
