package picture

import (
	"image"

	"actfn/internal/kernel"
)

// chroma is how a library turns YCbCr into RGB: it brings the subsampled Cb and Cr to full size and applies its matrix.
type chroma struct {
	// smooth tells whether a plane of this width is interpolated in both directions; otherwise its values are repeated.
	smooth func(width int) bool
	// half is what is added to the sixteenths of a value interpolated in both directions, in even and in odd columns.
	half [2]uint32
	// convert writes one row of RGB. A word of the chroma holds Cb in its lower 16 bits and Cr in the upper ones.
	convert func(r, g, b, luma []byte, chroma []uint32)
}

// libjpeg is the upsampling ("fancy", triangle filter) and colour conversion of libjpeg-turbo's jdsample.c and jdcolor.c,
// in its integer arithmetic.
var libjpeg = chroma{
	smooth:  func(width int) bool { return width > 2 },
	half:    [2]uint32{8, 7},
	convert: kernel.JFIFToRGB,
}

// libwebp is the upsampling and colour conversion of libwebp's dsp/upsampling.c and dsp/yuv.h, in its integer arithmetic.
// A WebP's luma is 16 … 235, unlike a JPEG's.
var libwebp = chroma{
	smooth: func(int) bool { return true },
	half:   [2]uint32{8, 8},
	convert: func(r, g, b, luma []byte, chroma []uint32) {
		const fraction = 6
		for i, y := range luma {
			y, u, v := int(y)*19077>>8, int(chroma[i]&0xff), int(chroma[i]>>16)
			r[i] = clip((y + v*26149>>8 - 14234) >> fraction)
			g[i] = clip((y - u*6419>>8 - v*13320>>8 + 8708) >> fraction)
			b[i] = clip((y + u*33050>>8 - 17685) >> fraction)
		}
	},
}

func clip(v int) byte {
	return byte(max(0, min(v, 255)))
}

// ycbcr is an image whose rows are converted as they are read. Its chroma has w×h values, one for sx×sy pixels but for a
// rest.
type ycbcr struct {
	*image.YCbCr
	chroma
	w, h, sx, sy int
	// Of a row, Cb in the lower 16 bits and Cr in the upper ones: sums of values in the vertical direction, with one more
	// at each end, and what is made of them.
	sums, row []uint32
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
	return &ycbcr{m, c, width, height, sx, sy, make([]uint32, width+2), make([]uint32, w+1)}
}

func (m *ycbcr) shape() (w, h, planes int) { return m.Rect.Dx(), m.Rect.Dy(), 3 }

func (m *ycbcr) read(dst [3][]byte, y, from int) {
	n := len(dst[0])
	m.upsample(m.row[:n+n%2], y, from) // one more for an odd end, which is left over
	m.convert(dst[0], dst[1], dst[2], m.Y[y*m.YStride+from:][:n], m.row[:n])
}

// values returns values begin … end−1 of chroma row i, or of the nearest there is.
func (m *ycbcr) values(i, begin, end int) (cb, cr []byte) {
	at := max(0, min(i, m.h-1)) * m.CStride
	return m.Cb[at+begin : at+end], m.Cr[at+begin : at+end]
}

// upsample writes the chroma of image row y from an even column on. In each direction in which there are half as many
// values as pixels one is ¾ of the nearer and ¼ of the farther of its two neighbours. The sums of both directions are
// exact; rounding up and down takes turns.
func (m *ycbcr) upsample(dst []uint32, y, from int) {
	begin, end := max(0, from/m.sx-1), min(m.w, (from+len(dst)-1)/m.sx+2)
	sums := m.sums[:end-begin+2]
	inner := sums[1 : 1+end-begin]
	smooth := m.sx == 2 && m.smooth(m.w)
	vertical := m.sy == 2 && (m.sx == 1 || smooth)
	cb, cr := m.values(y/m.sy, begin, end)
	cr = cr[:len(cb)]
	if vertical {
		farCb, farCr := m.values(y/2-1+y%2*2, begin, end)
		kernel.MixChroma(inner, cb, cr, farCb, farCr)
	} else {
		for i := range inner[:len(cb)] {
			inner[i] = uint32(cb[i]) | uint32(cr[i])<<16
		}
	}
	switch {
	case smooth:
		// Where there is no value, that of the neighbour counts.
		sums[0], sums[len(sums)-1] = inner[0], inner[len(inner)-1]
		sums = sums[from/2-begin:][:len(dst)/2+2]
		if vertical {
			kernel.DoubleChroma(dst, sums, m.half[0], m.half[1], 4)
		} else {
			kernel.DoubleChroma(dst, sums, 1, 2, 2)
		}
	case vertical:
		half := uint32(1+y%2) * (1<<16 | 1)
		for x := range dst {
			dst[x] = (inner[min(from+x-begin, len(inner)-1)] + half) >> 2 & 0xff00ff
		}
	default:
		for x := range dst {
			dst[x] = inner[min((from+x)/m.sx-begin, len(inner)-1)]
		}
	}
}
