package kernel

// Linear is the geometry of a linear layer y = Wᵀx + b: x is (In, N), b is (Out), y is (Out, N).
//
// The weights lie in blocks of BlockHeight inputs, the last block maybe less, and a block in panels of
// PanelWidth outputs: W[block, panel, input in block, output in panel], with zeros past the last output.
// So each of the three products walks through W from its beginning to its end and uses whole cache
// lines, whichever way it multiplies. PackWeights and UnpackWeights change to and from PyTorch's
// (Out, In).
type Linear struct {
	In, Out, N int

	parts     [][]float32 // sums over a share of the inputs each, (Out, N)
	panels    []float32   // dy transposed, in panels: (panel, N, PanelWidth)
	gradients [][]float32 // a worker's panel of dW
	strips    [][]float32 // a worker's strip of x
	cut       []float32   // dy in strips, one after another
}

const (
	// PanelWidth is the number of outputs in a panel of weights.
	PanelWidth = 16
	// BlockHeight is the number of inputs in a block of weights: a panel of it and what that is
	// multiplied with stay in the first-level cache, a block in the second.
	BlockHeight = 96
	// linearParts is how many shares the inputs of the forward product are cut into, at most, each
	// summed by itself.
	linearParts = 16
	// forwardDepth and forwardWidth are how many inputs of how many images the forward product takes at a time:
	// they and a panel of their weights fit the second-level cache.
	forwardDepth, forwardWidth = 12 * BlockHeight, 128
	// stripWidth is how many images are multiplied with a block of weights at a time: what they and a
	// panel take fits the first-level cache.
	stripWidth = 32
)

// Panels is the number of panels that hold out outputs.
func Panels(out int) int { return (out + PanelWidth - 1) / PanelWidth }

// PackWeights lays out src, (out, in), in blocks and panels.
func PackWeights(dst, src []float32, out, in int) {
	clear(dst)
	eachRow(dst, out, in, func(row []float32, o, i int) {
		for k := range row {
			row[k] = src[(o+k)*in+i]
		}
	})
}

// UnpackWeights is the inverse of PackWeights.
func UnpackWeights(dst, src []float32, out, in int) {
	eachRow(src, out, in, func(row []float32, o, i int) {
		for k, v := range row {
			dst[(o+k)*in+i] = v
		}
	})
}

// eachRow visits the rows of the panels of w as they lie: the weights of input i for as many outputs, from o on.
func eachRow(w []float32, out, in int, visit func(row []float32, o, i int)) {
	l := Linear{In: in, Out: out}
	for from := 0; from < in; from += BlockHeight {
		block, height := l.block(w, from)
		for j := range Panels(out) {
			panel, outputs := l.panel(block, height, j)
			for i := range height {
				visit(panel[i*PanelWidth:][:outputs], j*PanelWidth, from+i)
			}
		}
	}
}

// blocks is the number of blocks of weights.
func (l *Linear) blocks() int { return (l.In + BlockHeight - 1) / BlockHeight }

// block is the block of weights that begins with input i, and its height.
func (l *Linear) block(w []float32, i int) (block []float32, height int) {
	height = min(BlockHeight, l.In-i)
	width := Panels(l.Out) * PanelWidth
	return w[i*width : (i+height)*width], height
}

// panel is panel j of a block, and the number of outputs in it.
func (l *Linear) panel(block []float32, height, j int) (panel []float32, outputs int) {
	size := height * PanelWidth
	return block[j*size : (j+1)*size], min(PanelWidth, l.Out-j*PanelWidth)
}

// Forward computes y = Wᵀx + b.
func (l *Linear) Forward(p *Pool, y, x, w, b []float32) {
	share := roundUp((l.In+linearParts-1)/linearParts, BlockHeight)
	shares := (l.In + share - 1) / share
	for len(l.parts) < shares {
		l.parts = append(l.parts, make([]float32, l.Out*l.N))
	}
	half := (Panels(l.Out) + 1) / 2 // of the panels, that the workers end together
	strips := l.stripsFor(p, min(share, forwardDepth))
	p.Run(2*shares, func(worker, task int) {
		s, from := task/2, task%2*half
		for i := s * share; i < min(l.In, (s+1)*share); i += forwardDepth {
			rows := min(forwardDepth, l.In-i, (s+1)*share-i)
			for n0 := 0; n0 < l.N; n0 += forwardWidth {
				inputs := l.strip(strips[worker], x[i*l.N:], rows, n0, forwardWidth)
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

// stripsFor makes each worker room for a strip of some rows in the forward pass.
func (l *Linear) stripsFor(p *Pool, rows int) [][]float32 {
	for len(l.strips) < p.Workers() {
		l.strips = append(l.strips, nil)
		if l.N > forwardWidth {
			l.strips[len(l.strips)-1] = make([]float32, rows*forwardWidth)
		}
	}
	return l.strips
}

// ahead is n weights from a place on, as far as there are: what is used next.
func ahead(w []float32, from, n int) []float32 {
	return w[min(from, len(w)):min(from+n, len(w))]
}

// BackwardInput computes dx = W·dy.
func (l *Linear) BackwardInput(p *Pool, dx, w, dy []float32) {
	width := Panels(l.Out) * PanelWidth
	l.cutGradient(dy)
	p.Run(l.blocks(), func(_, task int) {
		i := task * BlockHeight
		block, _ := l.block(w, i)
		l.inputBlock(dx, block, i, ahead(w, i*width+len(block), len(block)))
	})
}

// inputBlock computes what a block of weights, that begins with input i, makes of dx.
func (l *Linear) inputBlock(dx, block []float32, i int, next ...[]float32) {
	height, whole, last := min(BlockHeight, l.In-i), l.Out/PanelWidth, l.Out%PanelWidth
	for n0 := 0; n0 < l.N; n0 += stripWidth {
		width := min(stripWidth, l.N-n0)
		rows, dy := matrix{dx[i*l.N+n0:], l.N, 1}, l.cut[n0*l.Out:]
		if whole > 0 {
			product{m: height, k: PanelWidth, n: width, groups: whole, apart: height * PanelWidth}.multiply(
				rows, matrix{block, PanelWidth, 1}, matrix{dy, width, 1}, next...)
			next = nil
		}
		if last > 0 {
			panel, _ := l.panel(block, height, whole)
			product{m: height, k: last, n: width, groups: 1, add: whole > 0}.multiply(
				rows, matrix{panel, PanelWidth, 1}, matrix{dy[whole*PanelWidth*width:], width, 1})
		}
	}
}

// cutGradient prepares dy for inputBlock.
func (l *Linear) cutGradient(dy []float32) {
	if l.N <= stripWidth {
		l.cut = dy
		return
	}
	if len(l.cut) < len(dy) {
		l.cut = make([]float32, len(dy))
	}
	for n0 := 0; n0 < l.N; n0 += stripWidth {
		l.strip(l.cut[n0*l.Out:], dy, l.Out, n0, stripWidth)
	}
}

// BackwardWeights computes dW = x·dyᵀ.
func (l *Linear) BackwardWeights(p *Pool, dw, x, dy []float32) {
	l.packGradient(dy)
	p.Run(l.blocks(), func(_, task int) {
		i := task * BlockHeight
		block, height := l.block(dw, i)
		for j := range Panels(l.Out) {
			l.weightsPanel(block[j*height*PanelWidth:], x, i, j, nil)
		}
	})
}

// weightsPanel computes panel j of the block of dW that begins with input i. The columns past the last output
// become 0. Meanwhile it may fetch the weights next into the cache.
func (l *Linear) weightsPanel(dw, x []float32, i, j int, next []float32) {
	product{m: min(BlockHeight, l.In-i), k: l.N, n: PanelWidth, groups: 1}.multiply(
		matrix{dw, PanelWidth, 1}, matrix{x[i*l.N:], l.N, 1},
		matrix{l.panels[j*l.N*PanelWidth:], PanelWidth, 1}, next)
}

// BackwardUpdate goes through W once, block by block: it computes dx = W·dy, unless dx is nil, then, panel by
// panel, dW = x·dyᵀ, which is never whole in memory, and updates the panel by it, with the running averages a
// and b, all in the cache. Those come from memory while the first product is computed, and the next
// block while the second is. The last block is the first: the forward pass left it in the cache, and
// finds the first there when it comes again.
func (l *Linear) BackwardUpdate(p *Pool, dx, x, dy, w, a, b []float32, update Update) {
	l.packGradient(dy)
	if dx != nil {
		l.cutGradient(dy)
	}
	for len(l.gradients) < p.Workers() {
		l.gradients = append(l.gradients, make([]float32, BlockHeight*PanelWidth))
	}
	blocks := l.blocks()
	p.Run(blocks, func(worker, task int) {
		i := (blocks - 1 - task) * BlockHeight
		block, height := l.block(w, i)
		begin := i * Panels(l.Out) * PanelWidth
		a, b := part(a, begin, begin+len(block)), part(b, begin, begin+len(block))
		if dx != nil {
			l.inputBlock(dx, block, i, a, b)
		}
		var next []float32 // likely this worker's
		if i := i - p.Workers()*BlockHeight; i >= 0 {
			next, _ = l.block(w, i)
		}
		size := height * PanelWidth
		dw := l.gradients[worker][:size]
		for j := range Panels(l.Out) {
			from, to := j*size, (j+1)*size
			l.weightsPanel(dw, x, i, j, ahead(next, from, size))
			update(block[from:to], part(a, from, to), part(b, from, to), dw)
		}
	})
}

// packGradient prepares dy for weightsBlock.
func (l *Linear) packGradient(dy []float32) {
	if len(l.panels) == 0 {
		l.panels = make([]float32, Panels(l.Out)*PanelWidth*l.N)
	}
	for o := range l.Out {
		panel := l.panels[o/PanelWidth*l.N*PanelWidth+o%PanelWidth:]
		for n, v := range dy[o*l.N:][:l.N] {
			panel[n*PanelWidth] = v
		}
	}
}

// BackwardBias computes db = Σₙ dy.
func (l *Linear) BackwardBias(db, dy []float32) {
	for o := range db {
		db[o] = sum(dy[o*l.N : (o+1)*l.N])
	}
}
