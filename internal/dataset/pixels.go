package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"image"
	"image/color"
	"math"

	"github.com/spakin/netpbm"
)

// pixels is an image as bytes in planes: (1, h, w) when it is gray, else (3, h, w) in the order
// red, green, blue.
type pixels struct {
	w, h int
	data []byte
}

func newRGB(w, h int) pixels { return pixels{w, h, make([]byte, 3*w*h)} }

// rgb returns the three planes of a colour image.
func (p pixels) rgb() (r, g, b []byte) {
	n := p.w * p.h
	return p.data[:n:n], p.data[n : 2*n : 2*n], p.data[2*n:]
}

func (p pixels) gray() bool { return len(p.data) == p.w*p.h }

// compact keeps one plane of an image whose channels are equal, a third of the memory.
func (p pixels) compact() pixels {
	if p.gray() {
		return p
	}
	if r, g, b := p.rgb(); bytes.Equal(r, g) && bytes.Equal(g, b) {
		p.data = bytes.Clone(r)
	}
	return p
}

// luma is PIL's convert("L"): (19595·R + 38470·G + 7471·B + 2¹⁵) / 2¹⁶, the weights of ITU-R 601.
// They sum to 2¹⁶, so gray stays as it is.
func (p pixels) luma() pixels {
	if p.gray() {
		return p
	}
	l := make([]byte, p.w*p.h)
	r, g, b := p.rgb()
	for i := range l {
		l[i] = byte((19595*uint32(r[i]) + 38470*uint32(g[i]) + 7471*uint32(b[i]) + 1<<15) >> 16)
	}
	return pixels{p.w, p.h, l}
}

// digest identifies the image by its content.
func (p pixels) digest() [sha256.Size]byte {
	h := sha256.New()
	var size [16]byte
	binary.LittleEndian.PutUint64(size[:], uint64(p.w))
	binary.LittleEndian.PutUint64(size[8:], uint64(p.h))
	h.Write(size[:])
	h.Write(p.data)
	return [sha256.Size]byte(h.Sum(nil))
}

// toPixels converts as PIL's convert("RGB") does: alpha is dropped, not blended, so colours are
// read as stored; 16-bit colours keep their high byte. 16-bit gray is scaled by 1/257 and
// rounded, where PIL cuts it off at 255 and leaves a white picture.
func toPixels(m image.Image, c chroma) pixels {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	switch m := m.(type) {
	case *image.Gray:
		return grayPixels(w, h, m.Pix, m.Stride)
	case *image.Gray16:
		return gray16Pixels(w, h, m.Pix, m.Stride, math.MaxUint16)
	case *image.NRGBA:
		return deinterleave(w, h, m.Pix, m.Stride, 4, 1)
	case *image.NRGBA64:
		return deinterleave(w, h, m.Pix, m.Stride, 8, 2)
	case *image.RGBA:
		unpremultiply(m.Pix, 4)
		return deinterleave(w, h, m.Pix, m.Stride, 4, 1)
	case *image.RGBA64:
		unpremultiply(m.Pix, 8)
		return deinterleave(w, h, m.Pix, m.Stride, 8, 2)
	case *image.Paletted:
		return palettedPixels(w, h, m)
	case *image.CMYK:
		return cmykPixels(w, h, m)
	case *image.YCbCr:
		return ycbcrPixels(m, c)
	case *image.NYCbCrA:
		return ycbcrPixels(&m.YCbCr, c)
	case *netpbm.BW:
		return palettedPixels(w, h, m.Paletted)
	case *netpbm.GrayM:
		return rescale(grayPixels(w, h, m.Pix, m.Stride), m.Model.M)
	case *netpbm.GrayM32:
		return gray16Pixels(w, h, m.Pix, m.Stride, m.Model.M)
	case *netpbm.RGBM:
		return rescale(deinterleave(w, h, m.Pix, m.Stride, 3, 1), m.Model.M)
	case *netpbm.RGBM64:
		return rgb16Pixels(w, h, m)
	}
	return anyPixels(m)
}

// grayPixels takes over pix where its rows are contiguous: decoders return memory of their own.
func grayPixels(w, h int, pix []byte, stride int) pixels {
	if stride == w {
		return pixels{w, h, pix[: w*h : w*h]}
	}
	data := make([]byte, 0, w*h)
	for y := range h {
		data = append(data, pix[y*stride:y*stride+w]...)
	}
	return pixels{w, h, data}
}

// gray16Pixels rounds big-endian 16-bit gray of 0 … maximum to 0 … 255.
func gray16Pixels(w, h int, pix []byte, stride int, maximum uint16) pixels {
	data := make([]byte, w*h)
	for y := range h {
		row := pix[y*stride:]
		for x := range w {
			v := binary.BigEndian.Uint16(row[2*x:])
			data[y*w+x] = byte((min(uint32(v), uint32(maximum))*255 + uint32(maximum)/2) / uint32(maximum))
		}
	}
	return pixels{w, h, data}
}

// deinterleave separates the channels of pixels that are step bytes apart, with the first (high)
// byte of each channel at multiples of width.
func deinterleave(w, h int, pix []byte, stride, step, width int) pixels {
	p := newRGB(w, h)
	r, g, b := p.rgb()
	for y := range h {
		row := pix[y*stride:][:(w-1)*step+2*width+1]
		r, g, b := r[y*w:][:w], g[y*w:][:w], b[y*w:][:w]
		for x := range w {
			i := x * step
			r[x], g[x], b[x] = row[i], row[i+width], row[i+2*width]
		}
	}
	return p
}

// unpremultiply divides colours by their alpha, in place, as PIL does with the associated alpha
// of a TIFF: min(255, 255·c/a), and 0 where a is 0. Pixels are size = 4 or 8 bytes; of 16-bit
// colours only the high byte is of use, and it is computed from the high bytes.
func unpremultiply(pix []byte, size int) {
	width := size / 4
	for i := 0; i+size <= len(pix); i += size {
		a := int(pix[i+3*width])
		if a == 255 {
			continue
		}
		for c := i; c < i+3*width; c += width {
			if a == 0 {
				pix[c] = 0
			} else {
				pix[c] = byte(min(255, 255*int(pix[c])/a))
			}
		}
	}
}

// palettedPixels looks the colours up as the palette stores them. An index past its end is black.
func palettedPixels(w, h int, m *image.Paletted) pixels {
	var table [256][3]byte
	for i, c := range m.Palette[:min(len(m.Palette), 256)] {
		table[i] = straight(c)
	}
	p := newRGB(w, h)
	r, g, b := p.rgb()
	for y := range h {
		for x, index := range m.Pix[y*m.Stride:][:w] {
			c := table[index]
			r[y*w+x], g[y*w+x], b[y*w+x] = c[0], c[1], c[2]
		}
	}
	return p
}

// straight returns a colour without its alpha, not multiplied by it.
func straight(c color.Color) [3]byte {
	n, ok := c.(color.NRGBA)
	if !ok {
		n = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	return [3]byte{n.R, n.G, n.B}
}

// cmykPixels is PIL's cmyk2rgb: with k = 255−K, R = k − C·k/255, rounded, and so for G and B.
func cmykPixels(w, h int, m *image.CMYK) pixels {
	p := newRGB(w, h)
	r, g, b := p.rgb()
	for y := range h {
		row := m.Pix[y*m.Stride:][:4*w]
		for x := range w {
			c := row[4*x:][:4]
			k, i := 255-uint32(c[3]), y*w+x
			r[i] = byte(k - mulDiv255(uint32(c[0]), k))
			g[i] = byte(k - mulDiv255(uint32(c[1]), k))
			b[i] = byte(k - mulDiv255(uint32(c[2]), k))
		}
	}
	return p
}

// mulDiv255 is a·b/255 rounded, for bytes.
func mulDiv255(a, b uint32) uint32 {
	t := a*b + 128
	return (t>>8 + t) >> 8
}

// rgb16Pixels scales a 16-bit PPM.
func rgb16Pixels(w, h int, m *netpbm.RGBM64) pixels {
	p := newRGB(w, h)
	for y := range h {
		row := m.Pix[y*m.Stride:]
		for x := range w {
			for c := range 3 {
				v := binary.BigEndian.Uint16(row[6*x+2*c:])
				p.data[c*w*h+y*w+x] = scale(v, m.Model.M)
			}
		}
	}
	return p
}

// rescale brings samples of 0 … maximum to 0 … 255, in place.
func rescale(p pixels, maximum byte) pixels {
	if maximum == 255 {
		return p
	}
	var table [256]byte
	for v := range table {
		table[v] = scale(uint16(v), uint16(maximum))
	}
	for i, v := range p.data {
		p.data[i] = table[v]
	}
	return p
}

// scale is PIL's scaling of a netpbm sample: v/maximum·255 in float64, rounded half to even.
func scale(v, maximum uint16) byte {
	return byte(min(255, math.RoundToEven(float64(float64(v)/float64(maximum))*255)))
}

// anyPixels converts what no decoder here is known to return.
func anyPixels(m image.Image) pixels {
	b := m.Bounds()
	p := newRGB(b.Dx(), b.Dy())
	red, green, blue := p.rgb()
	for y := range p.h {
		for x := range p.w {
			c := straight(m.At(b.Min.X+x, b.Min.Y+y))
			red[y*p.w+x], green[y*p.w+x], blue[y*p.w+x] = c[0], c[1], c[2]
		}
	}
	return p
}
