package optim

import (
	"math"
	"slices"
	"testing"

	"actfn/internal/kernel"
	"actfn/internal/worker"
)

// lamb is LAMB (You et al. 2019, arXiv:1904.00962), an optimiser that sees whole tensors: the length of a
// tensor's step is lr times that of the tensor, whatever its gradient.
//
//	m = β₁m + (1−β₁)g;  v = β₂v + (1−β₂)g²
//	u = m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + ε) + decay·w
//	w −= lr · ‖w‖/‖u‖ · u,  with 1 for ‖w‖/‖u‖ where a norm is 0
var lamb = Optimizer{
	Name:    "lamb",
	Keys:    adamKeys,
	Moments: adamMoments,
	Rule: func(s Settings, t int) Rule {
		// Adam at rate 1 from w = 0 makes −u without the decay.
		adam := kernel.Adam{LR: 1, Beta1: s.Beta1, Beta2: s.Beta2, Eps: s.Eps}.Update(t)
		return Rule{Whole: func(p *worker.Pool, w []float32, m Moments, g []float32) {
			u := make([]float32, len(w))
			adam.Run(p, u, m[0], m[1], g)
			kernel.MulAddScalar(u, w, float32(-s.WeightDecay), u)
			ratio := math.Sqrt(kernel.SumSquares(p, w) / kernel.SumSquares(p, u))
			if ratio == 0 || math.IsInf(ratio, 1) {
				ratio = 1
			}
			kernel.MulAddScalar(w, u, float32(s.LR*ratio), w)
		}}
	},
}

// lambStep is one step in float64, written from the formula.
func lambStep(w, m, v, g []float64, s Settings, lr, decay float64, t int) {
	u := make([]float64, len(w))
	var ww, uu float64
	for i := range w {
		m[i] = s.Beta1*m[i] + (1-s.Beta1)*g[i]
		v[i] = s.Beta2*v[i] + (1-s.Beta2)*g[i]*g[i]
		u[i] = m[i]/(1-math.Pow(s.Beta1, float64(t)))/(math.Sqrt(v[i]/(1-math.Pow(s.Beta2, float64(t))))+s.Eps) + decay*w[i]
		ww += w[i] * w[i]
		uu += u[i] * u[i]
	}
	ratio := 1.0
	if ww > 0 && uu > 0 {
		ratio = math.Sqrt(ww / uu)
	}
	for i := range w {
		w[i] -= lr * ratio * u[i]
	}
}

// TestWholeTensors makes steps by LAMB of tensors in two groups, saves and restores what it keeps on the
// way, and starts one tensor at 0: the values are those of float64, and the number of workers changes no
// bit.
func TestWholeTensors(t *testing.T) {
	const steps = 6
	s := Default()
	s.LR, s.WeightDecay = 0.05, 0.1
	groups := []Group{{1, s.WeightDecay}, {1, s.WeightDecay}, {3, 0}}
	sizes := []int{40_001, 17, 3} // the first in several chunks of the pool
	var tensors []Tensor
	for i, n := range sizes {
		tensors = append(tensors, Tensor{n, groups[i]})
	}
	value := func(i, k, step int) float64 { // of the gradient, or with step 0 of a weight
		return float64(float32(math.Sin(float64(1+k+7*i+13*step)) * math.Exp(float64(i-step%3))))
	}
	run := func(workers int) [][]float32 {
		pool := worker.New(workers)
		defer pool.Close()
		state := New(lamb, s, tensors)
		if state.ElementWise() {
			t.Error("LAMB is taken for element-wise")
		}
		var w [][]float32
		for i, n := range sizes {
			w = append(w, make([]float32, n))
			for k := range w[i] {
				if i != 1 {
					w[i][k] = float32(value(i, k, 0))
				}
			}
		}
		for step := 1; step <= steps; step++ {
			if step == 4 { // go on in another state
				saved := state
				state = New(lamb, s, tensors)
				state.Steps = saved.Steps
				for i := range sizes {
					for kind, m := range saved.Moments(i) {
						copy(state.Moments(i)[kind], m)
					}
				}
			}
			state.Begin(s.LR / float64(step))
			for i, n := range sizes {
				g := make([]float32, n)
				for k := range g {
					g[k] = float32(value(i, k, step))
				}
				state.Update(pool, i, w[i], g)
			}
		}
		return w
	}
	got := run(1)
	for i, n := range sizes {
		w, m, v, g := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		for k := range w {
			if i != 1 {
				w[k] = value(i, k, 0)
			}
		}
		for step := 1; step <= steps; step++ {
			for k := range g {
				g[k] = value(i, k, step)
			}
			lambStep(w, m, v, g, s, groups[i].LRFactor*s.LR/float64(step), groups[i].WeightDecay, step)
		}
		for k, want := range w {
			if d := math.Abs(float64(got[i][k]) - want); !(d <= 2e-6*max(1, math.Abs(want))) {
				t.Fatalf("tensor %d: weight %d is %g, want %g", i, k, got[i][k], want)
			}
		}
	}
	for i, w := range run(3) {
		if !slices.Equal(w, got[i]) {
			t.Errorf("tensor %d has other bits with three workers", i)
		}
	}
}
