package picture

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// picture is the bytes of an image as PIL's convert("RGB") gives them, row by row.
type picture struct {
	Width, Height int
	RGB           []byte
}

// pilReference is testdata/pil/expected.json, which make.py beside it writes.
type pilReference struct {
	Files   map[string]picture
	Picture picture
	Luma    []byte
	Resized []struct {
		Crop [2]int
		Size int
		RGB  []byte
	}
}

func readPIL(t testing.TB) (r pilReference) {
	t.Helper()
	readJSON(t, "testdata/pil/expected.json", &r)
	return r
}

// readImages reads testdata/images/expected.json, the reference of the project: what PIL 9.4 gives.
func readImages(t testing.TB) map[string]picture {
	t.Helper()
	var r struct {
		Files map[string]struct {
			Width, Height int
			RGB           []int
		}
	}
	readJSON(t, "testdata/images/expected.json", &r)
	all := map[string]picture{}
	for name, f := range r.Files {
		p := picture{Width: f.Width, Height: f.Height}
		for _, v := range f.RGB {
			p.RGB = append(p.RGB, byte(v))
		}
		all[name] = p
	}
	return all
}

func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// planar turns the rows of a picture into planes.
func (p picture) planar() Pixels {
	q := newRGB(p.Width, p.Height)
	for i, v := range p.RGB {
		q.Data[i%3*q.W*q.H+i/3] = v
	}
	return q.compact()
}

// at is channel c of pixel i.
func at(p Pixels, i, c int) byte {
	if p.Gray() {
		return p.Data[i]
	}
	return p.Data[c*p.W*p.H+i]
}

// compare returns the largest difference of a channel.
func compare(t *testing.T, name string, got Pixels, want picture) int {
	t.Helper()
	if got.W != want.Width || got.H != want.Height {
		t.Errorf("%s: %d×%d, want %d×%d", name, got.W, got.H, want.Width, want.Height)
		return 0
	}
	worst := 0
	for i, v := range want.RGB {
		d := int(at(got, i/3, i%3)) - int(v)
		worst = max(worst, d, -d)
	}
	return worst
}

func decodeFile(t testing.TB, name string) Pixels {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := decodeBytes(data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

func decodeBytes(data []byte) (Pixels, error) {
	h, err := ReadHeader(data)
	if err != nil {
		return Pixels{}, err
	}
	return h.Decode(data, Form{})
}

// tolerance is how far a channel may be off. The JPEG decoders round the inverse cosine transform
// differently, which has been seen to make 3 of 255; everything else, lossy WebP too, is exact.
func tolerance(name string) int {
	if ext := filepath.Ext(name); ext == ".jpg" || ext == ".jpeg" {
		return 6
	}
	return 0
}

func TestPixelsAsPIL(t *testing.T) {
	images := readImages(t)
	if len(images) < 22 {
		t.Fatalf("%d reference files, want at least 22", len(images))
	}
	for name, want := range images {
		if name == "gray16.png" {
			continue // PIL's is all white; see TestGray16
		}
		got := compare(t, name, decodeFile(t, "testdata/images/"+name), want)
		if got > tolerance(name) {
			t.Errorf("%s: largest difference is %d, want at most %d", name, got, tolerance(name))
		}
	}
	for name, want := range readPIL(t).Files {
		got := compare(t, name, decodeFile(t, "testdata/pil/"+name), want)
		if got > tolerance(name) {
			t.Errorf("%s: largest difference is %d, want at most %d", name, got, tolerance(name))
		}
		if got > 0 {
			t.Logf("%s: largest difference is %d", name, got)
		}
	}
}

// PIL leaves every 16-bit gray above 255 white; here v becomes round(v/257).
func TestGray16(t *testing.T) {
	p := decodeFile(t, "testdata/images/gray16.png")
	m, err := png.Decode(bytes.NewReader(readFile(t, "testdata/images/gray16.png")))
	if err != nil {
		t.Fatal(err)
	}
	wide := m.(*image.Gray16)
	for i, got := range p.Data {
		v := wide.Gray16At(i%p.W, i/p.W).Y
		if want := byte(math.Round(float64(v) / 257)); got != want {
			t.Errorf("pixel %d of %d: %d, want %d", i, v, got, want)
		}
	}
	if min, max := slices.Min(p.Data), slices.Max(p.Data); min == max {
		t.Errorf("all pixels are %d, want a picture", min)
	}
}

func TestLumaAsPIL(t *testing.T) {
	ref := readPIL(t)
	if got := ref.Picture.planar().Luma(); !bytes.Equal(got.Data, ref.Luma) {
		t.Errorf("luma differs from PIL's convert(\"L\")")
	}
	for v := range 256 {
		p := Pixels{1, 1, []byte{byte(v), byte(v), byte(v)}}
		if got := p.Luma().Data[0]; int(got) != v {
			t.Errorf("luma of gray %d is %d", v, got)
		}
	}
}

// Each conversion of a concrete type must agree with the one that goes by the At method.
func TestConversionsAgree(t *testing.T) {
	const w, h = 7, 5
	bounds := image.Rect(0, 0, w, h)
	r := rand.New(rand.NewPCG(1, 2))
	noise := func(pix []byte) {
		for i := range pix {
			pix[i] = byte(r.Uint32())
		}
	}
	gray, nrgba, wide := image.NewGray(bounds), image.NewNRGBA(bounds), image.NewNRGBA64(bounds)
	rgba, opaque := image.NewRGBA(bounds), image.NewRGBA64(bounds)
	palette := make(color.Palette, 200)
	for i := range palette {
		palette[i] = color.NRGBA{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())}
	}
	paletted := image.NewPaletted(bounds, palette)
	for _, pix := range [][]byte{gray.Pix, nrgba.Pix, wide.Pix, rgba.Pix, opaque.Pix} {
		noise(pix)
	}
	for i := range paletted.Pix {
		paletted.Pix[i] = byte(r.IntN(len(palette)))
	}
	for i := 3; i < len(rgba.Pix); i += 4 {
		rgba.Pix[i] = 255
	}
	for i := 6; i < len(opaque.Pix); i += 8 {
		opaque.Pix[i], opaque.Pix[i+1] = 255, 255
	}
	for i := 6; i < len(wide.Pix); i += 8 { // keep NRGBAModel's rounding out of it
		wide.Pix[i], wide.Pix[i+1] = 255, 255
	}
	part := image.Rect(2, 1, 6, 4)
	for _, m := range []image.Image{
		gray, nrgba, wide, rgba, opaque, paletted,
		gray.SubImage(part), nrgba.SubImage(part), rgba.SubImage(part), paletted.SubImage(part),
	} {
		want := anyPixels(m).compact()
		got := all(toRows(m, libjpeg)).compact()
		if got.W != want.W || got.H != want.H || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("%T %v: conversion differs from the one by At", m, m.Bounds())
		}
	}
}

func TestStraight(t *testing.T) {
	for _, c := range []struct{ in, want [4]byte }{
		{[4]byte{10, 20, 30, 255}, [4]byte{10, 20, 30, 255}},
		{[4]byte{10, 20, 30, 0}, [4]byte{0, 0, 0, 0}},
		{[4]byte{10, 20, 30, 40}, [4]byte{63, 127, 191, 40}},
		{[4]byte{200, 20, 30, 40}, [4]byte{255, 127, 191, 40}},
	} {
		for i, v := range c.in[:3] {
			if got := straight(v, c.in[3]); got != c.want[i] {
				t.Errorf("straight(%d, %d) = %d, want %d", v, c.in[3], got, c.want[i])
			}
		}
	}
}

func TestCompact(t *testing.T) {
	gray := Pixels{2, 1, []byte{1, 2, 1, 2, 1, 2}}.compact()
	if !bytes.Equal(gray.Data, []byte{1, 2}) || cap(gray.Data) > 8 {
		t.Errorf("gray in three planes becomes %v of capacity %d, want one plane", gray.Data, cap(gray.Data))
	}
	if color := (Pixels{2, 1, []byte{1, 2, 1, 2, 1, 3}}).compact(); len(color.Data) != 6 {
		t.Errorf("a colour image becomes %v", color.Data)
	}
}
