package op

import (
	"gorgonia.org/gorgonia"

	"actfn/internal/worker"
)

// elementwise is y = f(x).
type elementwise struct {
	base
	pool *worker.Pool
	f    *applied
}

// Activation applies f to every value of x, (C, …, N).
func Activation(pool *worker.Pool, f Function, x *gorgonia.Node) (*gorgonia.Node, error) {
	a, err := newApplied(f, x.Shape()[0])
	if err != nil {
		return nil, err
	}
	e := &elementwise{newBase(f.String(), x.Shape(), a.inputs(x.Dims())...), pool, a}
	return gorgonia.ApplyOp(e, append(gorgonia.Nodes{x}, f.Parameters...)...)
}

// Do computes y from x and the parameters.
func (e *elementwise) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	y, x := e.out(), data(in[0])
	e.f.set(in[1:])
	e.f.parts(e.pool, len(y), func(group, _, from, to int) { e.f.forward(y[from:to], x[from:to], group, from) })
	return e.result, nil
}

// DiffWRT says that x and the parameters have a gradient.
func (e *elementwise) DiffWRT(int) []bool { return e.f.differentiable(true) }

// SymDiff returns dx = dy·f′(x), and dp = Σ dy·∂f/∂p for each parameter p.
func (e *elementwise) SymDiff(in gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	x := in[0]
	dx, err := gorgonia.ApplyOp(&elementwiseInput{newBase(e.name+".dx", x.Shape(), x.Dims(), x.Dims()), e}, x, dy)
	if err != nil {
		return nil, err
	}
	dp, err := e.f.published(e.name, dx)
	return append(gorgonia.Nodes{dx}, dp...), err
}

type elementwiseInput struct {
	base
	of *elementwise
}

// Do computes dx from x and dy, after y, and the parameters' gradients.
func (e *elementwiseInput) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	e.of.f.backwardAll(e.of.pool, e.out(), data(in[1]), data(in[0]))
	return e.result, nil
}
