package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// Limits on an image, checked on its header before memory is taken for its pixels.
const (
	// MaxPixels is a quarter of a GiB of RGB, where PIL begins to warn of a decompression bomb.
	// A decoder takes at most 16 bytes a pixel while it works.
	MaxPixels = 1 << 28 / 3
	// MaxSide is the longest side; it bounds the padding that a TIFF's tiles may add.
	MaxSide = 1 << 16
)

// format is a kind of image file. The content of a file says which it is, as for PIL; the
// extension does not.
type format struct {
	name   string
	magic  string // a '?' stands for any byte
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	// fast and fastSize, where there are any, read the common files sooner and leave the rest to decode
	// and config. The latter leaves out the colour model.
	fast     func(data []byte) (pixels, bool)
	fastSize func(data []byte) (image.Config, bool)
	// chroma tells how YCbCr becomes RGB.
	chroma chroma
	// finish, where there is one, mends what decode leaves.
	finish func(data []byte, p pixels) (pixels, error)
}

var formats = []format{
	{name: "png", magic: pngSignature, config: png.DecodeConfig, decode: png.Decode, fast: fastPNG, fastSize: fastPNGSize},
	{name: "jpeg", magic: "\xff\xd8\xff", config: jpeg.DecodeConfig, decode: decodeJPEG, chroma: libjpeg{}},
	{name: "bmp", magic: "BM", config: bmp.DecodeConfig, decode: bmp.Decode},
	{name: "tiff", magic: "II*\x00", config: tiff.DecodeConfig, decode: tiff.Decode, finish: finishTIFF},
	{name: "tiff", magic: "MM\x00*", config: tiff.DecodeConfig, decode: tiff.Decode, finish: finishTIFF},
	{name: "webp", magic: "RIFF????WEBPVP8", config: webp.DecodeConfig, decode: webp.Decode, chroma: libwebp{}},
	{name: "pbm", magic: "P1", config: configNetpbm, decode: decodeNetpbm},
	{name: "pgm", magic: "P2", config: configNetpbm, decode: decodeNetpbm},
	{name: "ppm", magic: "P3", config: configNetpbm, decode: decodeNetpbm},
	{name: "pbm", magic: "P4", config: configNetpbm, decode: decodeNetpbm},
	{name: "pgm", magic: "P5", config: configNetpbm, decode: decodeNetpbm},
	{name: "ppm", magic: "P6", config: configNetpbm, decode: decodeNetpbm},
}

// strangers are contents that often hide behind an image's extension; naming them saves a search.
var strangers = []struct{ name, magic string }{
	{"a GIF", "GIF8"}, {"an AVIF", "????ftypavif"}, {"a HEIC", "????ftyphei"}, {"a HEIC", "????ftypmif1"},
	{"a PAM", "P7"}, {"a Photoshop file", "8BPS"}, {"a PDF", "%PDF"}, {"a JPEG 2000", "????jP"},
	{"a JPEG XL", "????JXL"}, {"a JPEG XL", "\xff\x0a"}, {"a web page", "<!"}, {"a web page", "<html"},
	{"an SVG", "<svg"}, {"XML", "<?xml"}, {"a zip file", "PK\x03\x04"}, {"a Git LFS pointer", "version https://git-lfs"},
}

// header is what an image file says of itself before its pixels.
type header struct {
	*format
	image.Config
}

// readHeader finds a file's format by its content, and refuses an image over the limits.
func readHeader(data []byte) (h header, err error) {
	f, err := sniff(data)
	if err != nil {
		return h, err
	}
	defer recoverDecoder(f, &err)
	config, err := f.size(data)
	if err != nil {
		return h, f.fault(err)
	}
	w, h64 := config.Width, config.Height
	if w < 1 || h64 < 1 {
		return h, fmt.Errorf("%s: image is %d×%d, want at least 1×1", f.name, w, h64)
	}
	if w > MaxSide || h64 > MaxSide || w*h64 > MaxPixels {
		return h, fmt.Errorf("%s: image is %d×%d, want at most %d pixels and sides of at most %d",
			f.name, w, h64, MaxPixels, MaxSide)
	}
	return header{f, config}, nil
}

// size reads the width and the height.
func (f *format) size(data []byte) (image.Config, error) {
	if f.fastSize != nil {
		if size, ok := f.fastSize(data); ok {
			return size, nil
		}
	}
	return f.config(bytes.NewReader(data))
}

// decode returns the pixels of the file that h was read from, as PIL's convert("RGB") gives them.
func (h header) decode(data []byte) (p pixels, err error) {
	defer recoverDecoder(h.format, &err)
	if h.fast != nil {
		if p, ok := h.fast(data); ok {
			return p.compact(), nil
		}
	}
	m, err := h.format.decode(bytes.NewReader(data))
	if err != nil {
		return p, h.fault(err)
	}
	if b := m.Bounds(); b.Dx() != h.Width || b.Dy() != h.Height {
		return p, fmt.Errorf("%s: image is %d×%d, want %d×%d as its header says", h.name, b.Dx(), b.Dy(), h.Width, h.Height)
	}
	p = toPixels(m, h.chroma).compact()
	if h.finish != nil {
		return h.finish(data, p)
	}
	return p, nil
}

// sniff finds the format of a file's content.
func sniff(data []byte) (*format, error) {
	for i := range formats {
		if matches(data, formats[i].magic) {
			return &formats[i], nil
		}
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
	return nil, fmt.Errorf("content is %s, want PNG, JPEG, BMP, TIFF, WebP, PBM, PGM or PPM", what)
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

// fault gives a decoder's error one shape: the format first, then the fault in words.
func (f *format) fault(err error) error {
	err = inWords(err)
	if strings.HasPrefix(err.Error(), f.name) {
		return err
	}
	return fmt.Errorf("%s: %w", f.name, err)
}

// recoverDecoder turns a decoder's panic into an error: the file is bad, the program is not.
func recoverDecoder(f *format, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s: invalid file (decoder panicked: %v)", f.name, r)
	}
}

// decodeJPEG is jpeg.Decode, which refuses four components without an Adobe marker. PIL takes
// those for inverted CMYK, which is what the marker spliced in here says.
func decodeJPEG(r io.Reader) (image.Image, error) {
	m, err := jpeg.Decode(r)
	if _, unsupported := errors.AsType[jpeg.UnsupportedError](err); !unsupported {
		return m, err
	}
	again, ok := r.(io.ReadSeeker)
	if !ok {
		return m, err
	}
	again.Seek(0, io.SeekStart)
	if c, cerr := jpeg.DecodeConfig(again); cerr != nil || c.ColorModel != color.CMYKModel {
		return m, err
	}
	const soi = 2
	again.Seek(soi, io.SeekStart)
	marker := "\xff\xd8" + "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
	if m, retry := jpeg.Decode(io.MultiReader(strings.NewReader(marker), again)); retry == nil {
		return m, nil
	}
	return m, err
}
