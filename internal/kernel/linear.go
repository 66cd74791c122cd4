package kernel

// Linear is the geometry of a linear layer y = Wᵀx + b:
// x is (In, N), W is (In, Out), b is (Out), y is (Out, N).
type Linear struct {
	In, Out, N int

	parts  [][]float32 // sums over a share of the inputs each, (Out, N)
	panels []float32   // the transpose of dy, in panels
	blocks [][]float32 // a worker's rows of dW
}

const (
	// linearBlock rows of W are at work at a time: they and what they are multiplied with stay in cache.
	linearBlock = 96
	// linearParts is how many shares the inputs of the forward product are cut into, at most, each
	// summed by itself.
	linearParts = 16
	// linearColumns is how many images a task takes.
	linearColumns = 64
)

// Forward computes y = Wᵀx + b.
func (l *Linear) Forward(p *Pool, y, x, w, b []float32) {
	share := roundUp((l.In+linearParts-1)/linearParts, linearBlock)
	shares := (l.In + share - 1) / share
	for len(l.parts) < shares {
		l.parts = append(l.parts, make([]float32, l.Out*l.N))
	}
	columns := (l.N + linearColumns - 1) / linearColumns
	p.Run(shares*columns, func(_, task int) {
		s, n0 := task/columns, task%columns*linearColumns
		n := min(linearColumns, l.N-n0)
		part := matrix{l.parts[s], l.N, 1}.from(0, n0)
		for i := s * share; i < min(l.In, (s+1)*share); i += linearBlock {
			k := min(linearBlock, l.In-i)
			following := min(i+linearBlock, l.In)
			multiply(part, matrix{w[i*l.Out:], 1, l.Out}, matrix{x, l.N, 1}.from(i, n0), l.Out, k, n,
				i > s*share, w[following*l.Out:min(following+linearBlock, l.In)*l.Out])
		}
	})
	p.RunChunks(l.Out, 64, func(from, to int) {
		for o := from; o < to; o++ {
			row := y[o*l.N:][:l.N]
			fill(row, b[o])
			for _, part := range l.parts[:shares] {
				axpy(row, part[o*l.N:], 1)
			}
		}
	})
}

// BackwardInput computes dx = W·dy.
func (l *Linear) BackwardInput(p *Pool, dx, w, dy []float32) {
	p.RunChunks(l.In, linearBlock, func(from, to int) {
		following := w[to*l.Out : min(to+linearBlock, l.In)*l.Out]
		multiply(matrix{dx[from*l.N:], l.N, 1}, matrix{w[from*l.Out:], l.Out, 1}, matrix{dy, l.N, 1},
			to-from, l.Out, l.N, false, following)
	})
}

// BackwardWeights computes dW = x·dyᵀ.
func (l *Linear) BackwardWeights(p *Pool, dw, x, dy []float32) {
	l.packGradient(dy)
	p.RunChunks(l.In, linearBlock, func(from, to int) { l.weightsBlock(dw[from*l.Out:to*l.Out], x, from, to) })
}

// UpdateWeights computes dW = x·dyᵀ as BackwardWeights does, but some rows at a time, and updates those
// rows of w, with the running averages a and b, while they are in the cache.
func (l *Linear) UpdateWeights(p *Pool, x, dy, w, a, b []float32, update Update) {
	l.packGradient(dy)
	for len(l.blocks) < p.Workers() {
		l.blocks = append(l.blocks, make([]float32, linearBlock*l.Out))
	}
	p.Run((l.In+linearBlock-1)/linearBlock, func(worker, task int) {
		from, to := task*linearBlock, min((task+1)*linearBlock, l.In)
		i, j := from*l.Out, to*l.Out
		block := l.blocks[worker][:j-i]
		w, a, b := w[i:j], part(a, i, j), part(b, i, j)
		l.weightsBlock(block, x, from, to, w, a, b)
		update(w, a, b, block)
	})
}

// packGradient prepares dy for weightsBlock.
func (l *Linear) packGradient(dy []float32) {
	if len(l.panels) == 0 {
		l.panels = make([]float32, roundUp(l.Out, panelWidth)*l.N)
	}
	packTransposed(l.panels, dy, l.Out, l.N)
}

// weightsBlock computes rows from … to−1 of dW, and meanwhile fetches what is used next.
func (l *Linear) weightsBlock(block, x []float32, from, to int, next ...[]float32) {
	panels := (l.Out + panelWidth - 1) / panelWidth
	for i := range panels {
		var fetch [3][]float32
		for j, r := range next {
			fetch[j] = r[len(r)*i/panels : len(r)*(i+1)/panels]
		}
		o := i * panelWidth
		multiply(matrix{block[o:], l.Out, 1}, matrix{x[from*l.N:], l.N, 1}, matrix{l.panels[o*l.N:], panelWidth, 1},
			to-from, l.N, min(panelWidth, l.Out-o), false, fetch[:len(next)]...)
	}
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
