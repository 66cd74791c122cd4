package kernel

import "actfn/internal/worker"

// Conv is the geometry of a convolution (cross-correlation, as in every framework) followed by
// max-pooling:
// x is (C, H, W, N), w is (F, C, Size, Size), b is (F), z is (F, OutH, OutW, N),
// and pooled values are (F, PoolH, PoolW, N).
type Conv struct {
	N, C, H, W, F        int
	Size, Stride, Pad    int  // of the filters
	PoolSize, PoolStride int  // 1, 1: no pooling
	InputGradient        bool // BackwardInput is wanted
	Winograd             bool // by Winograd's transforms, for 3×3 filters at stride 1 within a border of 1

	OutH, OutW, PoolH, PoolW int

	taps    []int // where each of the C·Size·Size weights of a filter reads, from its window's corner
	windows windows
	strip   int       // the number of images that lie together in padded
	padded  []float32 // x with its border of zeros, (N/strip, C, H+2Pad, W+2Pad, strip), its rows rowApart apart

	zeros   []float32   // the bias where there is none
	scratch [][]float32 // a worker's
	dpooled []float32   // the gradient of z at the maxima, where a pass needs all of it
	passes  convPasses
	dz      []float32 // the gradient of z, of the passes in rows
	tileState
	winogradState
}

// convPasses are the passes of one implementation.
type convPasses struct {
	forward func(c *Conv, p *worker.Pool, y, z []float32, argmax []uint8, x, w, b []float32,
		activate Activate, poolFirst bool)
	pack            func(c *Conv, p *worker.Pool, w []float32) // before row
	row             func(c *Conv, dst []float32, filter, oy int, w, b []float32, f0, f1 int)
	backwardWeights func(c *Conv, p *worker.Pool, dw, db []float32, argmax []uint8, gradient Gradient)
	backwardInput   func(c *Conv, p *worker.Pool, dx, w []float32, argmax []uint8)
	shares          func(c *Conv) int // Shares
	strip           func(n int) int   // the number of n images that lie together
}

// NewConv completes the geometry of c.
func NewConv(c Conv) *Conv {
	c.OutH = (c.H+2*c.Pad-c.Size)/c.Stride + 1
	c.OutW = (c.W+2*c.Pad-c.Size)/c.Stride + 1
	c.PoolH = (c.OutH-c.PoolSize)/c.PoolStride + 1
	c.passes = rowPasses
	if c.N%Lanes == 0 {
		c.passes = impl.conv
	}
	if c.Winograd {
		if c.Size != 3 || c.Stride != 1 || c.Pad != 1 {
			panic("kernel: Winograd's convolution is of 3×3 filters at stride 1 within a border of 1")
		}
		c.passes = winogradPasses
	}
	c.windows = newWindows(c.N, c.OutW, c.PoolSize, c.PoolStride)
	c.PoolW = c.windows.count
	c.strip = c.passes.strip(c.N)
	if !c.Winograd { // which reads x itself
		c.padded = Floats(c.at(c.strips()*c.C, 0, 0) + 8) // a vector of 16 may reach past the end of 8 images
	}
	for ch := range c.C {
		for ky := range c.Size {
			for kx := range c.Size {
				c.taps = append(c.taps, c.at(ch, ky, kx))
			}
		}
	}
	return &c
}

// Pooled is the number of values after pooling.
func (c *Conv) Pooled() int { return c.F * c.PoolH * c.PoolW * c.N }

// strips is the number of strips in padded. A large batch is cut into strips because the rows that a tile of the
// convolution reads would otherwise be so far apart that they fell into a few sets of the caches.
func (c *Conv) strips() int { return c.N / c.strip }

// at is the offset of row (channel, y, x) in the first strip of padded.
func (c *Conv) at(ch, y, x int) int {
	return (ch*(c.H+2*c.Pad)+y)*rowApart((c.W+2*c.Pad)*c.strip) + x*c.strip
}

// rowApart is the distance of rows of n floats that are read together: an odd number of cache lines, so that they do not
// fall into the same few sets of the caches.
func rowApart(n int) int { return roundUp(n, 2*cacheLine) + cacheLine }

// Activate computes dst = f(x) for values of one filter. The first of them is element from: of all of z,
// (F, OutH, OutW, N), or of what is left of it, (F, PoolH, PoolW, N), where z is pooled first.
type Activate func(dst, x []float32, filter, from int)

// Forward computes the activated, pooled convolution of x into y. It leaves for the backward
// pass the value z before the activation at each window's maximum and the maximum's position
// in the window, in argmax. All three are (F, PoolH, PoolW, N); z may be y where the caller does not need it.
//
// The maximum is that of activate(z), the first among equals, NaN above all, as in PyTorch.
// With poolFirst it is that of z: the same for a non-decreasing function, which commutes with
// the maximum, at a fraction of the evaluations. Without b there is no bias.
func (c *Conv) Forward(p *worker.Pool, y, z []float32, argmax []uint8, x, w, b []float32, activate Activate, poolFirst bool) {
	atLeast("y", len(y), c.Pooled())
	atLeast("z", len(z), c.Pooled())
	atLeast("x", len(x), c.C*c.H*c.W*c.N)
	if b == nil {
		if c.zeros == nil {
			c.zeros = make([]float32, c.F)
		}
		b = c.zeros
	}
	atLeast("b", len(b), c.F)
	c.check(w, argmax)
	c.passes.forward(c, p, y, z, argmax, x, w, b, activate, poolFirst)
}

// Gradient computes dst, the gradient of z at the maxima, for values of one filter, of which the first is element from of
// (F, PoolH, PoolW, N). Every value is asked for once; the calls for one share of a filter come from one worker.
type Gradient func(dst []float32, filter, from, share int)

// Shares is the number of shares in which Gradient is asked for a filter's values.
func (c *Conv) Shares() int { return c.passes.shares(c) }

// BackwardWeights computes dw = Σ dz·x and db = Σ dz, sums over pixels and images, from the x that Forward was last given,
// which must not have changed. The gradient of z is that at the maxima and zero elsewhere; windows that overlap add. Where
// dw or db is nil, it is not wanted.
func (c *Conv) BackwardWeights(p *worker.Pool, dw, db []float32, argmax []uint8, gradient Gradient) {
	if db != nil {
		atLeast("db", len(db), c.F)
	}
	if dw != nil {
		atLeast("dw", len(dw), c.F*len(c.taps))
	}
	atLeast("argmax", len(argmax), c.Pooled())
	c.passes.backwardWeights(c, p, dw, db, argmax, gradient)
}

// BackwardInput computes dx = Σ w·dz, the sum over the filters and the windows that saw the pixel, from the gradient that
// BackwardWeights was last given. It may overwrite the x that Forward kept; w must be that of Forward.
func (c *Conv) BackwardInput(p *worker.Pool, dx, w []float32, argmax []uint8) {
	atLeast("dx", len(dx), c.C*c.H*c.W*c.N)
	c.check(w, argmax)
	c.passes.backwardInput(c, p, dx, w, argmax)
}

// check panics unless the slices hold the weights and the positions of the maxima.
func (c *Conv) check(weights []float32, argmax []uint8) {
	atLeast("weights", len(weights), c.F*len(c.taps))
	atLeast("argmax", len(argmax), c.Pooled())
}

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

// keepPooled makes room for the gradient of z at all maxima.
func (c *Conv) keepPooled() {
	if len(c.dpooled) == 0 {
		c.dpooled = Floats(c.Pooled())
	}
}

// Origins fills dst with the places in z, (F, OutH, OutW, N), that the pooled values from one on come from, given the
// windows' argmax.
func (c *Conv) Origins(dst []int, from int, argmax []uint8) {
	for len(dst) > 0 {
		n := from % c.N
		images := min(c.N-n, len(dst)) // of one window
		row, px := from/c.N/c.PoolW, from/c.N%c.PoolW
		corner := ((row/c.PoolH*c.OutH+row%c.PoolH*c.PoolStride)*c.OutW+px*c.PoolStride)*c.N + n
		for i, at := range argmax[from : from+images] {
			dst[i] = corner + i + c.windows.values[at]
		}
		dst, from = dst[images:], from+images
	}
}
