package kernel

import (
	"math"

	"actfn/internal/worker"
)

// stepChunk is the number of parameters that a task updates.
const stepChunk = 1 << 14

// Update is one step of an optimiser on parameters w with gradient g and the running averages a and b, if the optimiser
// keeps them. It may prefetch the values of a and b that lie ahead elements further on.
type Update func(w, a, b, g []float32, ahead int)

// Run updates all of w.
func (u Update) Run(p *worker.Pool, w, a, b, g []float32) {
	p.RunChunks(len(w), stepChunk, func(from, to int) {
		u(w[from:to], part(a, from, to), part(b, from, to), g[from:to], 0)
	})
}

// part is x[from:to], or nil where x is empty.
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
// A subnormal m, below 2⁻¹²⁶, becomes 0. Where a gradient stays 0, as behind a dead ReLU, m is subnormal within 900 steps,
// and processors compute with subnormal numbers at a third of the speed. With the usual ε and learning rate the step that
// such an m would make is below 10⁻³¹, which changes no weight above 10⁻²⁴.
type Adam struct {
	LR, Beta1, Beta2, Eps, Decay float64
	Decoupled                    bool
}

// Update is step t = 1, 2, …, which keeps m and v.
func (a Adam) Update(t int) Update {
	c := a.coefficients(t)
	return func(w, m, v, g []float32, ahead int) {
		n := len(w)
		impl.adamStep(w, m[:n], v[:n], g[:n], c, ahead)
	}
}

// coefficients returns those of step t:
//
//	g += decay·w;  m = beta1·m + rest1·g;  v = beta2·v + rest2·g²;  w = keep·w − size·m/(√v·root + eps)
func (a Adam) coefficients(t int) *adamCoefficients {
	c := &adamCoefficients{
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
	return func(w, m, _, g []float32, _ int) {
		g = g[:len(w)]
		if momentum == 0 {
			impl.sgd(w, w, g, lr, decay)
			return
		}
		m = m[:len(w)]
		impl.momentum(m, m, g, w, momentum, decay)
		if s.Nesterov {
			impl.nesterov(w, w, g, m, lr, momentum, decay)
		} else {
			impl.sgd(w, w, m, lr, 0)
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
	return func(w, v, m, g []float32, _ int) {
		g, v = g[:len(w)], v[:len(w)]
		impl.squares(v, v, g, w, alpha, rest, decay)
		if momentum == 0 {
			impl.rmsprop(w, w, g, v, lr, decay, eps)
			return
		}
		m = m[:len(w)]
		impl.rmspropMomentum(m, m, g, w, v, momentum, decay, eps)
		impl.sgd(w, w, m, lr, 0)
	}
}

// SumSquares returns Σ x² in float64, in chunks of fixed size and order.
func SumSquares(p *worker.Pool, x []float32) float64 {
	parts := make([]float64, (len(x)+stepChunk-1)/stepChunk)
	p.RunChunks(len(x), stepChunk, func(from, to int) {
		parts[from/stepChunk] = impl.sumSquares(x[from:to])
	})
	var total float64
	for _, s := range parts {
		total += s
	}
	return total
}

// Scale multiplies x by s.
func Scale(p *worker.Pool, x []float32, s float32) {
	p.RunChunks(len(x), stepChunk, func(from, to int) { MulScalar(x[from:to], x[from:to], s) })
}

// adamInGo is a step of Adam.
func adamInGo(w, m, v, g []float32, c *adamCoefficients, _ int) {
	for i := range w {
		gi := g[i] + float32(c.decay*w[i])
		m[i] = flushed(float32(c.beta1*m[i]) + float32(c.rest1*gi))
		v[i] = float32(c.beta2*v[i]) + float32(c.rest2*gi*gi)
		w[i] = float32(c.keep*w[i]) - float32(c.size*m[i])/(float32(sqrt(v[i])*c.root)+c.eps)
	}
}

// portableSteps are the element-wise formulas of SGD and RMSprop; each of them computes one.
var portableSteps = steps{
	sgd: func(dst, w, g []float32, lr, decay float32) {
		fill(dst, func(i int) float32 { return w[i] - float32(lr*(g[i]+float32(decay*w[i]))) })
	},
	momentum: func(dst, m, g, w []float32, momentum, decay float32) {
		fill(dst, func(i int) float32 { return float32(momentum*m[i]) + (g[i] + float32(decay*w[i])) })
	},
	nesterov: func(dst, w, g, m []float32, lr, momentum, decay float32) {
		fill(dst, func(i int) float32 {
			return w[i] - float32(lr*(g[i]+float32(decay*w[i])+float32(momentum*m[i])))
		})
	},
	squares: func(dst, v, g, w []float32, alpha, rest, decay float32) {
		fill(dst, func(i int) float32 {
			gi := g[i] + float32(decay*w[i])
			return float32(alpha*v[i]) + float32(rest*gi*gi)
		})
	},
	rmsprop: func(dst, w, g, v []float32, lr, decay, eps float32) {
		fill(dst, func(i int) float32 { return w[i] - float32(lr*((g[i]+float32(decay*w[i]))/(sqrt(v[i])+eps))) })
	},
	rmspropMomentum: func(dst, m, g, w, v []float32, momentum, decay, eps float32) {
		fill(dst, func(i int) float32 {
			return float32(momentum*m[i]) + (g[i]+float32(decay*w[i]))/(sqrt(v[i])+eps)
		})
	},
}

// adamVectors is the same in assembly for a multiple of 8 parameters, and in Go for the rest.
func adamVectors(w, m, v, g []float32, c *adamCoefficients, ahead int) {
	n := len(w) &^ 7
	if n > 0 {
		impl.adam(&w[0], &m[0], &v[0], &g[0], n, &c.beta1, 4*ahead)
	}
	adamInGo(w[n:], m[n:], v[n:], g[n:], c, 0)
}

// flushed returns x, or 0 if x is subnormal.
func flushed(x float32) float32 {
	if -0x1p-126 < x && x < 0x1p-126 {
		return 0
	}
	return x
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }
