package kernel

// BackwardInput computes dx = W·dy.
func (l *Linear) BackwardInput(p *Pool, dx, w, dy []float32) {
	l.cutGradient(p, dy)
	l.backwardInput(p, dx, w)
}

// backwardInput is BackwardInput after cutGradient.
func (l *Linear) backwardInput(p *Pool, dx, w []float32) {
	width, most, strips := Panels(l.Out)*PanelWidth, BlockHeight, len(l.cut) // of a task
	if l.few(p) {
		most, strips = pairRows, 1
	}
	pieces, slices := BlockHeight/most, len(l.cut)/strips
	p.Run(l.blocks()*pieces*slices, func(_, task int) {
		i := task / slices / pieces * BlockHeight
		block, height := l.block(w, i)
		if from := task / slices % pieces * most; from < height {
			l.inputRows(dx, block, i, from, min(from+most, height), task%slices, strips, ahead(w, i*width+len(block), len(block)))
		}
	})
}

// few says that the blocks of weights are so few that the workers should share each, and that it is worth the while.
func (l *Linear) few(p *Pool) bool {
	const enough = 1 << 20 // multiplications, an update being worth 32
	return l.blocks() < 2*p.Workers() && l.In*l.Out*(l.N+32) > enough
}

// inputRows computes what some rows of a block of weights, that begins with input i, make of dx, for some strips of the
// images. Meanwhile it may fetch into the cache what will be used next.
func (l *Linear) inputRows(dx, block []float32, i, from, to, strip, strips int, next ...[]float32) {
	for s := range strips {
		cut := &l.cut[strip+s]
		rows, dy := matrix{dx[(i+from)*l.N+(strip+s)*stripWidth:], l.N, 1}, matrix{cut.dy, cut.width, 1}
		columns := cut.columns(min(BlockHeight, l.In-i))
		switch {
		case len(cut.outputs) == 0:
			for r := range to - from {
				clear(rows.data[r*l.N:][:cut.width])
			}
			continue
		case columns.paired:
			inputPairs(rows.data, block[from*PanelWidth:], to-from, cut.dy, columns, next)
		default:
			product{m: to - from, k: len(columns.steps), n: cut.width, groups: 1, steps: columns.steps}.multiply(
				rows, matrix{block[columns.first+from*PanelWidth:], PanelWidth, 1}, dy, next...)
		}
		next = nil
	}
}

// paired says that a vector holds two rows of eight images in the products of a block's rows with dy.
func (l *Linear) paired(height int) bool { return wide && l.N == 8 && height%pairRows == 0 }

// cutGradient prepares dy for inputRows.
func (l *Linear) cutGradient(p *Pool, dy []float32) {
	for s := len(l.cut); s < (l.N+stripWidth-1)/stripWidth; s++ {
		l.cut = append(l.cut, newGradientStrip(l, min(stripWidth, l.N-s*stripWidth)))
	}
	p.RunChunks(len(l.cut), max(1, prepared/stripWidth/l.Out), func(from, to int) {
		for s := from; s < to; s++ {
			l.cut[s].fill(dy[s*stripWidth:], l)
		}
	})
}

// BackwardWeights computes dW = x·dyᵀ.
func (l *Linear) BackwardWeights(p *Pool, dw, x, dy []float32) {
	sparse := l.N%sparseChunk == 0 && l.sparse(x)
	l.packGradient(p, dy, sparse)
	p.Run(l.blocks(), func(_, task int) {
		i := task * BlockHeight
		block, _ := l.block(dw, i)
		l.weightsPanels(block, x, i, 0, Panels(l.Out), sparse)
	})
}

// weightsPanels computes n panels, from panel j on, of the block of dW that begins with input i. The columns past the
// last output become 0. Meanwhile it may fetch into the cache what will be used next.
func (l *Linear) weightsPanels(dw, x []float32, i, j, n int, sparse bool, next ...[]float32) {
	height := min(BlockHeight, l.In-i)
	size, rows := height*PanelWidth, matrix{x[i*l.N:], l.N, 1}
	if sparse {
		l.weightsSparse(dw, rows, height, j, n, next)
		return
	}
	for k := 0; k < n; k += l.packed {
		panels := min(l.packed, n-k)
		product{m: height, k: l.N, n: panels * PanelWidth, groups: 1, apartC: size}.multiply(
			matrix{dw[k*size:], PanelWidth, 1}, rows,
			matrix{l.panels[(j+k)*l.N*PanelWidth:], l.packed * PanelWidth, 1}, next...)
	}
}

// BackwardUpdate goes through W once, block by block: it computes dx = W·dy, unless dx is nil, then, panel by
// panel, dW = x·dyᵀ, which is never whole in memory, and updates the panel by it, with the running averages a
// and b, all in the cache. What the next block needs comes from memory meanwhile: a during the first product, W during
// the second, b during the update; of a block that is large, a and b come a few panels before they are used. Each worker
// begins with the last block of its share: the forward pass left it in the cache, and finds the first there when it
// comes again. Where there are too few blocks for that, dx is computed before, and the workers share the panels of a
// block.
func (l *Linear) BackwardUpdate(p *Pool, dx, x, dy, w, a, b []float32, rule Update) {
	sparse := l.N%sparseChunk == 0 && l.sparse(x)
	l.packGradient(p, dy, sparse)
	if dx != nil {
		l.cutGradient(p, dy)
	}
	group := l.packed
	if sparse {
		group = sparsePanels()
	}
	l.gradients = rooms(l.gradients, p.Workers(), group*BlockHeight*PanelWidth)
	panels := Panels(l.Out)
	most := panels // of a task
	if l.few(p) {
		most = roundUp((panels+4*p.Workers()-1)/(4*p.Workers()), group)
		if dx != nil {
			l.backwardInput(p, dx, w)
			dx = nil
		}
	}
	slices := (panels + most - 1) / most
	l.fetched = l.fetched[:0]
	for range p.Workers() {
		l.fetched = append(l.fetched, -1)
	}
	p.RunDown(l.blocks()*slices, func(worker, task int) {
		i := task / slices * BlockHeight
		block, height := l.block(w, i)
		begin, size := i*panels*PanelWidth, len(block)
		next := begin - BlockHeight*panels*PanelWidth // likely this worker's next block
		if next < 0 {
			next = begin
		}
		u := blockUpdate{
			input: i, height: height,
			w: block, a: part(a, begin, begin+size), b: part(b, begin, begin+size), rule: rule,
			dw: l.gradients[worker], group: group, sparse: sparse,
			nextW: w[next : next+size], distance: next - begin, large: size > fetchedBlock,
		}
		soon := [][]float32{part(a, next, next+size)}
		switch {
		case u.large:
			u.distance = 2 * group * height * PanelWidth
			soon = [][]float32{ahead(u.a, 0, u.distance), ahead(u.b, 0, u.distance)}
		case l.fetched[worker] != begin: // nobody has fetched its a and b
			soon = [][]float32{u.a, u.b, soon[0]}
		}
		if dx != nil {
			l.inputRows(dx, block, i, 0, height, 0, len(l.cut), soon...)
		}
		l.fetched[worker] = next
		from := task % slices * most
		l.updatePanels(&u, x, from, min(from+most, panels))
	})
}

// blockUpdate is how a block of weights is updated.
type blockUpdate struct {
	input, height int // the first of its inputs, and how many there are
	w, a, b       []float32
	rule          Update

	dw     []float32 // room for the gradient of some panels
	group  int       // so many
	sparse bool

	nextW    []float32 // what is fetched for the next block
	distance int       // how far ahead b is fetched
	large    bool      // a is fetched as far ahead
}

// updatePanels updates some panels of a block.
func (l *Linear) updatePanels(u *blockUpdate, x []float32, from, to int) {
	size := u.height * PanelWidth
	for j := from; j < to; j += u.group {
		n := min(u.group, to-j)
		soon := [][]float32{u.nextW[j*size : (j+n)*size], nil}
		if u.large {
			soon[1] = ahead(u.a, j*size+u.distance, n*size)
		}
		l.weightsPanels(u.dw, x, u.input, j, n, u.sparse, soon...)
		for k := range n {
			from, to := (j+k)*size, (j+k+1)*size
			u.rule(u.w[from:to], part(u.a, from, to), part(u.b, from, to), u.dw[k*size:(k+1)*size], u.distance)
		}
	}
}

// packGradient prepares dy for weightsPanels: transposed, one panel after the other, or in AVX-512 two side by side,
// unless the product is sparse.
func (l *Linear) packGradient(p *Pool, dy []float32, sparse bool) {
	packed := 1
	if wide && !sparse {
		packed = 2
	}
	if len(l.panels) == 0 {
		l.panels = make([]float32, roundUp(l.Out, 2*PanelWidth)*l.N)
	}
	if packed != l.packed { // what lies past the last output stays 0
		clear(l.panels)
		l.packed = packed
	}
	width := packed * PanelWidth
	p.RunChunks(l.Out, width*max(1, prepared/width/l.N), func(from, to int) {
		for o := from; o < to; o += width {
			transpose(matrix{l.panels[o*l.N:], width, 1}, matrix{dy[o*l.N:], l.N, 1}, min(width, l.Out-o), l.N)
		}
	})
}

// BackwardBias computes db = Σₙ dy.
func (l *Linear) BackwardBias(p *Pool, db, dy []float32) {
	p.RunChunks(l.Out, max(1, prepared/l.N), func(from, to int) {
		for o := from; o < to; o++ {
			db[o] = sum(dy[o*l.N : (o+1)*l.N])
		}
	})
}
