package kernel

// Linear is the geometry of a linear layer y = Wᵀx + b:
// x is (In, N), W is (In, Out), b is (Out), y is (Out, N).
type Linear struct {
	In, Out, N int
	dyT        []float32 // dy transposed, (N, Out)
}

// Blocks that keep the rows in use within the first-level cache.
const (
	linearOutBlock = 16
	linearInBlock  = 128
)

// Forward computes y = Wᵀx + b.
func (l *Linear) Forward(p *Pool, y, x, w, b []float32) {
	p.RunChunks(l.Out, linearOutBlock, func(from, to int) {
		for o := from; o < to; o++ {
			fill(y[o*l.N:(o+1)*l.N], b[o])
		}
		for i0 := 0; i0 < l.In; i0 += linearInBlock {
			n := min(linearInBlock, l.In-i0)
			for o := from; o < to; o++ {
				addRows(y[o*l.N:(o+1)*l.N], n, w[i0*l.Out+o:], l.Out, x[i0*l.N:], l.N)
			}
		}
	})
}

// BackwardInput computes dx = W·dy.
func (l *Linear) BackwardInput(p *Pool, dx, w, dy []float32) {
	p.RunChunks(l.In, linearInBlock, func(from, to int) {
		for i := from; i < to; i++ {
			row := dx[i*l.N : (i+1)*l.N]
			clear(row)
			addRows(row, l.Out, w[i*l.Out:], 1, dy, l.N)
		}
	})
}

// BackwardWeights computes dW = x·dyᵀ.
func (l *Linear) BackwardWeights(p *Pool, dw, x, dy []float32) {
	if len(l.dyT) == 0 {
		l.dyT = make([]float32, l.N*l.Out)
	}
	for o := range l.Out {
		for n, v := range dy[o*l.N : (o+1)*l.N] {
			l.dyT[n*l.Out+o] = v
		}
	}
	p.RunChunks(l.In, linearInBlock, func(from, to int) {
		for i := from; i < to; i++ {
			row := dw[i*l.Out : (i+1)*l.Out]
			clear(row)
			addRows(row, l.N, x[i*l.N:], 1, l.dyT, l.Out)
		}
	})
}

// BackwardBias computes db = Σₙ dy.
func (l *Linear) BackwardBias(db, dy []float32) {
	for o := range db {
		db[o] = sum(dy[o*l.N : (o+1)*l.N])
	}
}

func fill(dst []float32, v float32) {
	for i := range dst {
		dst[i] = v
	}
}
