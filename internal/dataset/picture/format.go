package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"

	"golang.org/x/image/bmp"
)

// Limits on an image, checked on its header before memory is taken for its pixels.
const (
	// MaxPixels is a quarter of a GiB of RGB, where PIL begins to warn of a decompression bomb.
	// A decoder takes at most 16 bytes a pixel while it works.
	MaxPixels = 1 << 28 / 3
	// MaxSide is the longest side; it bounds the padding that a TIFF's tiles may add.
	MaxSide = 1 << 16
)

// format is a kind of image file.
type format struct {
	// name is the format in messages; errors begin with it in lower case.
	name string
	// extensions select the files of a folder, whatever the case. All formats together have torchvision's IMG_EXTENSIONS.
	extensions []string
	// magic is what a file's content may begin with, a '?' being any byte. It alone decides the format, as for PIL.
	magic  []string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	// fast, where there is one, decodes the common files sooner and leaves the rest to decode.
	fast func(data []byte) (m rows, ok bool)
	// bound, where there is one, refuses files that decode would take too long for.
	bound func(data []byte) error
	// chroma tells how YCbCr becomes RGB, for the formats that have it.
	chroma chroma
	// finish, where there is one, mends what decode leaves.
	finish func(data []byte, p Pixels) (Pixels, error)
}

// formats are those that are read, in the order in which messages name them.
var formats = []*format{
	&formatPNG,
	&formatJPEG,
	{name: "BMP", extensions: []string{".bmp"}, magic: []string{"BM"}, config: bmp.DecodeConfig, decode: bmp.Decode},
	&formatTIFF,
	&formatWebP,
	&formatPBM,
	&formatPGM,
	&formatPPM,
}

// strangers are contents that often hide behind an image's extension; naming them saves a search.
var strangers = []struct{ name, magic string }{
	{"a GIF", "GIF8"}, {"an AVIF", "????ftypavif"}, {"a HEIC", "????ftyphei"}, {"a HEIC", "????ftypmif1"},
	{"a PAM", "P7"}, {"a Photoshop file", "8BPS"}, {"a PDF", "%PDF"}, {"a JPEG 2000", "????jP"},
	{"a JPEG XL", "????JXL"}, {"a JPEG XL", "\xff\x0a"}, {"a web page", "<!"}, {"a web page", "<html"},
	{"an SVG", "<svg"}, {"XML", "<?xml"}, {"a zip file", "PK\x03\x04"}, {"a Git LFS pointer", "version https://git-lfs"},
}

// Extensions are those of image files, in lower case.
func Extensions() []string {
	var all []string
	for _, f := range formats {
		all = append(all, f.extensions...)
	}
	return all
}

// Header is what an image file says of itself before its pixels.
type Header struct {
	image.Config
	format *format
}

// ReadHeader finds a file's format by its content, and refuses an image over the limits.
func ReadHeader(data []byte) (h Header, err error) {
	f, err := sniff(data)
	if err != nil {
		return h, err
	}
	defer f.recover(&err)
	config, err := f.config(bytes.NewReader(data))
	if err != nil {
		return h, f.fault(err)
	}
	width, height := config.Width, config.Height
	if width < 1 || height < 1 {
		return h, f.faultf("image is %d×%d, want at least 1×1", width, height)
	}
	if width > MaxSide || height > MaxSide || width*height > MaxPixels {
		return h, f.faultf("image is %d×%d, want at most %d pixels and sides of at most %d", width, height, MaxPixels, MaxSide)
	}
	return Header{config, f}, nil
}

// Decode returns the pixels of the file that h was read from, as PIL's convert("RGB") gives them, in the form that is
// wanted.
func (h Header) Decode(data []byte, form Form) (p Pixels, err error) {
	f := h.format
	defer f.recover(&err)
	if f.fast != nil {
		if m, ok := f.fast(data); ok {
			return form.of(m), nil
		}
	}
	if f.bound != nil {
		if err := f.bound(data); err != nil {
			return p, f.fault(err)
		}
	}
	m, err := f.decode(bytes.NewReader(data))
	if err != nil {
		return p, f.fault(err)
	}
	if b := m.Bounds(); b.Dx() != h.Width || b.Dy() != h.Height {
		return p, f.faultf("image is %d×%d, want %d×%d as its header says", b.Dx(), b.Dy(), h.Width, h.Height)
	}
	if f.finish == nil {
		return form.of(toRows(m, f.chroma)), nil
	}
	if p, err = f.finish(data, all(toRows(m, f.chroma)).compact()); err != nil {
		return p, f.fault(err)
	}
	return form.of(p), nil
}

// sniff finds the format of a file's content.
func sniff(data []byte) (*format, error) {
	var names []string
	for _, f := range formats {
		if slices.ContainsFunc(f.magic, func(magic string) bool { return matches(data, magic) }) {
			return f, nil
		}
		names = append(names, f.name)
	}
	if len(data) == 0 {
		return nil, errors.New("file is empty, want an image")
	}
	what := "unknown"
	for _, s := range strangers {
		if matches(bytes.TrimLeft(data[:min(len(data), 64)], " \t\r\n\ufeff"), s.magic) {
			what = s.name
			break
		}
	}
	last := len(names) - 1
	return nil, fmt.Errorf("content is %s, want %s or %s", what, strings.Join(names[:last], ", "), names[last])
}

// matches reports whether data begins with magic, in which '?' is any byte.
func matches(data []byte, magic string) bool {
	if len(data) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != data[i] {
			return false
		}
	}
	return true
}

// prefix begins the format's errors, ours and those of some decoders.
func (f *format) prefix() string { return strings.ToLower(f.name) + ": " }

func (f *format) faultf(message string, args ...any) error {
	return fmt.Errorf(f.prefix()+message, args...)
}

// fault gives a decoder's error one shape: the format first, then the fault in words.
func (f *format) fault(err error) error {
	err = Reason(err)
	if strings.HasPrefix(err.Error(), f.prefix()) {
		return err
	}
	return f.faultf("%w", err)
}

// recover turns a decoder's panic into an error: the file is bad, the program is not.
func (f *format) recover(err *error) {
	if r := recover(); r != nil {
		*err = f.faultf("invalid file (decoder panicked: %v)", r)
	}
}
