package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
)

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
