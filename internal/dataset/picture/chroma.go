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
		n := len(luma)
		r, g, b, cb, cr = r[:n], g[:n], b[:n], cb[:n], cr[:n]
		for i, y := range luma {
			y, u, v := int(y), int(cb[i])-128, int(cr[i])-128
			red := y + (91881*v+half)>>16
			green := y + (-22554*u-46802*v+half)>>16
			blue := y + (116130*u+half)>>16
			if uint(red|green|blue) > 255 { // seldom
				red, green, blue = int(clip(red)), int(clip(green)), int(clip(blue))
			}
			r[i], g[i], b[i] = byte(red), byte(green), byte(blue)
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

// ycbcr is an image whose rows are converted as they are read.
type ycbcr struct {
	*image.YCbCr
	chroma
	cb, cr subsampled
	u, v   []byte // of a row
}

func newYCbCr(m *image.YCbCr, c chroma) *ycbcr {
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
	w, h := m.Rect.Dx(), m.Rect.Dy()
	width, height := (w+sx-1)/sx, (h+sy-1)/sy
	sums := make([]int32, width+2)
	return &ycbcr{m, c, subsampled{m.Cb, m.CStride, width, height, sx, sy, sums},
		subsampled{m.Cr, m.CStride, width, height, sx, sy, sums}, make([]byte, w), make([]byte, w)}
}

func (m *ycbcr) shape() (w, h, planes int) { return m.Rect.Dx(), m.Rect.Dy(), 3 }

func (m *ycbcr) read(dst [3][]byte, y, from int) {
	n := len(dst[0])
	u, v := m.u[:n], m.v[:n]
	m.cb.upsample(u, y, from, m.chroma)
	m.cr.upsample(v, y, from, m.chroma)
	m.convert(dst[0], dst[1], dst[2], m.Y[y*m.YStride+from:][:n], u, v)
}

// subsampled is a chroma plane of w×h values for an image that is sx times as wide and sy times as high, up to a rest.
type subsampled struct {
	pix    []byte
	stride int
	w, h   int
	sx, sy int
	sums   []int32 // of a row, with one more at each end
}

// row returns row i, or the nearest there is.
func (s subsampled) row(i int) []byte {
	return s.pix[max(0, min(i, s.h-1))*s.stride:][:s.w]
}

// upsample writes image row y from an even column on. In each direction in which the plane has half the image's size a
// value is ¾ of the nearer and ¼ of the farther of its two neighbours. The sums of both directions are exact; rounding up
// and down takes turns.
func (s subsampled) upsample(dst []byte, y, from int, c chroma) {
	near := s.row(y / s.sy)
	far := near
	if s.sy == 2 {
		far = s.row(y/2 - 1 + y%2*2)
	}
	if s.sx == 2 && c.smooth(s.w) {
		s.upsampleRow(dst, near, far, from/2, c.half)
		return
	}
	switch {
	case s.sx == 1 && s.sy == 2:
		half := 1 + y%2
		for x := range dst {
			dst[x] = byte((3*int(near[from+x]) + int(far[from+x]) + half) >> 2)
		}
	case s.sx == 1:
		copy(dst, near[from:])
	default:
		for x := range dst {
			dst[x] = near[(from+x)/s.sx]
		}
	}
}

// upsampleRow doubles the width of the sums of two rows, or of one row, from value first on.
func (s subsampled) upsampleRow(dst, near, far []byte, first int, half [2]int) {
	// The sums of value first−1 and of the one after the last are those of their neighbours where there is no such value.
	begin, end := max(0, first-1), min(s.w, first+(len(dst)+1)/2+1)
	near, far = near[begin:end], far[begin:end]
	sums := s.sums[:len(near)+2]
	inner := sums[1 : 1+len(near)]
	bits, even, odd := 2, int32(1), int32(2)
	if s.sy == 2 {
		bits, even, odd = 4, int32(half[0]), int32(half[1])
		for i := range inner {
			inner[i] = 3*int32(near[i]) + int32(far[i])
		}
	} else {
		for i := range inner {
			inner[i] = int32(near[i])
		}
	}
	sums[0], sums[len(sums)-1] = inner[0], inner[len(inner)-1]
	sums = sums[first-begin:]
	before, here := sums[0], sums[1]
	sums = sums[2:]
	for len(dst) >= 2 && len(sums) > 0 {
		after := sums[0]
		dst[0] = byte((3*here + before + even) >> bits)
		dst[1] = byte((3*here + after + odd) >> bits)
		before, here = here, after
		dst, sums = dst[2:], sums[1:]
	}
	if len(dst) > 0 {
		dst[0] = byte((3*here + before + even) >> bits)
	}
}
