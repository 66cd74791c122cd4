package optim

import (
	"math"
	"sync"

	"actfn/internal/kernel"
)

// nadam is NAdam, Adam with Nesterov's momentum (Dozat 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ),
// as torch.optim.NAdam documents and, from PyTorch 2.0 on, computes it, without decoupled weight decay:
//
//	g += decay·w;  m = β₁m + (1−β₁)g;  v = β₂v + (1−β₂)g²
//	μᵢ = β₁(1 − 0.96^(iψ)/2),  where ψ is momentum_decay
//	w −= lr · (μₜ₊₁m/(1−μ₁…μₜ₊₁) + (1−μₜ)g/(1−μ₁…μₜ)) / (√(v/(1−β₂ᵗ)) + ε)
//
// The products of μ follow from t: they are neither kept nor saved. A subnormal m becomes 0, as in
// kernel.Adam.
var nadam = Optimizer{
	Name:    "nadam",
	Keys:    []string{"lr", "beta1", "beta2", "eps", "momentum_decay", "weight_decay"},
	Moments: adamMoments,
	Rule:    func(s Settings, t int) Rule { return Rule{Each: nadamUpdate(s, t)} },
}

// nadamBlock is how many values are worked on at a time, few enough to stay in the nearest cache.
const nadamBlock = 256

var nadamZeros [nadamBlock]float32

// nadamRooms holds scratch memory: what is passed to a kernel cannot be on the stack.
var nadamRooms = sync.Pool{New: func() any { return new([2][nadamBlock]float32) }}

func nadamUpdate(s Settings, t int) kernel.Update {
	mu := func(i int) float64 { return s.Beta1 * (1 - 0.5*math.Pow(0.96, float64(i)*s.MomentumDecay)) }
	product := 1.0
	for i := 1; i <= t && product > 0x1p-60; i++ { // 1 − a smaller product is 1
		product *= mu(i)
	}
	ofG := float32(s.LR * (1 - mu(t)) / (1 - product))
	ofM := float32(s.LR * mu(t+1) / (1 - product*mu(t+1)))
	root := float32(1 / math.Sqrt(1-math.Pow(s.Beta2, float64(t))))
	beta1, rest1, beta2, rest2 := float32(s.Beta1), float32(1-s.Beta1), float32(s.Beta2), float32(1-s.Beta2)
	decay, eps := float32(s.WeightDecay), float32(s.Eps)
	return func(w, m, v, g []float32, _ int) {
		rooms := nadamRooms.Get().(*[2][nadamBlock]float32)
		defer nadamRooms.Put(rooms)
		decayed, scratch := rooms[0][:], rooms[1][:]
		for from := 0; from < len(w); from += nadamBlock {
			to := min(from+nadamBlock, len(w))
			w, m, v, g, x := w[from:to], m[from:to], v[from:to], g[from:to], scratch[:to-from]
			if decay != 0 {
				kernel.MulAddScalar(decayed[:to-from], w, decay, g)
				g = decayed[:to-from]
			}
			kernel.MulScalar(x, g, rest1)
			kernel.MulAddScalar(m, m, beta1, x)
			kernel.Abs(x, m)
			kernel.LessScalar(x, x, 0x1p-126) // subnormal, or NaN, which Where hands on
			kernel.Where(m, x, nadamZeros[:], m)

			kernel.MulScalar(x, g, rest2)
			kernel.MulScalar(v, v, beta2)
			kernel.MulAdd(v, x, g, v) // never g² alone, which may be subnormal and slow

			step := decayed[:to-from] // which is g, or not in use
			kernel.MulScalar(step, g, ofG)
			kernel.MulAddScalar(step, m, ofM, step)
			kernel.Sqrt(x, v)
			kernel.Affine(x, x, root, eps)
			kernel.Div(step, step, x)
			kernel.Sub(w, w, step)
		}
	}
}
