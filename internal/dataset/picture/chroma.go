package picture

import "image"

// chroma is how a library turns YCbCr into RGB: it brings the subsampled Cb and Cr to full size and applies its matrix.
type chroma struct {
	// smooth tells whether a plane of this width is interpolated in both directions; otherwise its values are repeated.
	smooth func(width int) bool
	// half is what is added to the sixteenths of a value interpolated in both directions, in even and in odd columns.
	half [2]int
	// convert writes one row of RGB.
	convert func(r, g, b, luma, cb, cr []byte)
}

// libjpeg is the upsampling ("fancy", triangle filter) and colour conversion of libjpeg-turbo's jdsample.c and jdcolor.c,
// in its integer arithmetic: the JFIF matrix (ITU-R 601, full range) in 16-bit fixed point.
var libjpeg = chroma{
	smooth: func(width int) bool { return width > 2 },
	half:   [2]int{8, 7},
	convert: func(r, g, b, luma, cb, cr []byte) {
		const half = 1 << 15
		for i, y := range luma {
			y, u, v := int(y), int(cb[i])-128, int(cr[i])-128
			r[i] = clip(y + (91881*v+half)>>16)
			g[i] = clip(y + (-22554*u-46802*v+half)>>16)
			b[i] = clip(y + (116130*u+half)>>16)
		}
	},
}

// libwebp is the upsampling and colour conversion of libwebp's dsp/upsampling.c and dsp/yuv.h, in its integer arithmetic.
// A WebP's luma is 16 … 235, unlike a JPEG's.
var libwebp = chroma{
	smooth: func(int) bool { return true },
	half:   [2]int{8, 8},
	convert: func(r, g, b, luma, cb, cr []byte) {
		const fraction = 6
		for i, y := range luma {
			y, u, v := int(y)*19077>>8, int(cb[i]), int(cr[i])
			r[i] = clip((y + v*26149>>8 - 14234) >> fraction)
			g[i] = clip((y - u*6419>>8 - v*13320>>8 + 8708) >> fraction)
			b[i] = clip((y + u*33050>>8 - 17685) >> fraction)
		}
	},
}

func clip(v int) byte {
	return byte(max(0, min(v, 255)))
}

// subsampled is a chroma plane of w×h values for an image that is sx times as wide and sy times as high, up to a rest.
type subsampled struct {
	pix    []byte
	stride int
	w, h   int
	sx, sy int
	sums   []int // of a row
}

func fromYCbCr(m *image.YCbCr, c chroma) Pixels {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	sx, sy := 1, 1
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		sx = 2
	case image.YCbCrSubsampleRatio420:
		sx, sy = 2, 2
	case image.YCbCrSubsampleRatio440:
		sy = 2
	case image.YCbCrSubsampleRatio411:
		sx = 4
	case image.YCbCrSubsampleRatio410:
		sx, sy = 4, 2
	}
	plane := func(pix []byte) subsampled {
		width := (w + sx - 1) / sx
		return subsampled{pix, m.CStride, width, (h + sy - 1) / sy, sx, sy, make([]int, width)}
	}
	cb, cr := plane(m.Cb), plane(m.Cr)
	p := newRGB(w, h)
	r, g, b := p.rgb()
	u, v := make([]byte, w), make([]byte, w)
	for y := range h {
		cb.upsample(u, y, c)
		cr.upsample(v, y, c)
		c.convert(r[y*w:][:w], g[y*w:][:w], b[y*w:][:w], m.Y[y*m.YStride:][:w], u, v)
	}
	return p
}

// row returns row i, or the nearest there is.
func (s subsampled) row(i int) []byte {
	return s.pix[max(0, min(i, s.h-1))*s.stride:][:s.w]
}

// upsample writes image row y. In each direction in which the plane has half the image's size a value is ¾ of the nearer
// and ¼ of the farther of its two neighbours. The sums of both directions are exact; rounding up and down takes turns.
func (s subsampled) upsample(dst []byte, y int, c chroma) {
	row := s.row(y / s.sy)
	if s.sx > 2 || s.sx == 2 && !c.smooth(s.w) || s.sx*s.sy == 1 {
		for x := range dst {
			dst[x] = row[x/s.sx]
		}
		return
	}
	bits, half := 2, [2]int{1, 2}
	for i, v := range row {
		s.sums[i] = int(v)
	}
	if s.sy == 2 {
		for i, v := range s.row(y/2 - 1 + y%2*2) {
			s.sums[i] = 3*s.sums[i] + int(v)
		}
		if s.sx == 1 {
			for x := range dst {
				dst[x] = byte((s.sums[x] + half[y%2]) >> bits)
			}
			return
		}
		bits, half = 4, c.half
	}
	for x := range dst {
		i := x / 2
		beside := max(0, min(i-1+x%2*2, s.w-1))
		dst[x] = byte((3*s.sums[i] + s.sums[beside] + half[x%2]) >> bits)
	}
}
