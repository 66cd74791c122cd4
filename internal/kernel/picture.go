package kernel

import "fmt"

// pictureKernels compute with the bytes of images. All paths give the same bits.
type pictureKernels struct {
	weigh  func(t *Taps, dst []byte, step int, src []byte, line, lines int)
	mix    func(dst []uint32, cb, cr, farCb, farCr []byte)
	double func(dst, x []uint32, even, odd uint32, bits int)
	jfif   func(r, g, b, luma []byte, chroma []uint32)
}

// TapFraction is the number of bits behind the point of a weight of Taps.
const TapFraction = tapFraction

// Taps are weighted sums of neighbouring bytes of a line.
type Taps struct {
	// Reach is how many bytes of a line may be read.
	Reach int

	first   []int
	weights [][]uint32
	parts   []int16 // of the weights, in blocks of 16: first the lower bits, then the upper ones; 0 up to the longest
	blocks  int     // of a sum
}

// NewTaps makes Taps of sums that begin at the bytes first. The weights of a sum are in units of 2⁻²², and 1 together but
// for rounding.
func NewTaps(first []int, weights [][]uint32) *Taps {
	t := &Taps{first: first, weights: weights}
	for _, w := range weights {
		t.blocks = max(t.blocks, (len(w)+tapBytes-1)/tapBytes)
	}
	t.parts = make([]int16, 2*tapBytes*t.blocks*len(weights))
	for i, w := range weights {
		parts := t.parts[2*tapBytes*t.blocks*i:]
		for k, v := range w {
			at := k/tapBytes*2*tapBytes + k%tapBytes
			parts[at], parts[at+tapBytes] = int16(v&(1<<tapLowerBits-1)), int16(v>>tapLowerBits)
		}
		t.Reach = max(t.Reach, first[i]+tapBytes*t.blocks)
	}
	return t
}

// Weigh computes the sums of up to four lines of src, which begin line bytes apart: dst[i·step + l] is sum i of line l,
// rounded half up, at most 255.
func (t *Taps) Weigh(dst []byte, step int, src []byte, line, lines int) {
	if n := (len(t.first)-1)*step + lines; lines < 1 || lines > tapLines || len(dst) < n || len(src) < (lines-1)*line+t.Reach {
		panic(fmt.Sprintf("kernel: %d sums of %d lines of %d bytes: length of src is %d, of dst %d",
			len(t.first), lines, t.Reach, len(src), len(dst)))
	}
	impl.pictures.weigh(t, dst, step, src, line, lines)
}

// In what follows a word of chroma holds Cb in its lower 16 bits and Cr in the upper ones.

// MixChroma weighs values of chroma and their neighbours farther off: dst[i] has 3·cb[i] + farCb[i], and so for Cr. All
// slices are as long as cb, or longer.
func MixChroma(dst []uint32, cb, cr, farCb, farCr []byte) {
	n := len(cb)
	impl.pictures.mix(dst[:n], cb, cr[:n], farCb[:n], farCr[:n])
}

// DoubleChroma makes two values of each of x but the first and the last: dst[2i] = (3·x[i+1] + x[i] + even) / 2^bits and
// dst[2i+1] = (3·x[i+1] + x[i+2] + odd) / 2^bits, rounded down, of Cb and of Cr. Values and what is added are so small that
// no sum exceeds 16 bits. x has len(dst)/2 + 2 values.
func DoubleChroma(dst, x []uint32, even, odd uint32, bits int) {
	const both = 1<<16 | 1
	n := len(dst) / 2
	impl.pictures.double(dst[:2*n], x[:n+2], even*both, odd*both, bits)
}

// JFIFToRGB converts pixels from YCbCr to RGB by the matrix of JFIF (ITU-R 601, full range) in fixed point with 16 bits of
// fraction, as libjpeg does. All slices are as long as luma, or longer.
func JFIFToRGB(r, g, b, luma []byte, chroma []uint32) {
	n := len(luma)
	impl.pictures.jfif(r[:n], g[:n], b[:n], luma, chroma[:n])
}

var portablePictures = pictureKernels{weigh: weighInGo, mix: mixInGo, double: doubleInGo, jfif: jfifInGo}

// weighInGo takes two lines at once: sums of weights of 22 bits and bytes leave the upper half of a word free.
func weighInGo(t *Taps, dst []byte, step int, src []byte, line, lines int) {
	for i, weight := range t.weights {
		for l := 0; l < lines; l += 2 {
			const half = 1 << (tapFraction - 1)
			sum := uint64(half<<32 | half)
			a := src[l*line+t.first[i]:][:len(weight)]
			b := a
			if l+1 < lines {
				b = src[(l+1)*line+t.first[i]:][:len(weight)]
			}
			for k, w := range weight {
				sum += (uint64(a[k]) | uint64(b[k])<<32) * uint64(w)
			}
			dst[i*step+l] = byte(min(uint32(sum)>>tapFraction, 255))
			if l+1 < lines {
				dst[i*step+l+1] = byte(min(sum>>32>>tapFraction, 255))
			}
		}
	}
}

func mixInGo(dst []uint32, cb, cr, farCb, farCr []byte) {
	n := len(cb)
	dst, cr, farCb, farCr = dst[:n], cr[:n], farCb[:n], farCr[:n]
	for i := range dst {
		dst[i] = 3*uint32(cb[i]) + uint32(farCb[i]) + (3*uint32(cr[i])+uint32(farCr[i]))<<16
	}
}

func doubleInGo(dst, x []uint32, even, odd uint32, bits int) {
	values := uint32(0xffff>>bits) * (1<<16 | 1)
	before, here := x[0], x[1]
	for i, after := range x[2:] {
		pair := dst[2*i:][:2]
		pair[0] = (3*here + before + even) >> (bits & 31) & values
		pair[1] = (3*here + after + odd) >> (bits & 31) & values
		before, here = here, after
	}
}

func jfifInGo(r, g, b, luma []byte, chroma []uint32) {
	const half = 1 << 15
	n := len(luma)
	r, g, b, chroma = r[:n], g[:n], b[:n], chroma[:n]
	for i, y := range luma {
		y, u, v := int(y), int(chroma[i]&0xff)-128, int(chroma[i]>>16)-128
		red := y + (91881*v+half)>>16
		green := y + (-22554*u-46802*v+half)>>16
		blue := y + (116130*u+half)>>16
		if uint(red|green|blue) > 255 { // seldom
			red, green, blue = max(0, min(red, 255)), max(0, min(green, 255)), max(0, min(blue, 255))
		}
		r[i], g[i], b[i] = byte(red), byte(green), byte(blue)
	}
}

var vectorPictures = pictureKernels{
	weigh: func(t *Taps, dst []byte, step int, src []byte, line, lines int) {
		if lines < tapLines {
			weighInGo(t, dst, step, src, line, lines)
			return
		}
		impl.weighBytes(&dst[0], step, &src[0], line, &t.first[0], &t.parts[0], t.blocks, len(t.first))
	},
	mix: func(dst []uint32, cb, cr, farCb, farCr []byte) {
		n := len(cb) &^ 7
		if n > 0 {
			impl.mixChroma(&dst[0], &cb[0], &cr[0], &farCb[0], &farCr[0], n)
		}
		mixInGo(dst[n:], cb[n:], cr[n:], farCb[n:], farCr[n:])
	},
	double: func(dst, x []uint32, even, odd uint32, bits int) {
		n := len(dst) / 2 &^ 7
		if n > 0 {
			impl.doubleChroma(&dst[0], &x[0], n, even, odd, bits)
		}
		doubleInGo(dst[2*n:], x[n:], even, odd, bits)
	},
	jfif: func(r, g, b, luma []byte, chroma []uint32) {
		n := len(luma) &^ 7
		if n > 0 {
			impl.jfifToRGB(&r[0], &g[0], &b[0], &luma[0], &chroma[0], n)
		}
		jfifInGo(r[n:], g[n:], b[n:], luma[n:], chroma[n:])
	},
}
