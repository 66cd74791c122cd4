package kernel

import "math"

// Linear is the geometry of a linear layer y = Wᵀx + b: x is (In, N), y is (Out, N), b is (Out), and W is laid out by
// PackWeights.
type Linear struct {
	In, Out, N int
	// SkipZeros lets the products leave out the zeros of x, and those of dy the outputs whose dy is 0 in every image, where
	// they are many, as after a ReLU. In the vector kernels that changes no bit as long as W, x and dy are finite; a value
	// that is ±Inf or NaN has no effect where it is multiplied with zeros only. The portable kernels leave out outputs of
	// dx = W·dy alone; they add terms in fours, so that dx may differ by rounding.
	SkipZeros bool

	parts     [][]float32     // each y of a share of the inputs
	strips    [][]float32     // a worker's strip of x
	sums      [][]float32     // a worker's sums of the parts
	cut       []gradientStrip // dy, for dx
	gradient  gradientPanels  // dy, for dW
	gradients [][]float32     // a worker's group of panels of dW
	panels    [][]float32     // a worker's panel of dW
}

const (
	// linearParts is the most shares of the inputs in the forward product, each of which is summed by itself.
	linearParts = 16
	// forwardWidth is the number of images that the forward product takes at a time.
	forwardWidth = 128
	// sumChunk is the number of values of y that are summed at a time: they and as many of a part fit the first-level
	// cache.
	sumChunk = 1 << 12
	// fewRows is the number of rows of dx that a task computes where there are few blocks of weights.
	fewRows = 24
	// fetchedPanels is how many panels before they are used the averages of a block are prefetched.
	fetchedPanels = 2
	// prepared is the number of values of dy that a task lays out anew.
	prepared = 1 << 14
	// shallow is the most inputs for which the forward product never skips zeros: the result must be transposed.
	shallow = 3 * BlockHeight
)

// need panics unless a slice holds the values of some features, needWeights unless it holds the weights.
func (l *Linear) need(name string, x []float32, features int) { atLeast(name, len(x), features*l.N) }

func (l *Linear) needWeights(name string, w []float32) {
	atLeast(name, len(w), l.In*Panels(l.Out)*PanelWidth)
}

// ahead returns n weights from a place on, or those that are left there: what is used next.
func ahead(w []float32, from, n int) []float32 {
	return w[min(from, len(w)):min(from+n, len(w))]
}

// sparse reports whether to skip the zeros of x: a sample has enough of them, and the shape suits the kernels.
func (l *Linear) sparse(x []float32) bool {
	const stretches, stretch, enough = 32, 32, 0.3
	if !l.SkipZeros || impl.sparsePanels == 0 || l.In%8 != 0 || l.N%8 != 0 || l.Out <= PanelWidth ||
		len(x) < stretches*stretch {
		return false
	}
	nonzero := uint32(0)
	for s := range stretches {
		for _, v := range x[s*(len(x)-stretch)/(stretches-1):][:stretch] {
			bits := math.Float32bits(v) << 1
			nonzero += (bits | -bits) >> 31 // without a branch, which would be mispredicted
		}
	}
	return float64(nonzero) < (1-enough)*stretches*stretch
}
