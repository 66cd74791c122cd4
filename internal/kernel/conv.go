package kernel

import (
	"math"

	"actfn/internal/worker"
)

// Conv is the geometry of a convolution (cross-correlation, as in every framework) followed by
// max-pooling:
// x is (C, H, W, N), w is (F, C, Size, Size), b is (F), z is (F, OutH, OutW, N),
// and pooled values are (F, PoolH, PoolW, N).
type Conv struct {
	N, C, H, W, F        int
	Size, Stride, Pad    int  // of the filters
	PoolSize, PoolStride int  // 1, 1: no pooling
	InputGradient        bool // BackwardInput is wanted

	OutH, OutW, PoolH, PoolW int

	taps   []int     // where each of the C·Size·Size weights of a filter reads, from its window's corner
	window []int     // where each of the PoolSize² values of a pooling window lies in z, from its corner
	strip  int       // how many images lie together in padded
	padded []float32 // x with its border of zeros, (N/strip, C, H+2Pad, W+2Pad, strip), its rows rowApart apart

	scratch [][]float32 // a worker's
	dpooled []float32   // the gradient of z at the maxima, where it is wanted whole
	dz      []float32   // that of all of z
	sums    [][]float32 // shares of the gradients of w and b
	convVectors
}

// NewConv completes the geometry of c.
func NewConv(c Conv) *Conv {
	c.OutH = (c.H+2*c.Pad-c.Size)/c.Stride + 1
	c.OutW = (c.W+2*c.Pad-c.Size)/c.Stride + 1
	c.PoolH = (c.OutH-c.PoolSize)/c.PoolStride + 1
	c.PoolW = (c.OutW-c.PoolSize)/c.PoolStride + 1
	c.strip = c.N
	// Of more than 64 images so many that vectors of 16 take them without a rest, where there is such a divisor.
	for strip := 64; c.vectors() && c.strip > 64 && strip > 0; strip -= 16 {
		if c.N%strip == 0 {
			c.strip = strip
		}
	}
	c.padded = Floats(c.at(c.strips()*c.C, 0, 0) + 8) // a vector of 16 may reach over the end of 8 images
	for ch := range c.C {
		for ky := range c.Size {
			for kx := range c.Size {
				c.taps = append(c.taps, c.at(ch, ky, kx))
			}
		}
	}
	for ky := range c.PoolSize {
		for kx := range c.PoolSize {
			c.window = append(c.window, (ky*c.OutW+kx)*c.N)
		}
	}
	return &c
}

// Pooled is the number of values after pooling.
func (c *Conv) Pooled() int { return c.F * c.PoolH * c.PoolW * c.N }

// strips is how many strips padded has: one, or many of a few images each. What a tile of the convolution reads would
// else, of many images, lie so far apart that it fell into a few sets of the caches.
func (c *Conv) strips() int { return c.N / c.strip }

// at is the offset of row (channel, y, x) in the first strip of padded.
func (c *Conv) at(ch, y, x int) int {
	return (ch*(c.H+2*c.Pad)+y)*rowApart((c.W+2*c.Pad)*c.strip) + x*c.strip
}

// rowApart is how far rows of n floats are laid from each other that are read at once: an odd number of cache lines, so
// that they do not fall into the same few sets of the caches.
func rowApart(n int) int { return roundUp(n, 2*cacheLine) + cacheLine }

// Activate computes dst = f(x) for values of one filter. The first of them is element from: of z as a
// whole, (F, OutH, OutW, N), or where it is pooled first of what is left, (F, PoolH, PoolW, N).
type Activate func(dst, x []float32, filter, from int)

// Forward computes the activated, pooled convolution of x into y. It leaves for the backward
// pass the value z before the activation at each window's maximum and the maximum's position
// in the window, in argmax. All three are (F, PoolH, PoolW, N); z may be y where nobody wants it.
//
// The maximum is that of activate(z), the first among equals, NaN above all, as in PyTorch.
// With poolFirst it is that of z: the same for a non-decreasing function, which commutes with
// the maximum, at a fraction of the evaluations.
func (c *Conv) Forward(p *worker.Pool, y, z []float32, argmax []uint8, x, w, b []float32, activate Activate, poolFirst bool) {
	c.pad(p, x)
	if c.vectors() {
		c.forwardAVX2(p, y, z, argmax, w, b, activate, poolFirst)
		return
	}
	c.forwardGeneric(p, y, z, argmax, w, b, activate, poolFirst)
}

// Gradient computes dst, the gradient of z at the maxima, for values of one filter, of which the first is element from of
// (F, PoolH, PoolW, N). Every value is asked for once; those of a filter come in so many shares, each by one worker.
type Gradient func(dst []float32, filter, from, share int)

// Shares is the number of shares in which Gradient is asked for a filter's values.
func (c *Conv) Shares() int {
	if c.vectors() {
		return c.sharesAVX2()
	}
	return 1
}

// BackwardWeights computes dw = Σ dz·x and db = Σ dz, sums over pixels and images, from the x that
// Forward was last given. The gradient of z is that at the maxima and zero elsewhere; windows that overlap add.
func (c *Conv) BackwardWeights(p *worker.Pool, dw, db []float32, argmax []uint8, gradient Gradient) {
	if len(c.dpooled) == 0 && (!c.vectors() || c.InputGradient && !c.spreads()) {
		c.dpooled = Floats(c.Pooled())
	}
	if c.vectors() {
		c.backwardWeightsAVX2(p, dw, db, argmax, gradient)
		return
	}
	plane := c.PoolH * c.PoolW * c.N
	p.Run(c.F, func(_, f int) {
		dz := c.dpooled[f*plane:][:plane]
		gradient(dz, f, f*plane, 0)
		db[f] = sum(dz)
	})
	c.backwardWeightsGeneric(p, dw, argmax)
}

// BackwardInput computes dx = Σ w·dz, the sum over the filters and the windows that saw the pixel, from the gradient that
// BackwardWeights was last given. It may overwrite the x that Forward kept.
func (c *Conv) BackwardInput(p *worker.Pool, dx, w []float32, argmax []uint8) {
	if c.vectors() {
		c.backwardInputAVX2(p, dx, w, argmax)
		return
	}
	c.backwardInputGeneric(p, dx, w, argmax)
}

// vectors says that the AVX2 kernels run, which take eight images at a time.
func (c *Conv) vectors() bool { return avx2 && c.N%8 == 0 }

// pad copies x into the middle of padded, whose border stays zero.
func (c *Conv) pad(p *worker.Pool, x []float32) {
	p.Run(c.C*c.H, func(_, h int) {
		row := x[h*c.W*c.N:][:c.W*c.N]
		to := c.padded[c.at(h/c.H, h%c.H+c.Pad, c.Pad):]
		if c.strip == c.N {
			copy(to, row)
			return
		}
		apart, strips := c.at(c.C, 0, 0), c.strips()
		for px := range c.W {
			for s := range strips {
				copy(to[px*c.strip+s*apart:][:c.strip], row[px*c.N+s*c.strip:])
			}
		}
	})
}

// scratchFor makes room for n floats for each worker.
func (c *Conv) scratchFor(p *worker.Pool, n int) [][]float32 {
	c.scratch = rooms(c.scratch, p.Workers(), n)
	return c.scratch
}

// Origins fills dst with where in z as a whole, (F, OutH, OutW, N), pooled values from one on come from, given the
// windows' argmax.
func (c *Conv) Origins(dst []int, from int, argmax []uint8) {
	for len(dst) > 0 {
		n := from % c.N
		images := min(c.N-n, len(dst)) // of one window
		row, px := from/c.N/c.PoolW, from/c.N%c.PoolW
		corner := ((row/c.PoolH*c.OutH+row%c.PoolH*c.PoolStride)*c.OutW+px*c.PoolStride)*c.N + n
		for i, at := range argmax[from : from+images] {
			dst[i] = corner + i + c.window[at]
		}
		dst, from = dst[images:], from+images
	}
}

// poolBand picks from the rows of z under one row of windows, (PoolSize, OutW, N), for each window
// and image, the largest key as y, its position, and the value z there.
func (c *Conv) poolBand(y, z []float32, argmax []uint8, rows, key []float32) {
	for px := range c.PoolW {
		for n := range c.N {
			best, at := 0, 0
			for ky := range c.PoolSize {
				for kx := range c.PoolSize {
					i := (ky*c.OutW+px*c.PoolStride+kx)*c.N + n
					if ky+kx == 0 || key[i] > key[at] || key[i] != key[i] {
						best, at = ky*c.PoolSize+kx, i
					}
				}
			}
			z[px*c.N+n] = rows[at]
			y[px*c.N+n] = key[at] // after z, which may be y
			argmax[px*c.N+n] = uint8(best)
		}
	}
}

// scatterBand adds the gradients of one row of windows to the rows of dz under it, which are stride
// floats apart, for the strips of images from one up to another, which are strip floats apart.
func (c *Conv) scatterBand(dz []float32, stride, strip int, dpooled []float32, argmax []uint8, from, to int) {
	var place [math.MaxUint8 + 1]int // of a window
	for k := range c.PoolSize * c.PoolSize {
		place[k] = k/c.PoolSize*stride + k%c.PoolSize*c.strip
	}
	for px := range c.PoolW {
		for s := from; s < to; s++ {
			dz, i := dz[(s-from)*strip+px*c.PoolStride*c.strip:], px*c.N+s*c.strip
			d, argmax := dpooled[i:][:c.strip], argmax[i:][:c.strip]
			for n, v := range d {
				dz[place[argmax[n]]+n] += v
			}
		}
	}
}
