package op

import (
	"gorgonia.org/gorgonia"

	"actfn/internal/activations"
	"actfn/internal/kernel"
)

// elementwise is y = f(x).
type elementwise struct {
	base
	pool *kernel.Pool
	f    activations.Activation
}

// elementChunk is the number of values one task computes.
const elementChunk = 1 << 12

// Activation applies f to every value of x.
func Activation(pool *kernel.Pool, f activations.Activation, x *gorgonia.Node) (*gorgonia.Node, error) {
	return gorgonia.ApplyOp(&elementwise{newBase(f.String(), x.Shape(), x.Dims()), pool, f}, x)
}

// Do computes y from x.
func (e *elementwise) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	y, x := e.out(), data(in[0])
	e.pool.RunChunks(len(y), elementChunk, func(from, to int) { e.f.Forward(y[from:to], x[from:to]) })
	return e.result, nil
}

// DiffWRT says that x has a gradient.
func (e *elementwise) DiffWRT(int) []bool { return []bool{true} }

// SymDiff returns dx = dy·f′(x).
func (e *elementwise) SymDiff(in gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	x := in[0]
	dx, err := gorgonia.ApplyOp(&elementwiseInput{newBase(e.name+".dx", x.Shape(), x.Dims(), x.Dims()), e}, x, dy)
	return gorgonia.Nodes{dx}, err
}

type elementwiseInput struct {
	base
	of *elementwise
}

// Do computes dx from x and dy.
func (e *elementwiseInput) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	dx, x, dy := e.out(), data(in[0]), data(in[1])
	e.of.pool.RunChunks(len(dx), elementChunk, func(from, to int) { e.of.f.Backward(dx[from:to], dy[from:to], x[from:to]) })
	return e.result, nil
}
