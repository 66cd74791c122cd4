package kernel

import "math"

// Linear is the geometry of a linear layer y = Wᵀx + b: x is (In, N), b is (Out), y is (Out, N), and W lies as
// PackWeights lays it out.
//
// Where ReLU has left enough zeros in x or in dy, what they would be multiplied with is skipped. That saves time and
// changes no bit, except that a value of W or x that is ±Inf or NaN is not felt where it meets nothing but zeros.
type Linear struct {
	In, Out, N int
	// SkipZeros lets the products leave out zeros of x, and dx outputs whose dy is zero in every image.
	SkipZeros bool

	parts     [][]float32     // y's sums over a share of the inputs each
	strips    [][]float32     // a worker's strip of x
	sums      [][]float32     // a worker's sums of the parts
	cut       []gradientStrip // dy, for dx
	gradient  gradientPanels  // dy, for dW
	gradients [][]float32     // a worker's group of panels of dW
	fetched   []int           // where the weights begin that a worker has fetched ahead
}

const (
	// linearParts is how many shares the inputs of the forward product are cut into, at most, each
	// summed by itself.
	linearParts = 16
	// forwardWidth is how many images the forward product takes at a time.
	forwardWidth = 128
	// sumChunk is how many values of y are summed at a time: they and as many of a part fit the first-level cache.
	sumChunk = 1 << 12
	// fewRows is how many rows of dx a task computes where there are few blocks of weights.
	fewRows = 24
	// fetchedPanels is how many panels before they are used the averages of a large block are fetched.
	fetchedPanels = 2
	// prepared is how many values of dy are laid out anew in a task.
	prepared = 1 << 14
	// shallow is how many inputs are too few for the forward product to skip zeros: what it computes must be turned.
	shallow = 3 * BlockHeight
	// sparseChunk is how many values are looked through for zeros at once.
	sparseChunk = 32
)

// forwardDepth is how many inputs of forwardWidth images the forward product takes at a time: they and a panel of their
// weights fit the second-level cache, of which processors without AVX-512 have less, and read it more slowly.
func forwardDepth() int {
	if wide {
		return 12 * BlockHeight
	}
	return 3 * BlockHeight
}

// stripWidth is how many images are multiplied with a block of weights at a time: as many as a tile has, so that they and
// a few rows of weights stay in the first-level cache.
func stripWidth() int {
	if wide {
		return 32
	}
	return 16
}

// fetchedBlock is how many weights the largest block has whose averages are fetched while the block before is computed:
// the second-level cache must hold both. That of processors without AVX-512, half as large, is too small for any block
// that takes long enough.
func fetchedBlock() int {
	if wide {
		return 1 << 16
	}
	return 0
}

// ahead is n weights from a place on, as far as there are: what is used next.
func ahead(w []float32, from, n int) []float32 {
	return w[min(from, len(w)):min(from+n, len(w))]
}

// sparse says that it pays to skip the zeros of x: there are enough of them in a sample, and the shape suits the
// kernels.
func (l *Linear) sparse(x []float32) bool {
	const stretches, stretch, enough = 32, 32, 0.3
	if !l.SkipZeros || !avx2 || l.In%8 != 0 || l.N%8 != 0 || l.Out <= PanelWidth || len(x) < stretches*stretch {
		return false
	}
	nonzero := uint32(0)
	for s := range stretches {
		for _, v := range x[s*(len(x)-stretch)/(stretches-1):][:stretch] {
			bits := math.Float32bits(v) << 1
			nonzero += (bits | -bits) >> 31 // without a branch, which nobody could foresee
		}
	}
	return float64(nonzero) < (1-enough)*stretches*stretch
}

// sparsePanels is how many panels of weights are multiplied at once where zeros are skipped: as many as keep the
// processor busy with one value of x; there are registers for most. A layer's panels are mostly a multiple of usual.
func sparsePanels() (usual, most int) {
	if wide {
		return 8, 8
	}
	return 4, 5
}
