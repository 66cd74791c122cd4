package kernel

import (
	"math"

	"actfn/internal/worker"
)

// stepChunk is the number of parameters one task updates.
const stepChunk = 1 << 14

// Update is one step of an optimiser on some parameters w, given their gradient g and the running
// averages a and b that it keeps of them, if it keeps any. Meanwhile it may fetch into the cache the values of a and b that
// lie ahead numbers further on.
type Update func(w, a, b, g []float32, ahead int)

// Run updates all of w.
func (u Update) Run(p *worker.Pool, w, a, b, g []float32) {
	p.RunChunks(len(w), stepChunk, func(from, to int) {
		u(w[from:to], part(a, from, to), part(b, from, to), g[from:to], 0)
	})
}

// part is x[from:to], or nothing of nothing.
func part(x []float32, from, to int) []float32 {
	if len(x) == 0 {
		return nil
	}
	return x[from:to]
}

// Adam is one step of Adam (Kingma and Ba 2014, arXiv:1412.6980) as PyTorch computes it:
//
//	g += decay·w;  m = β₁m + (1−β₁)g;  v = β₂v + (1−β₂)g²
//	w −= lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)
//
// Decoupled makes it AdamW (Loshchilov and Hutter 2017, arXiv:1711.05101): w is first scaled
// by 1 − lr·decay and g is left alone.
//
// A subnormal m, below 2⁻¹²⁶, becomes 0. Where a gradient stays 0, as behind a ReLU that no image opens any more,
// m is subnormal within 900 steps, and processors take three times as long over that. With the usual ε and
// rate the step it would make is below 10⁻³¹, lost in any weight above 10⁻²⁴: the weights are PyTorch's all the same.
type Adam struct {
	LR, Beta1, Beta2, Eps, Decay float64
	Decoupled                    bool
}

// Update is step t = 1, 2, …, which keeps m and v.
func (a Adam) Update(t int) Update {
	c := a.coefficients(t)
	return c.step
}

// adamCoefficients are what a step multiplies with:
//
//	g += decay·w;  m = beta1·m + rest1·g;  v = beta2·v + rest2·g²;  w = keep·w − size·m/(√v·root + eps)
type adamCoefficients struct {
	beta1, rest1, beta2, rest2, decay, keep, size, root, eps float32 // in the order in which the kernel reads them
}

func (a Adam) coefficients(t int) adamCoefficients {
	c := adamCoefficients{
		beta1: float32(a.Beta1), rest1: float32(1 - a.Beta1),
		beta2: float32(a.Beta2), rest2: float32(1 - a.Beta2),
		decay: float32(a.Decay), keep: 1,
		size: float32(a.LR / (1 - math.Pow(a.Beta1, float64(t)))),
		root: float32(1 / math.Sqrt(1-math.Pow(a.Beta2, float64(t)))),
		eps:  float32(a.Eps),
	}
	if a.Decoupled {
		c.decay, c.keep = 0, float32(1-a.LR*a.Decay)
	}
	return c
}

// step updates parameters of one length.
func (c *adamCoefficients) step(w, m, v, g []float32, ahead int) {
	done := 0
	if avx2 {
		done = c.stepAVX2(w, m, v, g, ahead)
	}
	for i := done; i < len(w); i++ {
		gi := g[i] + float32(c.decay*w[i])
		m[i] = flushed(float32(c.beta1*m[i]) + float32(c.rest1*gi))
		v[i] = float32(c.beta2*v[i]) + float32(c.rest2*gi*gi)
		w[i] = float32(c.keep*w[i]) - float32(c.size*m[i])/(float32(sqrt(v[i])*c.root)+c.eps)
	}
}

// SGD is one step of stochastic gradient descent as PyTorch computes it, with the heavy ball of
// Polyak (1964) or Nesterov's momentum (Sutskever et al. 2013):
//
//	g += decay·w;  m = μm + g;  w −= lr·m,  or with Nesterov  w −= lr·(g + μm)
type SGD struct {
	LR, Momentum, Decay float64
	Nesterov            bool
}

// Update is a step, which keeps m if Momentum is not 0.
func (s SGD) Update() Update {
	lr, momentum, decay := float32(s.LR), float32(s.Momentum), float32(s.Decay)
	if avx2 {
		return func(w, m, _, g []float32, _ int) {
			g = g[:len(w)]
			if momentum == 0 {
				sgdStep(w, w, g, lr, decay)
				return
			}
			m = m[:len(w)]
			momentumStep(m, m, g, w, momentum, decay)
			if s.Nesterov {
				nesterovStep(w, w, g, m, lr, momentum, decay)
			} else {
				sgdStep(w, w, m, lr, 0)
			}
		}
	}
	return func(w, m, _, g []float32, _ int) {
		for i := range w {
			gi := g[i] + float32(decay*w[i])
			if momentum != 0 {
				m[i] = float32(momentum*m[i]) + gi
				if s.Nesterov {
					gi += float32(momentum * m[i])
				} else {
					gi = m[i]
				}
			}
			w[i] -= float32(lr * gi)
		}
	}
}

// RMSprop is one step of RMSprop (Tieleman and Hinton 2012, lecture 6.5) as PyTorch computes it:
//
//	g += decay·w;  v = αv + (1−α)g²;  u = g/(√v + ε)
//	w −= lr·u,  or with momentum  m = μm + u;  w −= lr·m
type RMSprop struct {
	LR, Alpha, Eps, Momentum, Decay float64
}

// Update is a step, which keeps v, and m if Momentum is not 0.
func (r RMSprop) Update() Update {
	lr, momentum, decay := float32(r.LR), float32(r.Momentum), float32(r.Decay)
	alpha, rest, eps := float32(r.Alpha), float32(1-r.Alpha), float32(r.Eps)
	if avx2 {
		return func(w, v, m, g []float32, _ int) {
			g, v = g[:len(w)], v[:len(w)]
			squaresStep(v, v, g, w, alpha, rest, decay)
			if momentum == 0 {
				rmspropStep(w, w, g, v, lr, decay, eps)
				return
			}
			m = m[:len(w)]
			rmspropMomentum(m, m, g, w, v, momentum, decay, eps)
			sgdStep(w, w, m, lr, 0)
		}
	}
	return func(w, v, m, g []float32, _ int) {
		for i := range w {
			gi := g[i] + float32(decay*w[i])
			v[i] = float32(alpha*v[i]) + float32(rest*gi*gi)
			u := gi / (sqrt(v[i]) + eps)
			if momentum != 0 {
				m[i] = float32(momentum*m[i]) + u
				u = m[i]
			}
			w[i] -= float32(lr * u)
		}
	}
}

// SumSquares returns Σ x² in float64, in chunks of fixed size and order.
func SumSquares(p *worker.Pool, x []float32) float64 {
	parts := make([]float64, (len(x)+stepChunk-1)/stepChunk)
	p.RunChunks(len(x), stepChunk, func(from, to int) {
		parts[from/stepChunk] = squares(x[from:to])
	})
	var total float64
	for _, s := range parts {
		total += s
	}
	return total
}

// squares is Σ x² of a chunk.
func squares(x []float32) float64 {
	if avx2 {
		return sumSquares(x)
	}
	var s float64
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	return s
}

// Scale multiplies x by s.
func Scale(p *worker.Pool, x []float32, s float32) {
	p.RunChunks(len(x), stepChunk, func(from, to int) { MulScalar(x[from:to], x[from:to], s) })
}

// flushed is x, or 0 where x is subnormal.
func flushed(x float32) float32 {
	if -0x1p-126 < x && x < 0x1p-126 {
		return 0
	}
	return x
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }
