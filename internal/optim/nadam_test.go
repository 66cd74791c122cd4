package optim

import (
	"math"
	"testing"

	"actfn/internal/worker"
)

// Many steps are those of the formula in float64 with the product of μ kept, also where the product has
// vanished; β₁ of 0 has no momentum.
func TestNAdamOverManySteps(t *testing.T) {
	pool := worker.New(1)
	defer pool.Close()
	for _, s := range []Settings{
		{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, MomentumDecay: 4e-3},
		{LR: 1e-3, Beta1: 0.99, Beta2: 0.9, Eps: 1e-4, MomentumDecay: 10},
		{LR: 1e-3, Beta1: 0.5, Beta2: 0.99, Eps: 1e-8},
		{LR: 1e-3, Beta1: 0, Beta2: 0.99, Eps: 1e-8, MomentumDecay: 4e-3},
	} {
		state := New(nadam, s, []Tensor{{1, Group{LRFactor: 1}}})
		got := []float32{1}
		w, m, v, product := 1.0, 0.0, 0.0, 1.0
		mu := func(t int) float64 { return s.Beta1 * (1 - math.Pow(0.96, float64(t)*s.MomentumDecay)/2) }
		for step := 1; step <= 500; step++ {
			g := float64(float32(math.Sin(float64(step * step))))
			product *= mu(step)
			m = s.Beta1*m + (1-s.Beta1)*g
			v = s.Beta2*v + (1-s.Beta2)*g*g
			ahead := mu(step+1)*m/(1-product*mu(step+1)) + (1-mu(step))*g/(1-product)
			w -= s.LR * ahead / (math.Sqrt(v/(1-math.Pow(s.Beta2, float64(step)))) + s.Eps)
			state.Begin(s.LR)
			state.Update(pool, 0, got, []float32{float32(g)})
			if d := math.Abs(float64(got[0]) - w); !(d < 1e-5) {
				t.Fatalf("%+v: after step %d the weight is %g, want %g", s, step, got[0], w)
			}
		}
	}
}

// As in Adam, a subnormal average becomes 0 and no other does.
func TestNAdamFlushesSubnormalMeans(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	s := Default()
	s.Beta1 = 0.5
	for _, c := range []struct{ m, want float32 }{
		{0x1p-125, 0x1p-126}, {-0x1p-125, -0x1p-126}, {0x1.fp-126, 0}, {-0x1.fp-126, 0}, {0x1p-149, 0}, {0, 0}, {inf, inf}, {-inf, -inf}, {nan, nan},
	} {
		const n = nadamBlock + 9 // a block, a vector and one left
		w, m, v, g := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		for i := range m {
			w[i], m[i], v[i] = 1e-20, c.m, 1e-10
		}
		nadam.Rule(s, 1000).Each(w, m, v, g, 0)
		for i := range m {
			if m[i] != c.want && !(m[i] != m[i] && c.want != c.want) {
				t.Fatalf("m[%d] of %g becomes %g, want %g", i, c.m, m[i], c.want)
			}
			if small := math.Abs(float64(c.m)) < 1e-30; small && w[i] != 1e-20 {
				t.Fatalf("w[%d] with m of %g becomes %g, want it unchanged", i, c.m, w[i])
			}
		}
	}
}
