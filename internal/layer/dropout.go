package layer

import (
	"fmt"

	"actfn/internal/kernel"
)

// Dropout sets each value to 0 with a probability P and multiplies the others by 1/(1 − P), anew at each training step
// (Srivastava et al. 2014, JMLR 15): PyTorch's Dropout. In evaluation, and for a probe, y = x. NaN stays NaN, dropped or
// not, as in PyTorch.
type Dropout struct {
	Name string  // fc1.dropout belongs to fc1: its draws are "dropout fc1"
	P    float64 // from 0 to below 1
}

// Params is nothing.
func (Dropout) Params() []Param { return nil }

// Out is the shape of the input.
func (Dropout) Out(in []Shape) (Shape, error) { return oneInput(in) }

// Bytes are those of the factors.
func (Dropout) Bytes(in []Shape, columns int, training bool) int64 {
	if !training {
		return 0
	}
	return floatBytes * int64(in[0].Size()) * int64(columns)
}

// Describe says the probability.
func (l Dropout) Describe([]Shape) Description {
	return Description{Kind: fmt.Sprintf("dropout %g", l.P), PyTorch: fmt.Sprintf("nn.Dropout(%g)", l.P)}
}

// Signal changes nothing, as for a probe.
func (Dropout) Signal(s Start) (Moments, float64) { return s.Moments[0], 1 }

// Purpose names the draws.
func (l Dropout) Purpose() string { return purpose(l.Name) }

// New makes the dropout of one graph.
func (l Dropout) New(b Build) Op {
	d := &dropoutOp{Build: b, p: float32(l.P), keep: float32(1 / (1 - l.P))}
	if b.Training {
		d.factors = kernel.Floats(b.In[0].Size() * b.Columns)
	}
	return d
}

type dropoutOp struct {
	Build
	p, keep float32
	factors []float32 // of the last training run: 0 or keep
	drops   bool      // the last run was one
}

// dropoutChunk is the number of values that one task computes, at most.
const dropoutChunk = 1 << 12

// Forward computes y = x·(0 where a draw is below P, else 1/(1 − P)).
func (l *dropoutOp) Forward(c *Context, y []float32, x [][]float32) {
	l.drops = c.Mode == Train
	if !l.drops {
		copy(y, x[0])
		return
	}
	l.Pool.RunChunks(len(y), dropoutChunk, func(from, to int) {
		factors := l.factors[from:to]
		c.Draw(factors, 0, from)
		kernel.ScalarLessEqual(factors, l.p, factors)
		kernel.MulScalar(factors, factors, l.keep)
		kernel.Mul(y[from:to], x[0][from:to], factors)
	})
}

// Backward computes dx = dy·(0 or 1/(1 − P)), as Forward drew them.
func (l *dropoutOp) Backward(_ *Context, dx [][]float32, dy, _ []float32, _ [][]float32) {
	switch {
	case dx[0] == nil:
	case l.drops:
		l.Pool.RunChunks(len(dy), dropoutChunk, func(from, to int) {
			kernel.Mul(dx[0][from:to], dy[from:to], l.factors[from:to])
		})
	default:
		copy(dx[0], dy)
	}
}
