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

// of brings an image into the form. What is resized is converted to RGB row by row on the way, and only where it shows.
func (f Form) of(m rows) Pixels {
	if _, _, planes := m.shape(); f.Gray && planes == 3 {
		m = all(m).Luma()
	}
	if w, h, _ := m.shape(); f.Side > 0 && (w != f.Side || h != f.Side) {
		return centreSquare(w, h, f.Side).apply(m).compact()
	}
	return all(m).compact()
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

// all is all rows of an image.
func all(m rows) Pixels {
	if p, ok := m.(Pixels); ok {
		return p
	}
	w, h, planes := m.shape()
	p := Pixels{w, h, make([]byte, planes*w*h)}
	for y := range h {
		var row [3][]byte
		for c := range planes {
			row[c] = p.Data[(c*h+y)*w:][:w]
		}
		m.read(row, y, 0)
	}
	return p
}

// packed is an image whose channels lie side by side, step bytes a pixel. Bytes past the channels are left out.
type packed struct {
	w, h, channels, step, stride int
	pix                          []byte
}

func (m packed) shape() (w, h, planes int) { return m.w, m.h, m.channels }

func (m packed) read(dst [3][]byte, y, from int) {
	row := m.pix[y*m.stride+from*m.step:]
	if m.channels == 1 && m.step == 1 {
		copy(dst[0], row)
		return
	}
	for c, to := range dst[:m.channels] {
		row := row[c : (len(to)-1)*m.step+c+1]
		for x := range to {
			to[x] = row[x*m.step]
		}
	}
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
