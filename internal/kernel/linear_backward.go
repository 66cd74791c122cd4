package kernel

import "actfn/internal/worker"

// BackwardInput computes dx = W·dy.
func (l *Linear) BackwardInput(p *worker.Pool, dx, w, dy []float32) {
	l.need("dx", dx, l.In)
	l.needWeights("w", w)
	l.need("dy", dy, l.Out)
	l.cutGradient(p, dy)
	l.backwardInput(p, dx, w)
}

// backwardInput is BackwardInput after cutGradient.
func (l *Linear) backwardInput(p *worker.Pool, dx, w []float32) {
	width, most, strips := Panels(l.Out)*PanelWidth, BlockHeight, len(l.cut) // of a task
	if l.few(p) {
		most, strips = fewRows, 1
	}
	pieces, slices := BlockHeight/most, len(l.cut)/strips
	p.Run(l.blocks()*pieces*slices, func(_, task int) {
		i := task / slices / pieces * BlockHeight
		block, height := l.block(w, i)
		if from := task / slices % pieces * most; from < height {
			next := ahead(w, i*width+len(block), len(block))
			l.inputRows(dx, block, i, from, min(from+most, height), task%slices, strips, next)
		}
	})
}

// few reports whether there are so few blocks of weights that the workers should share each, and enough work to do so.
func (l *Linear) few(p *worker.Pool) bool {
	const enough = 1 << 20 // multiplications; an update counts as 32
	return l.blocks() < 2*p.Workers() && l.In*l.Out*(l.N+32) > enough
}

// inputRows computes dx for inputs from … to−1 of the block of weights that begins with input i, for some strips of the
// images. It may prefetch next.
func (l *Linear) inputRows(dx, block []float32, i, from, to, strip, strips int, next ...[]float32) {
	for s := range strips {
		cut := &l.cut[strip+s]
		rows, dy := matrix{dx[(i+from)*l.N+(strip+s)*impl.stripWidth:], l.N, 1}, matrix{cut.dy, cut.width, 1}
		if len(cut.outputs) == 0 {
			for r := range to - from {
				clear(rows.data[r*l.N:][:cut.width])
			}
			continue
		}
		columns := cut.columns(min(BlockHeight, l.In-i))
		product{m: to - from, k: len(columns.steps), n: cut.width, groups: 1, steps: columns.steps}.multiply(
			rows, matrix{block[columns.first+from*PanelWidth:], PanelWidth, 1}, dy, next...)
		next = nil
	}
}

// cutGradient cuts dy into strips of images for inputRows.
func (l *Linear) cutGradient(p *worker.Pool, dy []float32) {
	width := impl.stripWidth
	for s := len(l.cut); s < (l.N+width-1)/width; s++ {
		l.cut = append(l.cut, newGradientStrip(l, min(width, l.N-s*width)))
	}
	p.RunChunks(len(l.cut), max(1, prepared/width/l.Out), func(from, to int) {
		for s := from; s < to; s++ {
			l.cut[s].fill(dy[s*width:], l)
		}
	})
}

// BackwardWeights computes dW = x·dyᵀ.
func (l *Linear) BackwardWeights(p *worker.Pool, dw, x, dy []float32) {
	l.needWeights("dw", dw)
	l.need("x", x, l.In)
	l.need("dy", dy, l.Out)
	l.backwardWeights(p, dw, x, dy, l.sparseImages(x))
}

// backwardWeights is BackwardWeights; sparse says whether to skip zeros.
func (l *Linear) backwardWeights(p *worker.Pool, dw, x, dy []float32, sparse bool) {
	l.gradient.fill(p, l, dy, sparse)
	l.gradients = rooms(l.gradients, p.Workers(), l.gradient.room(BlockHeight))
	p.Run(l.blocks(), func(worker, task int) {
		i := task * BlockHeight
		block, height := l.block(dw, i)
		size := height * PanelWidth
		for k := range l.gradient.groups {
			g := &l.gradient.groups[k]
			if g.columns == nil {
				l.weights(block[g.from*size:], x, i, g, sparse, nil)
				continue
			}
			l.weights(l.gradients[worker], x, i, g, sparse, nil)
			for j := g.from; j < g.to; j++ {
				g.panel(block[j*size:], l.gradients[worker], j, height)
			}
		}
	})
}

// sparseImages reports whether to skip the zeros of x in dW = x·dyᵀ.
func (l *Linear) sparseImages(x []float32) bool { return l.N%sparseChunk == 0 && l.sparse(x) }

// weights computes the product of a group of panels for the block of dW that begins with input i, as panelGroup.panel
// reads it. Columns past the last output become 0. It may prefetch next.
func (l *Linear) weights(dw, x []float32, i int, g *panelGroup, sparse bool, next []float32) {
	height, rows := min(BlockHeight, l.In-i), matrix{x[i*l.N:], l.N, 1}
	switch {
	case g.count == 0:
	case sparse:
		l.weightsSparse(dw, rows, height, g, next)
	default:
		product{m: height, k: l.N, n: g.count * PanelWidth, groups: 1, apartC: height * PanelWidth}.multiply(
			matrix{dw, PanelWidth, 1}, rows,
			matrix{l.gradient.panels[g.first*l.N*PanelWidth:], l.gradient.packed * PanelWidth, 1}, next)
	}
}

// BackwardUpdate computes dx = W·dy, unless dx is nil, and dW = x·dyᵀ, and updates W by dW with the running averages a and
// b. It goes through W once, block by block: it computes the block's dx, then dW panel by panel, and updates each panel
// while it is in the cache; dW as a whole never exists. Meanwhile it prefetches: the first panels of a and b during the first
// product, the next block of W during the second, and a and b during the update, fetchedPanels before they are used. Each
// worker goes from the last block of its share to the first, because the forward pass ended with the last and will begin
// with the first. Where there are too few blocks, dx is computed before, and the workers share the panels of a block.
func (l *Linear) BackwardUpdate(p *worker.Pool, dx, x, dy, w, a, b []float32, rule Update) {
	if dx != nil {
		l.need("dx", dx, l.In)
	}
	l.need("x", x, l.In)
	l.need("dy", dy, l.Out)
	l.needWeights("w", w)
	sparse := l.sparseImages(x)
	l.gradient.fill(p, l, dy, sparse)
	if dx != nil {
		l.cutGradient(p, dy)
	}
	l.gradients = rooms(l.gradients, p.Workers(), l.gradient.room(BlockHeight))
	l.panels = rooms(l.panels, p.Workers(), BlockHeight*PanelWidth)
	groups := l.gradient.groups
	most := len(groups) // of a task
	if l.few(p) {
		most = (len(groups) + 4*p.Workers() - 1) / (4 * p.Workers())
		if dx != nil {
			l.backwardInput(p, dx, w)
			dx = nil
		}
	}
	slices := (len(groups) + most - 1) / most
	width := Panels(l.Out) * PanelWidth
	p.RunDown(l.blocks()*slices, func(worker, task int) {
		i := task / slices * BlockHeight
		block, height := l.block(w, i)
		begin, size := i*width, len(block)
		next := max(0, begin-BlockHeight*width) // probably this worker's next block
		u := blockUpdate{
			input: i, height: height,
			w: block, a: part(a, begin, begin+size), b: part(b, begin, begin+size), rule: rule,
			dw: l.gradients[worker], panel: l.panels[worker], sparse: sparse, nextW: w[next : next+size],
		}
		if dx != nil {
			distance := u.distance()
			l.inputRows(dx, block, i, 0, height, 0, len(l.cut), ahead(u.a, 0, distance), ahead(u.b, 0, distance))
		}
		from := task % slices * most
		l.updateGroups(&u, x, groups[from:min(from+most, len(groups))])
	})
}

// blockUpdate is the update of a block of weights.
type blockUpdate struct {
	input, height int // the first of its inputs, and how many there are
	w, a, b       []float32
	rule          Update

	dw, panel []float32 // room for the product of a group of panels of the gradient, and for a panel
	sparse    bool

	nextW []float32 // the next block, which is prefetched
}

// distance is how far ahead a and b are prefetched.
func (u *blockUpdate) distance() int { return fetchedPanels * u.height * PanelWidth }

// updateGroups updates some groups of panels of a block.
func (l *Linear) updateGroups(u *blockUpdate, x []float32, groups []panelGroup) {
	size := u.height * PanelWidth
	for k := range groups {
		g := &groups[k]
		l.weights(u.dw, x, u.input, g, u.sparse, u.nextW[g.from*size:g.to*size])
		for j := g.from; j < g.to; j++ {
			from, to := j*size, (j+1)*size
			dw := g.panel(u.panel, u.dw, j, u.height)
			u.rule(u.w[from:to], part(u.a, from, to), part(u.b, from, to), dw, u.distance())
		}
	}
}

// BackwardBias computes db = Σₙ dy.
func (l *Linear) BackwardBias(p *worker.Pool, db, dy []float32) {
	atLeast("db", len(db), l.Out)
	l.need("dy", dy, l.Out)
	p.RunChunks(l.Out, max(1, prepared/l.N), func(from, to int) {
		for o := from; o < to; o++ {
			db[o] = sum(dy[o*l.N : (o+1)*l.N])
		}
	})
}
