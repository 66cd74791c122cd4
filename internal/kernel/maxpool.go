package kernel

import "actfn/internal/worker"

// MaxPool is the geometry of max-pooling: x is (C, H, W, N), y is (C, OutH, OutW, N), and a window takes
// Size×Size positions, Stride apart from the next.
type MaxPool struct {
	N, C, H, W   int
	Size, Stride int

	OutH, OutW int
}

// NewMaxPool completes the geometry of m.
func NewMaxPool(m MaxPool) *MaxPool {
	m.OutH, m.OutW = (m.H-m.Size)/m.Stride+1, (m.W-m.Size)/m.Stride+1
	return &m
}

// Forward computes the maximum of each window in y, and its position in the window, y·Size + x, in argmax,
// both (C, OutH, OutW, N). It is the first among equals; NaN is above all numbers, as in PyTorch.
func (m *MaxPool) Forward(p *worker.Pool, y []float32, argmax []uint8, x []float32) {
	p.Run(m.C*m.OutH, func(_, row int) {
		ch, oy := row/m.OutH, row%m.OutH
		for ox := range m.OutW {
			for n := range m.N {
				corner := ((ch*m.H+oy*m.Stride)*m.W+ox*m.Stride)*m.N + n
				best, at := x[corner], 0
				for k := 1; k < m.Size*m.Size; k++ {
					if v := x[corner+m.offset(k)]; v > best || v != v {
						best, at = v, k
					}
				}
				i := (row*m.OutW+ox)*m.N + n
				y[i], argmax[i] = best, uint8(at)
			}
		}
	})
}

// Backward computes dx from dy and what Forward left in argmax: dy at the maxima, added up where windows
// overlap, and 0 elsewhere.
func (m *MaxPool) Backward(p *worker.Pool, dx, dy []float32, argmax []uint8) {
	p.Run(m.C, func(_, ch int) {
		plane := dx[ch*m.H*m.W*m.N:][:m.H*m.W*m.N]
		clear(plane)
		for i := range m.OutH * m.OutW * m.N {
			oy, ox, n := i/m.N/m.OutW, i/m.N%m.OutW, i%m.N
			from := ch*m.OutH*m.OutW*m.N + i
			plane[(oy*m.Stride*m.W+ox*m.Stride)*m.N+n+m.offset(int(argmax[from]))] += dy[from]
		}
	})
}

// offset is how far position k of a window lies from its corner in x.
func (m *MaxPool) offset(k int) int { return (k/m.Size*m.W + k%m.Size) * m.N }
