//go:build !purego

package kernel

import "actfn/internal/worker"

// This file is the products of a linear layer that are not done in tiles.
//
// With an x that has many zeros, as ReLU leaves them, rows of x decide which rows of the other operand are added up. What
// is left out adds 0, so the results have the bits of the dense products, but where a weight is not finite and only meets
// zeros.

type sparseKernel = func(a *float32, rowA uintptr, b *float32, panelB uintptr, c *float32, rowC, panelC uintptr, chunks, rows, add int, ahead *float32, lines int)

// The kernels by the number of panels.
var (
	sparseKernels     = []sparseKernel{nil, sparse1, sparse2, sparse3, sparse4, sparse5}
	wideSparseKernels = []sparseKernel{nil, wideSparse1, wideSparse2, wideSparse3, wideSparse4, wideSparse5, wideSparse6, wideSparse7, wideSparse8}
)

// sparseProduct is the shape of c (+)= a·b where a, (rows, k), has zeros. Columns of b and c come in panels; rows of
// b lie PanelWidth apart.
type sparseProduct struct {
	rows, k, panels int
	add             bool
}

// panelled is a matrix in panels of PanelWidth columns: element (i, j) is data[j/PanelWidth·panel + i·row + j%PanelWidth].
type panelled struct {
	data       []float32
	row, panel int
}

// multiply computes the product. Meanwhile it fetches next into the cache.
func (p sparseProduct) multiply(c panelled, a matrix, b panelled, next []float32) {
	// The kernels do not check.
	_ = c.data[(p.panels-1)*c.panel+(p.rows-1)*c.row+PanelWidth-1]
	_ = a.data[(p.rows-1)*a.row+roundUp(p.k, sparseChunk)-1]
	_ = b.data[(p.panels-1)*b.panel+p.k*PanelWidth-1]
	const size = 4
	add := 0
	if p.add {
		add = 1
	}
	ahead, lines := &idle, len(next)/(p.rows*cacheLine)
	if lines > 0 {
		ahead = &next[0]
	}
	kernels := sparseKernels
	if wide {
		kernels = wideSparseKernels
	}
	kernels[p.panels](&a.data[0], uintptr(a.row*size), &b.data[0], uintptr(b.panel*size), &c.data[0], uintptr(c.row*size), uintptr(c.panel*size),
		(p.k+sparseChunk-1)/sparseChunk, p.rows, add, ahead, lines)
}

// forwardSparse is Forward. What a share of the inputs makes of the outputs is (N, Panels(Out)·PanelWidth) here.
func (l *Linear) forwardSparse(p *worker.Pool, y, x, w, b []float32) {
	share, shares := l.shares()
	width := Panels(l.Out) * PanelWidth
	l.parts = rooms(l.parts, shares, l.N*width)
	l.strips = rooms(l.strips, p.Workers(), min(l.N, forwardWidth)*BlockHeight)
	half := (Panels(l.Out) + 1) / 2
	group, _ := sparsePanels()
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
				for j := from; j < to; j += group {
					panels := min(group, to-j)
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

// weightsSparse is weights.
func (l *Linear) weightsSparse(dw []float32, rows matrix, height int, g panelGroup, next []float32) {
	for n := 0; n < l.N; n += 4 * sparseChunk {
		sparseProduct{rows: height, k: min(4*sparseChunk, l.N-n), panels: g.to - g.from, add: n > 0}.multiply(
			panelled{dw, PanelWidth, height * PanelWidth}, matrix{rows.data[n:], rows.row, 1},
			panelled{l.gradient.panels[(g.from*l.N+n)*PanelWidth:], PanelWidth, l.N * PanelWidth}, next)
		next = nil
	}
}
