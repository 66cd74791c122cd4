package kernel

import "actfn/internal/worker"

// MaxPool is the geometry of max-pooling: x is (C, H, W, N), y is (C, OutH, OutW, N), and a window has
// Size×Size positions, Stride positions from the one before.
type MaxPool struct {
	N, C, H, W   int
	Size, Stride int

	OutH, OutW int

	windows windows
}

// NewMaxPool completes the geometry of m.
func NewMaxPool(m MaxPool) *MaxPool {
	m.OutH, m.OutW = (m.H-m.Size)/m.Stride+1, (m.W-m.Size)/m.Stride+1
	m.windows = newWindows(m.N, m.W, m.Size, m.Stride)
	return &m
}

// Forward computes the maximum of each window in y, and its position in the window, y·Size + x, in argmax,
// both (C, OutH, OutW, N). It is the first among equals; NaN is above all numbers, as in PyTorch.
func (m *MaxPool) Forward(p *worker.Pool, y []float32, argmax []uint8, x []float32) {
	m.check("y", y, argmax, "x", x)
	plane, row, pooled := m.H*m.W*m.N, m.W*m.N, m.OutW*m.N
	p.Run(m.C*m.OutH, func(_, task int) {
		rows := x[task/m.OutH*plane+task%m.OutH*m.Stride*row:]
		y := y[task*pooled:][:pooled]
		m.windows.pick(y, y, argmax[task*pooled:], rows, rows)
	})
}

// Backward computes dx from dy and what Forward left in argmax: dy at the maxima, added up where windows
// overlap, and 0 elsewhere.
func (m *MaxPool) Backward(p *worker.Pool, dx, dy []float32, argmax []uint8) {
	m.check("dy", dy, argmax, "dx", dx)
	plane, row, pooled := m.H*m.W*m.N, m.W*m.N, m.OutW*m.N
	disjoint := m.Size == m.Stride // windows, each row of which fills rows of its own
	p.Run(m.C, func(_, ch int) {
		rows := dx[ch*plane:][:plane]
		if !disjoint || m.H%m.Stride != 0 || m.W%m.Stride != 0 {
			clear(rows)
		}
		for oy := range m.OutH {
			band, i := rows[oy*m.Stride*row:], (ch*m.OutH+oy)*pooled
			if disjoint {
				m.windows.expand(band, row, dy[i:], argmax[i:], 0, m.N)
			} else {
				m.windows.scatter(band, row, dy[i:], argmax[i:], 0, m.N)
			}
		}
	})
}

// check panics unless the slices, named so, hold what the geometry says.
func (m *MaxPool) check(pooledName string, pooled []float32, argmax []uint8, name string, x []float32) {
	n := m.C * m.OutH * m.OutW * m.N
	atLeast(pooledName, len(pooled), n)
	atLeast("argmax", len(argmax), n)
	atLeast(name, len(x), m.C*m.H*m.W*m.N)
}
