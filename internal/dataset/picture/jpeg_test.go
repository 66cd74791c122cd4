package picture

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"image"
	"image/jpeg"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// jpegFiles are the JPEG files of testdata.
func jpegFiles(t testing.TB) map[string][]byte {
	files := map[string][]byte{}
	for _, pattern := range []string{"testdata/*/*.jpg", "testdata/*/*.jpeg"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if files[filepath.Base(name)], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	return files
}

// accepts decodes what baselineJPEG takes, and wants image/jpeg to take it too.
func accepts(t *testing.T, name string, data []byte) (m rows, ok bool) {
	t.Helper()
	if h, err := ReadHeader(data); err != nil || h.format != &formatJPEG || h.Width*h.Height > 1<<20 {
		return nil, false
	}
	if m, ok = baselineJPEG(data); !ok {
		return nil, false
	}
	if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
		t.Errorf("%s: image/jpeg says: %v", name, err)
	}
	return m, true
}

func TestBaselineFiles(t *testing.T) {
	var left []string
	for name, data := range jpegFiles(t) {
		if _, ok := accepts(t, name, data); !ok {
			left = append(left, name)
		}
	}
	slices.Sort(left)
	t.Log(left)
	for _, name := range left {
		if !strings.Contains(name, "progressive") && !strings.Contains(name, "cmyk") && name != "ycck.jpg" {
			t.Errorf("%s is left to image/jpeg", name)
		}
	}
}

// encode is a JPEG of noise in which neighbours have something in common if it is smooth.
func encode(t *testing.T, r *rand.Rand, w, h, quality int, smooth bool) []byte {
	t.Helper()
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for _, plane := range [][]byte{m.Y, m.Cb, m.Cr} {
		for i := range plane {
			plane[i] = byte(r.Uint32())
			if smooth {
				plane[i] = byte(i*5) + plane[i]/4
			}
		}
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// Noise at every quality has every coefficient, long codes and samples that are clipped: colours are near image/jpeg's.
func TestBaselineNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	worst, most := 0, 0.0
	for quality := 1; quality <= 100; quality++ {
		data := encode(t, r, 17+r.IntN(60), 17+r.IntN(60), quality, quality%2 == 0)
		m, ok := accepts(t, "noise", data)
		if !ok {
			t.Errorf("quality %d: noise is left to image/jpeg", quality)
			continue
		}
		standard, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		got, want, off := m.(*ycbcr), standard.(*image.YCbCr), 0
		for y := range want.Rect.Dy() {
			for x := range want.Rect.Dx() {
				d := int(got.YCbCrAt(x, y).Y) - int(want.YCbCrAt(x, y).Y)
				worst = max(worst, d, -d)
				off += min(1, max(d, -d))
			}
		}
		most = max(most, float64(off)/float64(want.Rect.Dx()*want.Rect.Dy()))
	}
	t.Logf("luma is off by at most %d, in at most %.3f of a picture's pixels", worst, most)
	if worst > 2 {
		t.Errorf("luma is off by %d, want at most 2", worst)
	}
}

// What is resized on the way has the bits of what is decoded and then resized.
func TestBaselineSquare(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 60 {
		data := encode(t, r, 1+r.IntN(150), 1+r.IntN(150), 75, true)
		m, ok := accepts(t, "photo", data)
		if !ok {
			t.Fatal("a photo is left to image/jpeg")
		}
		for _, form := range []Form{{Side: 1}, {Side: 13}, {Side: 40, Gray: true}, {Side: 151}, {Gray: true}} {
			got, want := form.of(m), form.of(all(m))
			if got.W != want.W || got.H != want.H || !bytes.Equal(got.Data, want.Data) {
				t.Errorf("%+v: differs from what is decoded and then resized", form)
			}
		}
	}
}

// No part of a file is taken for a picture, and of what is damaged only that which image/jpeg takes as well.
func TestBaselineDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	accepted := 0
	files := jpegFiles(t)
	for quality := 10; quality <= 90; quality += 20 {
		files[fmt.Sprint("quality ", quality)] = encode(t, r, 50, 40, quality, true)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		data := files[name]
		for n := range len(data) {
			if _, ok := accepts(t, name, data[:n]); ok {
				t.Errorf("%s: the first %d of %d bytes are accepted", name, n, len(data))
			}
		}
		for range 500 {
			if _, ok := accepts(t, name, damaged(r, data)); ok {
				accepted++
			}
		}
	}
	t.Logf("%d damaged files are decoded", accepted)
	if accepted < 300 {
		t.Errorf("%d damaged files are decoded, want at least 300 to compare", accepted)
	}
}

// damaged is data with some bits changed, bytes left out or put in.
func damaged(r *rand.Rand, data []byte) []byte {
	data = bytes.Clone(data)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(data))
		switch r.IntN(4) {
		case 0:
			data = slices.Delete(data, at, min(at+1+r.IntN(20), len(data)))
		case 1:
			data = slices.Insert(data, at, byte(r.Uint32()))
		default:
			data[at] ^= byte(1 << r.IntN(8))
		}
	}
	return data
}

// The pixels are those stored here whatever the processor, damaged files with odd coefficients included.
func TestJPEGEverywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	files := jpegFiles(t)
	sum, pictures := sha256.New(), 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		pictures += addPixels(sum, files[name])
		for range 300 {
			pictures += addPixels(sum, damaged(r, files[name]))
		}
	}
	const want = "1c881e76ba870e67 of 2924 pictures"
	if got := fmt.Sprintf("%x of %d pictures", sum.Sum(nil)[:8], pictures); got != want {
		t.Errorf("pixels are %s, want %s", got, want)
	}
}

func addPixels(sum hash.Hash, data []byte) int {
	h, err := ReadHeader(data)
	if err != nil || h.Width*h.Height > 1<<16 {
		return 0
	}
	for _, form := range []Form{{}, {Side: 9}} {
		p, err := h.Decode(data, form)
		if err != nil {
			return 0
		}
		digest := p.Digest()
		sum.Write(digest[:])
	}
	return 1
}

// A file of a few bytes a scan must not take minutes.
func TestScansAreBounded(t *testing.T) {
	data := jpegFiles(t)["jpeg_420_progressive.jpg"]
	scan := data[bytes.LastIndex(data, []byte("\xff\xda")) : len(data)-2]
	many := slices.Concat(data[:len(data)-2], bytes.Repeat(scan, 100), data[len(data)-2:])
	began := time.Now()
	_, err := decodeBytes(many)
	if want := "jpeg: file has more than 100 scans, want at most that"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("took %v", took)
	}
	few := slices.Concat(data[:len(data)-2], bytes.Repeat(scan, 80), data[len(data)-2:])
	if err := boundScans(few); err != nil {
		t.Error(err)
	}
}

// What the fast decoder takes image/jpeg takes as well, whatever the file.
func FuzzBaseline(f *testing.F) {
	for _, data := range jpegFiles(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { accepts(t, "file", data) })
}
