package kernel

// Linear is the geometry of a linear layer y = Wᵀx + b: x is (In, N), b is (Out), y is (Out, N).
//
// The weights lie in panels of PanelWidth outputs: W[panel, input, output in panel], with zeros past
// the last output. So each of the three products reads or writes whole cache lines in a row, whichever
// way it goes through W: PackWeights and UnpackWeights change to and from PyTorch's (Out, In).
type Linear struct {
	In, Out, N int

	parts  [][]float32 // sums over a share of the inputs each, (Out, N)
	panels []float32   // dy in panels, transposed: (panel, N, PanelWidth)
	blocks [][]float32 // a worker's rows of dW in one panel
}

const (
	// PanelWidth is the number of outputs in a panel of weights.
	PanelWidth = 16
	// linearBlock inputs are at work at a time: their weights in one panel and what these are
	// multiplied with stay in the first-level cache.
	linearBlock = 96
	// linearParts is how many shares the inputs of the forward product are cut into, at most, each
	// summed by itself.
	linearParts = 16
	// linearColumns is how many images a task takes.
	linearColumns = 64
)

// Panels is the number of panels that hold out outputs.
func Panels(out int) int { return (out + PanelWidth - 1) / PanelWidth }

// PackWeights lays out src, (out, in), in panels.
func PackWeights(dst, src []float32, out, in int) {
	clear(dst)
	for o := range out {
		panel := dst[o/PanelWidth*in*PanelWidth+o%PanelWidth:]
		for i, v := range src[o*in:][:in] {
			panel[i*PanelWidth] = v
		}
	}
}

// UnpackWeights is the inverse of PackWeights.
func UnpackWeights(dst, src []float32, out, in int) {
	for o := range out {
		panel := src[o/PanelWidth*in*PanelWidth+o%PanelWidth:]
		row := dst[o*in:][:in]
		for i := range row {
			row[i] = panel[i*PanelWidth]
		}
	}
}

// panel is panel j of weights, or of what is laid out as they are, from input i on, and the number of
// outputs in it.
func (l *Linear) panel(w []float32, j, i int) (m matrix, outputs int) {
	return matrix{w[(j*l.In+i)*PanelWidth:], PanelWidth, 1}, min(PanelWidth, l.Out-j*PanelWidth)
}

// transposed is a matrix with its dimensions exchanged.
func (m matrix) transposed() matrix { return matrix{m.data, m.col, m.row} }

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
		from, to := s*share, min(l.In, (s+1)*share)
		for i := from; i < to; i += linearBlock {
			k := min(linearBlock, to-i)
			for j := range Panels(l.Out) {
				wj, outputs := l.panel(w, j, i)
				following := wj.data[k*PanelWidth:] // the next inputs' weights, used in the next round
				product{m: outputs, k: k, n: min(linearColumns, l.N-n0), groups: 1, add: i > from}.multiply(
					matrix{l.parts[s][j*PanelWidth*l.N+n0:], l.N, 1}, wj.transposed(), matrix{x[i*l.N+n0:], l.N, 1},
					following[:min(len(following), linearBlock*PanelWidth)])
			}
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
	whole, last := l.Out/PanelWidth, l.Out%PanelWidth
	p.RunChunks(l.In, linearBlock, func(from, to int) {
		rows := matrix{dx[from*l.N:], l.N, 1}
		if whole > 0 {
			wi, _ := l.panel(w, 0, from)
			product{m: to - from, k: PanelWidth, n: l.N, groups: whole, apart: l.In * PanelWidth}.multiply(rows, wi, matrix{dy, l.N, 1})
		}
		if last > 0 {
			wi, _ := l.panel(w, whole, from)
			product{m: to - from, k: last, n: l.N, groups: 1, add: whole > 0}.multiply(rows, wi, matrix{dy[whole*PanelWidth*l.N:], l.N, 1})
		}
	})
}

// BackwardWeights computes dW = x·dyᵀ.
func (l *Linear) BackwardWeights(p *Pool, dw, x, dy []float32) {
	l.packGradient(dy)
	p.RunChunks(l.In, linearBlock, func(from, to int) {
		for j := range Panels(l.Out) {
			block, _ := l.panel(dw, j, from)
			l.weightsBlock(block.data[:(to-from)*PanelWidth], x, j, from, to)
		}
	})
}

// UpdateWeights computes dW as BackwardWeights does, but a block at a time, and updates that block of
// w, with the running averages a and b, while it is in the cache.
func (l *Linear) UpdateWeights(p *Pool, x, dy, w, a, b []float32, update Update) {
	l.packGradient(dy)
	for len(l.blocks) < p.Workers() {
		l.blocks = append(l.blocks, make([]float32, linearBlock*PanelWidth))
	}
	panels := Panels(l.Out)
	p.Run((l.In+linearBlock-1)/linearBlock, func(worker, task int) {
		from, to := task*linearBlock, min((task+1)*linearBlock, l.In)
		block := l.blocks[worker][:(to-from)*PanelWidth]
		of := func(x []float32, j int) []float32 {
			i := (j*l.In + from) * PanelWidth
			return part(x, i, i+len(block))
		}
		for j := range panels {
			following := min(j+1, panels-1)
			l.weightsBlock(block, x, j, from, to, of(w, following), of(a, following), of(b, following))
			update(of(w, j), of(a, j), of(b, j), block)
		}
	})
}

// packGradient prepares dy for weightsBlock.
func (l *Linear) packGradient(dy []float32) {
	if len(l.panels) == 0 {
		l.panels = make([]float32, Panels(l.Out)*PanelWidth*l.N)
	}
	PackWeights(l.panels, dy, l.Out, l.N)
}

// weightsBlock computes rows from … to−1 of dW in panel j, and meanwhile fetches what is used next.
// The columns past the last output become 0.
func (l *Linear) weightsBlock(block, x []float32, j, from, to int, next ...[]float32) {
	product{m: to - from, k: l.N, n: PanelWidth, groups: 1}.multiply(matrix{block, PanelWidth, 1},
		matrix{x[from*l.N:], l.N, 1}, matrix{l.panels[j*l.N*PanelWidth:], PanelWidth, 1}, next...)
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
