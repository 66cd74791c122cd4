package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// hugePNG is a valid header of a w×h picture and nothing behind it.
func hugePNG(w, h uint32) []byte {
	header := binary.BigEndian.AppendUint32(nil, w)
	header = append(binary.BigEndian.AppendUint32(header, h), 8, 2, 0, 0, 0)
	return append([]byte(pngSignature), chunk("IHDR", header)...)
}

// Headers that promise too much are refused before memory is taken for the pixels.
func TestDecodeRefusesBombs(t *testing.T) {
	jpeg := bytes.Clone(readFile(t, "testdata/images/rgb_444.jpg"))
	sof := bytes.Index(jpeg, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(jpeg[sof+5:], 60000)
	binary.BigEndian.PutUint16(jpeg[sof+7:], 60000)
	bmp := bytes.Clone(readFile(t, "testdata/images/rgb.bmp"))
	binary.LittleEndian.PutUint32(bmp[18:], 60000)
	binary.LittleEndian.PutUint32(bmp[22:], 60000)
	webp := []byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x5f\xea\x00\x5f\xea\x00\x00\x00\x00\x00\x00\x00")
	for name, data := range map[string][]byte{
		"png":         hugePNG(60000, 60000),
		"png, narrow": hugePNG(1<<16+1, 1),
		"jpeg":        jpeg,
		"bmp":         bmp,
		"webp":        webp,
		"ppm":         []byte("P6 60000 60000 255\n"),
		"plain pgm":   []byte("P2 60000 60000 255\n1 2 3"),
		"pbm":         []byte("P4 4000000000 4000000000\n"),
		"overflow":    []byte("P5 9223372036854775807 9223372036854775807 255\n"),
	} {
		before := allocated()
		_, err := decodeBytes(data)
		if err == nil {
			t.Errorf("%s: decoded", name)
			continue
		}
		if taken := allocated() - before; taken > 4<<20 {
			t.Errorf("%s: took %d bytes to refuse", name, taken)
		}
		if name == "png" && err.Error() != "png: image is 60000×60000, want at most 89478485 pixels and sides of at most 65536" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// allocated is the memory ever taken by the program, in bytes.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// No part of a file makes a decoder panic or go on for ever, and none but the whole is a picture.
func TestDecodeTruncated(t *testing.T) {
	files, err := filepath.Glob("testdata/images/*.*")
	if err != nil || len(files) < 22 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		if filepath.Ext(name) == ".json" {
			continue
		}
		data := readFile(t, name)
		for n := range data {
			_, err := decodeBytes(data[:n])
			// A few formats end in bytes that carry no pixels.
			if err == nil && n < len(data)-40 {
				t.Errorf("%s: the first %d of %d bytes decode", name, n, len(data))
			}
		}
	}
}

// The netpbm module would read a comment that the file's end cuts off for ever.
func TestNetpbmCommentEnds(t *testing.T) {
	for _, text := range []string{"P6 #", "P5 2 2 # comment", "P2 2 2 255 1 2 # no end", "P1 # x", "P3 1 1 255 1 2 #", "P4 1#", "P1", "P2\n"} {
		done := make(chan error, 1)
		go func() { _, err := decodeBytes([]byte(text)); done <- err }()
		select {
		case err := <-done:
			if err == nil {
				t.Errorf("%q: decoded", text)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%q: no end", text)
		}
	}
}

// The line break that ends a comment must not stand in for a missing sample.
func TestNetpbmShortByOne(t *testing.T) {
	if _, err := decodeBytes([]byte("P5 2 2 255\nabc")); err == nil {
		t.Error("three of four samples are decoded")
	}
	if p, err := decodeBytes([]byte("P5 2 2 255\nabcd")); err != nil || string(p.Data) != "abcd" {
		t.Errorf("%q, %v", p.Data, err)
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"", "file is empty, want an image"},
		{"hello", "content is unknown, want PNG, JPEG, BMP, TIFF, WebP, PBM, PGM or PPM"},
		{"GIF89a....", "content is a GIF, want PNG"},
		{"\n <!DOCTYPE html>", "content is a web page, want PNG"},
		{"\x00\x00\x00\x18ftypheic", "content is a HEIC, want"},
		{"version https://git-lfs.github.com/spec/v1\noid", "content is a Git LFS pointer, want"},
		{"\xff\xd8\xff", "jpeg: file is cut short"},
		{pngSignature, "png: file is cut short"},
		{"P5 0 1 255\n", "pgm: image is 0×1, want at least 1×1"},
		{"BM", "bmp: file is cut short"},
	} {
		_, err := decodeBytes([]byte(c.data))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "EOF") {
			t.Errorf("%q: %v, want %s", c.data, err, c.want)
		}
	}
}

// No fault is told in the words of Go's libraries, wherever a file is broken.
func TestDecodeErrorsInWords(t *testing.T) {
	const images = "testdata/images/"
	broken := func(name, after string, skip int) []byte {
		data := bytes.Clone(readFile(t, name))
		at := bytes.Index(data, []byte(after)) + len(after) + skip
		copy(data[at:], bytes.Repeat([]byte{0xff}, 8))
		return data
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"png data":   {broken(images+"rgb.png", "IDAT", 2), "png: compressed data is corrupt"},
		"png header": {broken(images+"rgb.png", "IDAT", 0), "png: compressed data is corrupt"},
		"pgm cut":    {[]byte("P5 2 2 255\nabc"), "pgm: file is cut short"},
		"pgm text":   {[]byte("P2 2 2 255\n1 2 3 999"), "pgm: samples are not numbers of the range that the header gives"},
		"ppm header": {[]byte("P6 two 2 255\n"), "ppm: header is invalid"},
		"tiff lzw":   {broken(images+"gray_lzw.tiff", "II*\x00", 4), "tiff: compressed data is corrupt"},
	} {
		if _, err := decodeBytes(c.data); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestDecoderPanicIsAnError(t *testing.T) {
	f := &format{name: "odd",
		config: func(io.Reader) (image.Config, error) { return image.Config{Width: 1, Height: 1}, nil },
		decode: func(io.Reader) (image.Image, error) { var none []int; _ = none[3]; return nil, nil },
	}
	_, err := Header{image.Config{Width: 1, Height: 1}, f}.Decode(nil, Form{})
	if err == nil || !strings.HasPrefix(err.Error(), "odd: invalid file (decoder panicked: ") {
		t.Errorf("error is %v", err)
	}
}

func TestTIFFRefused(t *testing.T) {
	data := bytes.Clone(readFile(t, "testdata/images/rgb.tif"))
	planar := []byte{0x1c, 0x01, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0}
	i := bytes.Index(data, planar)
	if i < 0 {
		t.Fatal("the TIFF has no planar configuration tag")
	}
	data[i+8] = 2
	if _, err := decodeBytes(data); err == nil || !strings.Contains(err.Error(), "planar configuration is 2") {
		t.Errorf("planar TIFF: %v", err)
	}
}

// fuzzPixels keeps a fuzzed picture small, so that the decoders can be held to the memory that
// one of that size may take.
const fuzzPixels = 1 << 16

func FuzzDecode(f *testing.F) {
	for _, dir := range []string{"testdata/images", "testdata/pil"} {
		files, _ := filepath.Glob(dir + "/*.*")
		for _, name := range files {
			switch filepath.Ext(name) {
			case ".json", ".py":
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHeader(data)
		if err != nil || h.Width*h.Height > fuzzPixels {
			return
		}
		before := allocated()
		p, err := h.Decode(data, Form{})
		// 64 bytes a pixel cover a progressive JPEG's coefficients and a TIFF's growing buffers;
		// the rest is what inflaters and readers need whatever the size.
		if taken := allocated() - before; taken > 64*fuzzPixels+16<<20 {
			t.Fatalf("%s of %d×%d: took %d bytes", h.format.name, h.Width, h.Height, taken)
		}
		if err != nil {
			if strings.Contains(err.Error(), "panicked") {
				t.Logf("%v", err) // it is an error to the user, as it should be
			}
			return
		}
		if n := p.W * p.H; len(p.Data) != n && len(p.Data) != 3*n {
			t.Fatalf("%s: %d bytes for %d×%d", h.format.name, len(p.Data), p.W, p.H)
		}
	})
}
