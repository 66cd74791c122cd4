package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
)

// Form is how pixels are wanted: as they are, or PIL's convert("L") of them if Gray, and then torchvision's Resize(Side)
// and CenterCrop(Side) if Side is not 0.
type Form struct {
	Gray bool
	Side int
}

func (f Form) of(p Pixels) Pixels {
	if f.Gray {
		p = p.Luma()
	}
	if f.Side > 0 {
		p = p.CentreSquare(f.Side)
	}
	return p
}

// Pixels are an image as bytes in planes: (1, H, W) when it is gray, else (3, H, W) in the order red, green, blue.
type Pixels struct {
	W, H int
	Data []byte
}

func newRGB(w, h int) Pixels { return Pixels{w, h, make([]byte, 3*w*h)} }

// rgb returns the three planes of a colour image.
func (p Pixels) rgb() (r, g, b []byte) {
	n := p.W * p.H
	return p.Data[:n:n], p.Data[n : 2*n : 2*n], p.Data[2*n:]
}

// rows is an image that is read row by row.
type rows interface {
	shape() (w, h, planes int)
	// read fills dst, a slice for each plane, with row y from the even column from on.
	read(dst [3][]byte, y, from int)
}

func (p Pixels) shape() (w, h, planes int) { return p.W, p.H, len(p.Data) / (p.W * p.H) }

func (p Pixels) read(dst [3][]byte, y, from int) {
	_, _, planes := p.shape()
	for c := range planes {
		copy(dst[c], p.Data[(c*p.H+y)*p.W+from:])
	}
}

// all is all rows of a colour image.
func all(m rows) Pixels {
	w, h, _ := m.shape()
	p := newRGB(w, h)
	r, g, b := p.rgb()
	for y := range h {
		m.read([3][]byte{r[y*w:][:w], g[y*w:][:w], b[y*w:][:w]}, y, 0)
	}
	return p
}

// Gray reports whether there is one plane, which stands for all channels.
func (p Pixels) Gray() bool { return len(p.Data) == p.W*p.H }

// compact keeps one plane of an image whose channels are equal, a third of the memory.
func (p Pixels) compact() Pixels {
	if p.Gray() {
		return p
	}
	if r, g, b := p.rgb(); bytes.Equal(r, g) && bytes.Equal(g, b) {
		p.Data = bytes.Clone(r)
	}
	return p
}

// Luma is PIL's convert("L"): (19595·R + 38470·G + 7471·B + 2¹⁵) / 2¹⁶, the weights of ITU-R 601. They sum to 2¹⁶, so
// gray stays as it is.
func (p Pixels) Luma() Pixels {
	if p.Gray() {
		return p
	}
	l := make([]byte, p.W*p.H)
	r, g, b := p.rgb()
	for i := range l {
		l[i] = Luma(r[i], g[i], b[i])
	}
	return Pixels{p.W, p.H, l}
}

// Luma is that of one pixel.
func Luma(r, g, b byte) byte {
	return byte((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}

// Digest identifies the image by its size and its pixels.
func (p Pixels) Digest() [sha256.Size]byte {
	h := sha256.New()
	var size [16]byte
	binary.LittleEndian.PutUint64(size[:], uint64(p.W))
	binary.LittleEndian.PutUint64(size[8:], uint64(p.H))
	h.Write(size[:])
	h.Write(p.Data)
	return [sha256.Size]byte(h.Sum(nil))
}
