package picture

import (
	"encoding/binary"
	"image"
	"image/color"
	"math"

	"github.com/spakin/netpbm"
)

// toRows converts as PIL's convert("RGB") does: alpha is dropped, not blended, so colours are read as stored; 16-bit
// colours keep their high byte. 16-bit gray is scaled by 1/257 and rounded, where PIL cuts it off at 255 and leaves a
// white picture.
func toRows(m image.Image, c chroma) rows {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	switch m := m.(type) {
	case *image.Gray:
		return packed{w, h, 1, 1, m.Stride, m.Pix}
	case *image.Gray16:
		return gray16(w, h, m.Pix, m.Stride, math.MaxUint16)
	case *image.NRGBA:
		return packed{w, h, 3, 4, m.Stride, m.Pix}
	case *image.RGBA:
		if m.Opaque() {
			return packed{w, h, 3, 4, m.Stride, m.Pix}
		}
		return eachPixel(w, h, func(x, y int) (r, g, b byte) {
			p := m.Pix[y*m.Stride+4*x:][:4]
			return straight(p[0], p[3]), straight(p[1], p[3]), straight(p[2], p[3])
		})
	case *image.NRGBA64:
		return eachPixel(w, h, func(x, y int) (r, g, b byte) {
			p := m.Pix[y*m.Stride+8*x:][:8]
			return p[0], p[2], p[4]
		})
	case *image.RGBA64:
		return eachPixel(w, h, func(x, y int) (r, g, b byte) {
			p := m.Pix[y*m.Stride+8*x:][:8]
			return straight(p[0], p[6]), straight(p[2], p[6]), straight(p[4], p[6])
		})
	case *image.Paletted:
		return paletted(w, h, m)
	case *image.CMYK: // PIL's cmyk2rgb: with k = 255−K, R = k − C·k/255, rounded, and so for G and B
		return eachPixel(w, h, func(x, y int) (r, g, b byte) {
			p := m.Pix[y*m.Stride+4*x:][:4]
			k := 255 - p[3]
			return k - mulDiv255(p[0], k), k - mulDiv255(p[1], k), k - mulDiv255(p[2], k)
		})
	case *image.YCbCr:
		return newYCbCr(m, c)
	case *image.NYCbCrA:
		return newYCbCr(&m.YCbCr, c)
	case *netpbm.BW:
		return paletted(w, h, m.Paletted)
	case *netpbm.GrayM:
		return rescale(all(packed{w, h, 1, 1, m.Stride, m.Pix}), m.Model.M)
	case *netpbm.GrayM32:
		return gray16(w, h, m.Pix, m.Stride, m.Model.M)
	case *netpbm.RGBM:
		return rescale(all(packed{w, h, 3, 3, m.Stride, m.Pix}), m.Model.M)
	case *netpbm.RGBM64:
		return eachPixel(w, h, func(x, y int) (r, g, b byte) {
			p := m.Pix[y*m.Stride+6*x:][:6]
			sample := func(i int) byte { return scale(binary.BigEndian.Uint16(p[i:]), m.Model.M) }
			return sample(0), sample(2), sample(4)
		})
	}
	return anyPixels(m)
}

// eachPixel makes a colour image of the colours at its pixels.
func eachPixel(w, h int, at func(x, y int) (r, g, b byte)) Pixels {
	p := newRGB(w, h)
	r, g, b := p.rgb()
	for y := range h {
		for x := range w {
			i := y*w + x
			r[i], g[i], b[i] = at(x, y)
		}
	}
	return p
}

// gray16 rounds big-endian 16-bit gray of 0 … maximum to 0 … 255.
func gray16(w, h int, pix []byte, stride int, maximum uint16) Pixels {
	data := make([]byte, w*h)
	for y := range h {
		row := pix[y*stride:]
		for x := range w {
			v := binary.BigEndian.Uint16(row[2*x:])
			data[y*w+x] = byte((min(uint32(v), uint32(maximum))*255 + uint32(maximum)/2) / uint32(maximum))
		}
	}
	return Pixels{w, h, data}
}

// straight divides a colour by its alpha as PIL does with the associated alpha of a TIFF: min(255, 255·c/a), and 0 where
// a is 0. Of 16-bit colours it takes the high bytes.
func straight(c, a byte) byte {
	switch a {
	case 0:
		return 0
	case 255:
		return c
	}
	return byte(min(255, 255*int(c)/int(a)))
}

// paletted looks the colours up as the palette stores them. An index past its end is black.
func paletted(w, h int, m *image.Paletted) Pixels {
	var table [256]color.NRGBA
	for i, c := range m.Palette[:min(len(m.Palette), 256)] {
		table[i] = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	return eachPixel(w, h, func(x, y int) (r, g, b byte) {
		c := table[m.Pix[y*m.Stride+x]]
		return c.R, c.G, c.B
	})
}

// mulDiv255 is a·b/255 rounded.
func mulDiv255(a, b byte) byte {
	t := uint32(a)*uint32(b) + 128
	return byte((t>>8 + t) >> 8)
}

// rescale brings samples of 0 … maximum to 0 … 255, in place.
func rescale(p Pixels, maximum byte) Pixels {
	var table [256]byte
	for v := range table {
		table[v] = scale(uint16(v), uint16(maximum))
	}
	for i, v := range p.Data {
		p.Data[i] = table[v]
	}
	return p
}

// scale is PIL's scaling of a netpbm sample: v/maximum·255 in float64, rounded half to even.
func scale(v, maximum uint16) byte {
	return byte(min(255, math.RoundToEven(float64(float64(v)/float64(maximum))*255)))
}

// anyPixels converts what no decoder here is known to return.
func anyPixels(m image.Image) Pixels {
	from := m.Bounds().Min
	return eachPixel(m.Bounds().Dx(), m.Bounds().Dy(), func(x, y int) (r, g, b byte) {
		c := color.NRGBAModel.Convert(m.At(from.X+x, from.Y+y)).(color.NRGBA)
		return c.R, c.G, c.B
	})
}
