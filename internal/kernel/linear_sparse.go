package kernel

import "actfn/internal/worker"

// This file is the products that skip the zeros of x. The numbers of a row of x that are not 0 decide which rows of the
// other operand are added up. The terms that are left out are 0, so the results have the bits of the dense products, except
// where a factor of such a term is ±Inf or NaN.

// sparseProduct is the shape of c (+)= a·b where a, (rows, k), has zeros. The columns of b and c come in panels; rows of
// b are PanelWidth apart.
type sparseProduct struct {
	rows, k, panels int
	add             bool
}

// panelled is a matrix in panels of PanelWidth columns: element (i, j) is data[j/PanelWidth·panel + i·row + j%PanelWidth].
type panelled struct {
	data       []float32
	row, panel int
}

// multiply computes the product. It may prefetch next. A row of a must hold whole chunks, with zeros past column k. Only
// vector kernels skip zeros: it has no portable version.
func (p sparseProduct) multiply(c panelled, a matrix, b panelled, next []float32) {
	// The kernels check no lengths.
	_ = c.data[(p.panels-1)*c.panel+(p.rows-1)*c.row+PanelWidth-1]
	_ = a.data[(p.rows-1)*a.row+roundUp(p.k, sparseChunk)-1]
	_ = b.data[(p.panels-1)*b.panel+p.k*PanelWidth-1]
	add := 0
	if p.add {
		add = 1
	}
	ahead, lines := &idle, len(next)/(p.rows*cacheLine)
	if lines > 0 {
		ahead = &next[0]
	}
	impl.sparse[p.panels](&a.data[0], uintptr(a.row*floatSize), &b.data[0], uintptr(b.panel*floatSize),
		&c.data[0], uintptr(c.row*floatSize), uintptr(c.panel*floatSize),
		(p.k+sparseChunk-1)/sparseChunk, p.rows, add, ahead, lines)
}

// forwardSparse is Forward. Its parts are (N, Panels(Out)·PanelWidth).
func (l *Linear) forwardSparse(p *worker.Pool, y, x, w, b []float32) {
	share, shares := l.shares()
	width := Panels(l.Out) * PanelWidth
	l.parts = rooms(l.parts, shares, l.N*width)
	l.strips = rooms(l.strips, p.Workers(), min(l.N, forwardWidth)*BlockHeight)
	half := (Panels(l.Out) + 1) / 2
	p.Run(2*shares, func(worker, task int) {
		s, from := task/2, task%2*half
		to := min(from+half, Panels(l.Out))
		for n0 := 0; n0 < l.N; n0 += forwardWidth {
			images := min(forwardWidth, l.N-n0)
			for i := s * share; i < min(l.In, (s+1)*share); i += BlockHeight {
				block, height := l.block(w, i)
				rows := matrix{l.strips[worker], BlockHeight, 1}
				transpose(rows, matrix{x[i*l.N+n0:], l.N, 1}, height, images)
				if rest := height % sparseChunk; rest > 0 {
					for n := range images {
						clear(rows.data[n*BlockHeight+height:][:sparseChunk-rest])
					}
				}
				size := height * PanelWidth
				for j := from; j < to; j += impl.sparsePanels {
					panels := min(impl.sparsePanels, to-j)
					next := block[(j+panels)*size : min(to, j+2*panels)*size]
					if j+panels == to { // the first panels of the next block
						next = ahead(w, (i+height)*width+from*size, panels*size)
					}
					sparseProduct{rows: images, k: height, panels: panels, add: i > s*share}.multiply(
						panelled{l.parts[s][n0*width+j*PanelWidth:], width, PanelWidth}, rows,
						panelled{block[j*size:], PanelWidth, size}, next)
				}
			}
		}
	})
	l.sumTurned(p, y, b, shares)
}

// weightsSparse is weights where zeros are skipped.
func (l *Linear) weightsSparse(dw []float32, rows matrix, height int, g *panelGroup, next []float32) {
	const most = sparseChunks * sparseChunk
	c := panelled{dw, PanelWidth, height * PanelWidth}
	if g.columns != nil { // rows in one piece, as expandLanes reads them
		c = panelled{dw, g.width(), PanelWidth}
	}
	for n := 0; n < l.N; n += most {
		sparseProduct{rows: height, k: min(most, l.N-n), panels: g.count, add: n > 0}.multiply(
			c, matrix{rows.data[n:], rows.row, 1},
			panelled{l.gradient.panels[(g.first*l.N+n)*PanelWidth:], PanelWidth, l.N * PanelWidth}, next)
		next = nil
	}
}
