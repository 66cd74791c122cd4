package kernel

import "math"

// Linear is the geometry of a linear layer y = Wᵀx + b: x is (In, N), b is (Out), y is (Out, N), and W lies as
// PackWeights lays it out.
//
// Where ReLU has left enough zeros in x or in dy, what they would be multiplied with is skipped. That saves time and
// changes no bit, except that a weight of ±Inf or NaN is not felt where it meets nothing but zeros.
type Linear struct {
	In, Out, N int

	parts     [][]float32     // y's sums over a share of the inputs each
	strips    [][]float32     // a worker's strip of x
	panels    []float32       // dy transposed, in panels: (panel, N, packed·PanelWidth)
	packed    int             // panels of weights in one of them
	cut       []gradientStrip // dy
	gradients [][]float32     // a worker's panels of dW
	fetched   []int           // where the weights begin that a worker has fetched ahead
}

const (
	// linearParts is how many shares the inputs of the forward product are cut into, at most, each
	// summed by itself.
	linearParts = 16
	// forwardDepth and forwardWidth are how many inputs of how many images the forward product takes at a time:
	// they and a panel of their weights fit the second-level cache.
	forwardDepth, forwardWidth = 12 * BlockHeight, 128
	// stripWidth is how many images are multiplied with a block of weights at a time: what they and a
	// panel take fits the first-level cache.
	stripWidth = 32
	// sparseChunk is how many values are looked through for zeros at once.
	sparseChunk = 32
)

// Forward computes y = Wᵀx + b.
func (l *Linear) Forward(p *Pool, y, x, w, b []float32) {
	if l.sparse(x) {
		l.forwardSparse(p, y, x, w, b)
		return
	}
	l.forwardDense(p, y, x, w, b)
}

func (l *Linear) forwardDense(p *Pool, y, x, w, b []float32) {
	share, shares := l.shares()
	l.parts = rooms(l.parts, shares, l.Out*l.N)
	if l.N > forwardWidth {
		l.strips = rooms(l.strips, p.Workers(), forwardWidth*min(share, forwardDepth))
	} else {
		l.strips = rooms(l.strips, p.Workers(), 0) // x is one
	}
	half := (Panels(l.Out) + 1) / 2 // of the panels, that the workers end together
	p.Run(2*shares, func(worker, task int) {
		s, from := task/2, task%2*half
		for i := s * share; i < min(l.In, (s+1)*share); i += forwardDepth {
			rows := min(forwardDepth, l.In-i, (s+1)*share-i)
			for n0 := 0; n0 < l.N; n0 += forwardWidth {
				inputs := l.strip(l.strips[worker], x[i*l.N:], rows, n0, forwardWidth)
				l.forwardPanels(l.parts[s][n0:], inputs, w, i, rows, i > s*share, from, min(from+half, Panels(l.Out)))
			}
		}
	})
	p.RunChunks(l.Out, 64, func(from, to int) {
		for o := from; o < to; o++ {
			row := y[o*l.N:][:l.N]
			Fill(row, b[o])
			for _, part := range l.parts[:shares] {
				Add(row, row, part[o*l.N:])
			}
		}
	})
}

// shares is how many inputs are summed by themselves in the forward product, and how often.
func (l *Linear) shares() (share, shares int) {
	share = roundUp((l.In+linearParts-1)/linearParts, BlockHeight)
	return share, (l.In + share - 1) / share
}

// forwardPanels computes what some inputs from i on make of the outputs of some panels, for the columns of
// inputs: dst (+)= Wᵀx. A tile of it is summed over all those inputs before it is stored.
func (l *Linear) forwardPanels(dst []float32, inputs matrix, w []float32, i, rows int, add bool, from, to int) {
	whole, rest, width := rows/BlockHeight, rows%BlockHeight, Panels(l.Out)*PanelWidth
	first, last := w[i*width:], w[(i+rows-rest)*width:]
	const size = BlockHeight * PanelWidth
	for j := from; j < to; j++ {
		outputs := min(PanelWidth, l.Out-j*PanelWidth)
		c := matrix{dst[j*PanelWidth*l.N:], l.N, 1}
		if whole > 0 {
			product{m: outputs, k: BlockHeight, n: inputs.row, groups: whole, apart: BlockHeight * width, add: add, nextApart: true}.multiply(
				c, matrix{first[j*size:], 1, PanelWidth}, inputs, ahead(first[:to*size], (j+1)*size, size))
		}
		if rest > 0 {
			product{m: outputs, k: rest, n: inputs.row, groups: 1, add: add || whole > 0}.multiply(
				c, matrix{last[j*rest*PanelWidth:], 1, PanelWidth}, matrix{inputs.data[(rows-rest)*inputs.row:], inputs.row, 1})
		}
	}
}

// strip is some columns from n0 on, at most most, of a matrix of N columns, copied next to each other unless
// they are all: rows that lie a large power of two apart would drive each other from the cache.
func (l *Linear) strip(room, x []float32, rows, n0, most int) matrix {
	width := min(most, l.N-n0)
	if width == l.N {
		return matrix{x, l.N, 1}
	}
	for r := range rows {
		copy(room[r*width:][:width], x[r*l.N+n0:])
	}
	return matrix{room, width, 1}
}

// ahead is n weights from a place on, as far as there are: what is used next.
func ahead(w []float32, from, n int) []float32 {
	return w[min(from, len(w)):min(from+n, len(w))]
}

// sparse says that it pays to skip the zeros of x: there are enough of them in a sample, and the shape suits the
// kernels.
func (l *Linear) sparse(x []float32) bool {
	const stretches, stretch, enough = 64, 64, 0.3
	if !avx2 || l.In%8 != 0 || l.N%8 != 0 || l.Out <= PanelWidth || len(x) < stretches*stretch {
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
// processor busy with one value of x.
func sparsePanels() int {
	if wide {
		return 8
	}
	return 4
}
