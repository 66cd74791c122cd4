package kernel

import (
	"fmt"
	"testing"
)

func TestLinear(t *testing.T) { onEachPath(t, testLinear) }

func testLinear(t *testing.T) {
	for _, l := range []Linear{{In: 1, Out: 1, N: 1}, {In: 5, Out: 3, N: 2}, {In: 131, Out: 18, N: 33}, {In: 300, Out: 10, N: 7}, {In: 97, Out: 40, N: 8}, {In: 200, Out: 23, N: 24}, {In: 1700, Out: 5, N: 100}} {
		t.Run(fmt.Sprintf("%d_to_%d_n%d", l.In, l.Out, l.N), func(t *testing.T) {
			p := NewPool(2)
			defer p.Close()
			x, w, b, dy := noise(l.In*l.N, "x"), noise(l.In*l.Out, "w"), noise(l.Out, "b"), noise(l.Out*l.N, "dy")
			wantY, wantX := make([]float64, l.Out*l.N), make([]float64, l.In*l.N)
			wantW, wantB := make([]float64, l.In*l.Out), make([]float64, l.Out)
			for o := range l.Out {
				for n := range l.N {
					wantY[o*l.N+n] = float64(b[o])
					wantB[o] += float64(dy[o*l.N+n])
					for i := range l.In {
						wantY[o*l.N+n] += float64(w[i*l.Out+o]) * float64(x[i*l.N+n])
						wantX[i*l.N+n] += float64(w[i*l.Out+o]) * float64(dy[o*l.N+n])
						wantW[i*l.Out+o] += float64(x[i*l.N+n]) * float64(dy[o*l.N+n])
					}
				}
			}
			y, dx, dw, db := noise(l.Out*l.N, "old"), noise(l.In*l.N, "old"), noise(l.In*l.Out, "old"), noise(l.Out, "old")
			l.Forward(p, y, x, w, b)
			l.BackwardInput(p, dx, w, dy)
			l.BackwardWeights(p, dw, x, dy)
			l.BackwardBias(db, dy)
			near(t, "y", y, wantY, l.In)
			near(t, "dx", dx, wantX, l.Out)
			near(t, "dw", dw, wantW, l.N)
			near(t, "db", db, wantB, l.N)
		})
	}
}
