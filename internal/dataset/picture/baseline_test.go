package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
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

// sameAsStandard decodes what baseline accepts, and wants of image/jpeg the same pixels and no fault.
func sameAsStandard(t *testing.T, name string, data []byte) (accepted bool) {
	t.Helper()
	if h, err := ReadHeader(data); err != nil || h.Width*h.Height > 1<<20 {
		return false
	}
	d := baselines.Get().(*baseline)
	defer baselines.Put(d)
	got, ok := d.image(data, 0)
	if !ok {
		return false
	}
	want, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Errorf("%s: image/jpeg says: %v", name, err)
		return true
	}
	p, q := toPixels(got, libjpeg), toPixels(want, libjpeg)
	if p.W != q.W || p.H != q.H || !bytes.Equal(p.Data, q.Data) {
		t.Errorf("%s: the pixels differ from image/jpeg's", name)
	}
	return true
}

func TestBaselineAsStandard(t *testing.T) {
	accepted := 0
	for name, data := range jpegFiles(t) {
		if sameAsStandard(t, name, data) {
			accepted++
			continue
		}
		t.Logf("%s is left to image/jpeg", name)
	}
	if accepted < 8 {
		t.Errorf("%d files are decoded, want at least 8", accepted)
	}
}

// Noise at every quality has every coefficient, long codes and samples that are clipped.
func TestBaselineNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for quality := 1; quality <= 100; quality += 3 {
		noise := image.NewRGBA(image.Rect(0, 0, 17+r.IntN(60), 17+r.IntN(60)))
		for i := range noise.Pix {
			noise.Pix[i] = byte(r.Uint32())
		}
		var file bytes.Buffer
		if err := jpeg.Encode(&file, noise, &jpeg.Options{Quality: quality}); err != nil {
			t.Fatal(err)
		}
		if !sameAsStandard(t, "noise", file.Bytes()) {
			t.Errorf("quality %d: noise is left to image/jpeg", quality)
		}
	}
}

// What is resized on the way has the bits of what is decoded and then resized.
func TestBaselineSquare(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 60 {
		photo := image.NewYCbCr(image.Rect(0, 0, 1+r.IntN(150), 1+r.IntN(150)), image.YCbCrSubsampleRatio420)
		for _, plane := range [][]byte{photo.Y, photo.Cb, photo.Cr} {
			for i := range plane {
				plane[i] = byte(i*5 + r.IntN(60))
			}
		}
		var file bytes.Buffer
		if err := jpeg.Encode(&file, photo, nil); err != nil {
			t.Fatal(err)
		}
		m, err := jpeg.Decode(bytes.NewReader(file.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []Form{{Side: 1}, {Side: 13}, {Side: 40, Gray: true}, {Side: 151}, {Gray: true}} {
			want := form.of(toPixels(m, libjpeg))
			got, ok := baselineJPEG(file.Bytes(), form)
			if !ok || got.W != want.W || got.H != want.H || !bytes.Equal(got.compact().Data, want.compact().Data) {
				t.Errorf("%v to %+v: differs from what is decoded and then resized", photo.Rect, form)
			}
		}
	}
}

// Whatever is done to a file, what is accepted has the pixels of image/jpeg, and what is cut short is left to it.
func TestBaselineDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	accepted := 0
	files := jpegFiles(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		data := files[name]
		for n := range len(data) {
			if sameAsStandard(t, name, data[:n]) {
				t.Errorf("%s: the first %d of %d bytes are accepted", name, n, len(data))
			}
		}
		for range 500 {
			bad := bytes.Clone(data)
			for range 1 + r.IntN(3) {
				bad[r.IntN(len(bad))] ^= byte(1 << r.IntN(8))
			}
			if sameAsStandard(t, name, bad) {
				accepted++
			}
		}
	}
	if accepted < 300 {
		t.Errorf("%d damaged files are decoded, want at least 300 to compare", accepted)
	}
}
