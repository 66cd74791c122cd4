package dataset

import "image"

// chroma is how a library turns YCbCr into RGB: it brings the subsampled Cb and Cr to full size
// and applies its matrix. A JPEG and a WebP differ in both.
type chroma interface {
	// upsample writes to dst the w values of image row y; plane is a Cb or Cr plane.
	upsample(dst []byte, plane subsampled, y, w int)
	// convert writes one row of RGB.
	convert(r, g, b, y, cb, cr []byte)
}

// subsampled is a chroma plane of w×h values for an image that is sx times as wide and sy times
// as high, up to a rest.
type subsampled struct {
	pix    []byte
	stride int
	w, h   int
	sx, sy int
}

// row returns row i, or the nearest there is.
func (s subsampled) row(i int) []byte {
	return s.pix[max(0, min(i, s.h-1))*s.stride:][:s.w]
}

// neighbours returns the two rows that image row y lies between when sy is 2, the nearer first.
func (s subsampled) neighbours(y int) (near, far []byte) {
	return s.row(y / 2), s.row(y/2 - 1 + y%2*2)
}

// ycbcrPixels converts with c, or as libjpeg does when c is nil.
func ycbcrPixels(m *image.YCbCr, c chroma) pixels {
	if c == nil {
		c = libjpeg{}
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	p := newRGB(w, h)
	r, g, b := p.rgb()
	cb, cr := chromaPlanes(m)
	scratch := make([]byte, 2*(w+4))
	u, v := scratch[:w+4], scratch[w+4:]
	for y := range h {
		c.upsample(u, cb, y, w)
		c.upsample(v, cr, y, w)
		luma := m.Y[y*m.YStride:][:w]
		c.convert(r[y*w:][:w], g[y*w:][:w], b[y*w:][:w], luma, u[:w], v[:w])
	}
	return p
}

func chromaPlanes(m *image.YCbCr) (cb, cr subsampled) {
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
	w, h := (m.Rect.Dx()+sx-1)/sx, (m.Rect.Dy()+sy-1)/sy
	return subsampled{m.Cb, m.CStride, w, h, sx, sy}, subsampled{m.Cr, m.CStride, w, h, sx, sy}
}

// libjpeg is the upsampling ("fancy", triangle filter) and colour conversion of libjpeg-turbo's
// jdsample.c and jdcolor.c, in its integer arithmetic.
type libjpeg struct{}

func (libjpeg) upsample(dst []byte, s subsampled, y, w int) {
	switch {
	case s.sx == 1 && s.sy == 1:
		copy(dst, s.row(y))
	case s.sx == 1 && s.sy == 2:
		near, far := s.neighbours(y)
		bias := 1 + y%2
		for x := range w {
			dst[x] = byte((3*int(near[x]) + int(far[x]) + bias) >> 2)
		}
	case s.sx == 2 && s.sy == 1 && s.w > 2:
		triangle(dst, s.row(y), s.w)
	case s.sx == 2 && s.sy == 2 && s.w > 2:
		near, far := s.neighbours(y)
		triangle2(dst, near, far, s.w)
	default:
		row := s.row(y / s.sy)
		for x := range w {
			dst[x] = row[x/s.sx]
		}
	}
}

// triangle doubles a row's width: each value is ¾ of the nearer and ¼ of the farther, with the
// rounding alternating between the two.
func triangle(dst, in []byte, n int) {
	dst[0] = in[0]
	dst[1] = byte((3*int(in[0]) + int(in[1]) + 2) >> 2)
	for i := 1; i < n-1; i++ {
		v := 3 * int(in[i])
		dst[2*i] = byte((v + int(in[i-1]) + 1) >> 2)
		dst[2*i+1] = byte((v + int(in[i+1]) + 2) >> 2)
	}
	dst[2*n-2] = byte((3*int(in[n-1]) + int(in[n-2]) + 1) >> 2)
	dst[2*n-1] = in[n-1]
}

// triangle2 is triangle in both directions, the vertical sum kept exact: weights 9, 3, 3, 1 / 16.
func triangle2(dst, near, far []byte, n int) {
	sum := func(i int) int { return 3*int(near[i]) + int(far[i]) }
	last, this, next := 0, sum(0), sum(1)
	dst[0] = byte((4*this + 8) >> 4)
	dst[1] = byte((3*this + next + 7) >> 4)
	for i := 1; i < n-1; i++ {
		last, this, next = this, next, sum(i+1)
		dst[2*i] = byte((3*this + last + 8) >> 4)
		dst[2*i+1] = byte((3*this + next + 7) >> 4)
	}
	last, this = this, next
	dst[2*n-2] = byte((3*this + last + 8) >> 4)
	dst[2*n-1] = byte((4*this + 7) >> 4)
}

// convert is the JFIF matrix (ITU-R 601, full range) in 16-bit fixed point.
func (libjpeg) convert(r, g, b, luma, cb, cr []byte) {
	const half = 1 << 15
	for i, y := range luma {
		y, u, v := int(y), int(cb[i])-128, int(cr[i])-128
		r[i] = clip(y + (91881*v+half)>>16)
		g[i] = clip(y + (-22554*u-46802*v+half)>>16)
		b[i] = clip(y + (116130*u+half)>>16)
	}
}

// libwebp is the upsampling and colour conversion of libwebp's dsp/upsampling.c and dsp/yuv.h,
// in its integer arithmetic. A WebP's luma is 16 … 235, unlike a JPEG's.
type libwebp struct{}

func (libwebp) upsample(dst []byte, s subsampled, y, w int) {
	near, far := s.neighbours(y)
	end := func(i int) byte { return byte((3*int(near[i]) + int(far[i]) + 2) >> 2) }
	dst[0] = end(0)
	for i := 1; i <= (w-1)/2; i++ {
		n0, n1, f0, f1 := int(near[i-1]), int(near[i]), int(far[i-1]), int(far[i])
		sum := n0 + n1 + f0 + f1 + 8
		dst[2*i-1] = byte(((sum+2*(n1+f0))>>3 + n0) >> 1)
		dst[2*i] = byte(((sum+2*(n0+f1))>>3 + n1) >> 1)
	}
	if w%2 == 0 {
		dst[w-1] = end(w/2 - 1)
	}
}

func (libwebp) convert(r, g, b, luma, cb, cr []byte) {
	const fraction = 6
	for i, y := range luma {
		y, u, v := int(y)*19077>>8, int(cb[i]), int(cr[i])
		r[i] = clip((y + v*26149>>8 - 14234) >> fraction)
		g[i] = clip((y - u*6419>>8 - v*13320>>8 + 8708) >> fraction)
		b[i] = clip((y + u*33050>>8 - 17685) >> fraction)
	}
}

func clip(v int) byte {
	return byte(max(0, min(v, 255)))
}
