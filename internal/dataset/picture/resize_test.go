package picture

import (
	"bytes"
	"testing"
)

// The reference is torchvision's CenterCrop(n)(Resize(n)(image)) on PIL images, bit for bit,
// shrinking and enlarging, of wide, tall and square pictures.
func TestResizeAsTorchvision(t *testing.T) {
	ref := readPIL(t)
	whole := ref.Picture.planar()
	for _, c := range ref.Resized {
		w, h := c.Crop[0], c.Crop[1]
		in := newRGB(w, h)
		for i := range in.Data {
			in.Data[i] = at(whole, i%(w*h)/w*whole.W+i%w, i/(w*h))
		}
		got := Form{Side: c.Size}.of(in.compact())
		want := picture{c.Size, c.Size, c.RGB}
		if worst := compare(t, "resize", got, want); worst > 0 {
			t.Errorf("%d×%d to %d: largest difference is %d, want 0", w, h, c.Size, worst)
		}
	}
	if len(ref.Resized) < 50 {
		t.Fatalf("%d reference cases, want at least 50", len(ref.Resized))
	}
}

// A gray picture is resized in one plane to what it would be in three.
func TestResizeGray(t *testing.T) {
	gray := decodeFile(t, "testdata/images/gray.png")
	three := Pixels{gray.W, gray.H, bytes.Repeat(gray.Data, 3)}
	r := centreSquare(gray.W, gray.H, 3)
	if got, want := r.apply(gray), r.apply(three); !bytes.Equal(bytes.Repeat(got.Data, 3), want.Data) {
		t.Error("gray in one plane differs from gray in three")
	}
}

func TestCentreSquare(t *testing.T) {
	for _, c := range []struct {
		w, h, n int
		want    resize
	}{
		{100, 100, 50, resize{50, 50, 0, 0, 50, 50}},
		{100, 51, 50, resize{98, 50, 24, 0, 50, 50}}, // ⌊50·100/51⌋ = 98
		{51, 100, 50, resize{50, 98, 0, 24, 50, 50}}, //
		{53, 50, 50, resize{53, 50, 2, 0, 50, 50}},   // 1.5 rounds to 2
		{55, 50, 50, resize{55, 50, 2, 0, 50, 50}},   // 2.5 rounds to 2
		{57, 50, 50, resize{57, 50, 4, 0, 50, 50}},   // 3.5 rounds to 4
		{1, 3, 10, resize{10, 30, 0, 10, 10, 10}},    // enlarged
		{3, 3, 1, resize{1, 1, 0, 0, 1, 1}},          //
		{640, 480, 224, resize{298, 224, 37, 0, 224, 224}},
	} {
		if got := centreSquare(c.w, c.h, c.n); got != c.want {
			t.Errorf("centreSquare(%d, %d, %d) = %v, want %v", c.w, c.h, c.n, got, c.want)
		}
	}
}
