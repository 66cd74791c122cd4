package kernel

import (
	"math"
	"testing"
)

func TestAdamFlushesSubnormalMeans(t *testing.T) { onEachPath(t, testAdamFlushesSubnormalMeans) }

func testAdamFlushesSubnormalMeans(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	update := Adam{LR: 0.01, Beta1: 0.5, Beta2: 0.999, Eps: 1e-8}.Update(1000)
	for _, c := range []struct{ m, want float32 }{
		{0x1p-125, 0x1p-126}, {-0x1p-125, -0x1p-126}, {0x1.fp-126, 0}, {-0x1.fp-126, 0}, {0x1p-149, 0}, {0, 0}, {inf, inf}, {-inf, -inf}, {nan, nan},
	} {
		const n = 9 // a vector and one left
		w, m, v, g := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		Fill(m, c.m)
		Fill(v, 1e-10)
		Fill(w, 1e-20)
		update(w, m, v, g, 0)
		for i := range m {
			if m[i] != c.want && !(m[i] != m[i] && c.want != c.want) {
				t.Errorf("m[%d] of %g becomes %g, want %g", i, c.m, m[i], c.want)
			}
			if small := math.Abs(float64(c.m)) < 1e-30; small && w[i] != 1e-20 {
				t.Errorf("w[%d] with m of %g becomes %g, want it unchanged", i, c.m, w[i])
			}
		}
	}
}
