package kernel

import "actfn/internal/worker"

// Forward computes y = Wᵀx + b.
func (l *Linear) Forward(p *worker.Pool, y, x, w, b []float32) {
	l.need("y", y, l.Out)
	l.need("x", x, l.In)
	l.needWeights("w", w)
	atLeast("b", len(b), l.Out)
	if l.In > shallow && l.sparse(x) {
		l.forwardSparse(p, y, x, w, b)
		return
	}
	l.forwardDense(p, y, x, w, b)
}

// shares returns the number of inputs whose terms of the forward product are summed by themselves, and how many such shares
// there are.
func (l *Linear) shares() (share, shares int) {
	share = roundUp((l.In+linearParts-1)/linearParts, BlockHeight)
	return share, (l.In + share - 1) / share
}

func (l *Linear) forwardDense(p *worker.Pool, y, x, w, b []float32) {
	share, shares := l.shares()
	l.parts = rooms(l.parts, shares, Panels(l.Out)*PanelWidth*l.N)
	part := func(s int) []float32 {
		if s == 0 {
			return y // the other parts are added to it
		}
		return l.parts[s]
	}
	// A task takes a strip of the images and all panels, or all images and half of the panels.
	strips, width, panels := (l.N+forwardWidth-1)/forwardWidth, l.N, (Panels(l.Out)+1)/2
	if strips > 1 {
		width, panels = roundUp((l.N+strips-1)/strips, 16), Panels(l.Out)
		l.strips = rooms(l.strips, p.Workers(), width*min(share, impl.forwardDepth))
	} else {
		l.strips = rooms(l.strips, p.Workers(), 0) // x is the only strip
	}
	groups := (Panels(l.Out) + panels - 1) / panels
	p.Run(shares*strips*groups, func(worker, task int) {
		s, n0, from := task/groups/strips, task/groups%strips*width, task%groups*panels
		for i := s * share; i < min(l.In, (s+1)*share); i += impl.forwardDepth {
			rows := min(impl.forwardDepth, l.In-i, (s+1)*share-i)
			images := min(width, l.N-n0)
			inputs := l.strip(l.strips[worker], x[i*l.N+n0:], rows, images)
			l.forwardPanels(part(s)[n0:], inputs, images, w, i, rows, i > s*share, from, min(from+panels, Panels(l.Out)))
		}
	})
	p.RunChunks(l.Out, max(1, sumChunk/l.N), func(from, to int) {
		for o := from; o < to; o++ {
			AddScalar(y[o*l.N:][:l.N], y[o*l.N:], b[o])
		}
		sums := y[from*l.N : to*l.N]
		for _, part := range l.parts[1:shares] {
			Add(sums, sums, part[from*l.N:])
		}
	})
}

// forwardPanels computes the terms of rows inputs, from i on, for panels from … to−1 of the outputs and the images that are
// the columns of inputs: dst (+)= Wᵀx. A tile is summed over all those inputs before it is stored.
func (l *Linear) forwardPanels(dst []float32, inputs matrix, images int, w []float32, i, rows int, add bool, from, to int) {
	whole, rest, width := rows/BlockHeight, rows%BlockHeight, Panels(l.Out)*PanelWidth
	first, last := w[i*width:], w[(i+rows-rest)*width:]
	const size = BlockHeight * PanelWidth
	for j := from; j < to; j++ {
		// multiply takes groups of k rows of weights, of which the first is that of the given input.
		multiply := func(weights []float32, k, groups, input int, add bool, next []float32) {
			p := product{m: min(PanelWidth, l.Out-j*PanelWidth), k: k, n: images, groups: groups, add: add, nextApart: true}
			p.apart = BlockHeight * width
			p.multiply(matrix{dst[j*PanelWidth*l.N:], l.N, 1}, matrix{weights, 1, PanelWidth},
				matrix{inputs.data[input*inputs.row:], inputs.row, 1}, next)
		}
		if whole > 0 {
			multiply(first[j*size:], BlockHeight, whole, 0, add, ahead(first[:to*size], (j+1)*size, size))
		}
		if rest > 0 {
			multiply(last[j*rest*PanelWidth:], rest, 1, rows-rest, add || whole > 0, nil)
		}
	}
}

// strip returns the first columns of some rows of x, which has N. It copies them next to each other, unless they are all or
// only one panel uses them: rows that are a large power of two apart would evict each other from the cache.
func (l *Linear) strip(room, x []float32, rows, columns int) matrix {
	if columns == l.N || Panels(l.Out) == 1 {
		return matrix{x, l.N, 1}
	}
	for r := range rows {
		copy(room[r*columns:][:columns], x[r*l.N:])
	}
	return matrix{room, columns, 1}
}

// sumTurned computes y from parts that are (N, Panels(Out)·PanelWidth).
func (l *Linear) sumTurned(p *worker.Pool, y, b []float32, shares int) {
	const most, images = 128, 16 // outputs and images at a time
	width := Panels(l.Out) * PanelWidth
	chunks := (l.Out + most - 1) / most
	l.sums = rooms(l.sums, p.Workers(), images*most)
	p.Run(chunks*((l.N+images-1)/images), func(worker, task int) {
		o, n := task%chunks*most, task/chunks*images
		outputs, images := min(most, l.Out-o), min(images, l.N-n)
		sums := l.sums[worker]
		for k := range images {
			row := sums[k*most:][:outputs]
			copy(row, b[o:])
			for _, part := range l.parts[:shares] {
				Add(row, row, part[(n+k)*width+o:])
			}
		}
		transpose(matrix{y[o*l.N+n:], l.N, 1}, matrix{sums, most, 1}, images, outputs)
	})
}
