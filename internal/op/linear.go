package op

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"actfn/internal/kernel"
	"actfn/internal/worker"
)

// linear is y = Wᵀx + b.
type linear struct {
	base
	pool *worker.Pool
	geom *kernel.Linear

	inputGradient bool // x is computed, so a gradient flows into it

	x []float32 // of the last run
}

// Linear applies W, (Panels(Out), In, PanelWidth) as kernel.Linear lays it out, and b, (Out), to x,
// (…, N), whose leading dimensions flatten to In. The result is (Out, N).
func Linear(pool *worker.Pool, x, w, b *gorgonia.Node) (*gorgonia.Node, error) {
	n := x.Shape()[x.Dims()-1]
	in, out := x.Shape().TotalSize()/n, b.Shape().TotalSize()
	if !w.Shape().Eq(tensor.Shape{kernel.Panels(out), in, kernel.PanelWidth}) {
		return nil, shapeError("linear", "w", w.Shape(), kernel.Panels(out), in, kernel.PanelWidth)
	}
	if !b.Shape().Eq(tensor.Shape{out}) {
		return nil, shapeError("linear", "b", b.Shape(), out)
	}
	l := &linear{
		base: newBase("linear", tensor.Shape{out, n}, x.Dims(), 3, 1),
		pool: pool,
		geom: &kernel.Linear{In: in, Out: out, N: n, SkipZeros: true},

		inputGradient: computed(x),
	}
	return gorgonia.ApplyOp(l, x, w, b)
}

// Do computes y from x, W and b.
func (l *linear) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	l.x = data(in[0])
	l.geom.Forward(l.pool, l.out(), l.x, data(in[1]), data(in[2]))
	return l.result, nil
}

// DiffWRT says that every input has a gradient but an x that nothing computes.
func (l *linear) DiffWRT(int) []bool { return []bool{l.inputGradient, true, true} }

// SymDiff returns dx = W·dy, where x is computed, dW = x·dyᵀ and db = Σ dy.
func (l *linear) SymDiff(in gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	x, w, b := in[0], in[1], in[2]
	weights := &linearWeights{base: newBase("linear.dw", w.Shape(), x.Dims(), 2), of: l}
	dw, err := gorgonia.ApplyOp(weights, x, dy)
	if err != nil {
		return nil, err
	}
	db, err := gorgonia.ApplyOp(&linearBias{newBase("linear.db", b.Shape(), 2), l}, dy)
	if err != nil || !l.inputGradient {
		return gorgonia.Nodes{nil, dw, db}, err
	}
	dx, err := gorgonia.ApplyOp(&linearInput{newBase("linear.dx", x.Shape(), 3, 2), l, weights}, w, dy)
	return gorgonia.Nodes{dx, dw, db}, err
}

type linearInput struct {
	base
	of *linear
	dw *linearWeights
}

// Do computes dx from W and dy. Where W is to be updated, that is done on the way.
func (l *linearInput) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	w, dy := data(in[0]), data(in[1])
	if u := l.dw.due; u != nil {
		l.of.geom.BackwardUpdate(l.of.pool, l.out(), l.of.x, dy, w, u.a, u.b, u.rule)
		l.dw.due, l.dw.done = nil, true
	} else {
		l.of.geom.BackwardInput(l.of.pool, l.out(), w, dy)
	}
	return l.result, nil
}

type linearWeights struct {
	base
	of *linear

	deferred bool
	dy       []float32 // what a deferred gradient is computed from, with the layer's x
	due      *update   // the update that is to be made on the way, if any
	done     bool      // it has been made
}

// update is how a parameter is updated by its gradient.
type update struct {
	a, b []float32
	rule kernel.Update
}

// Do computes dW from x and dy, or puts it off: then the node's value is dy, as it must have one.
func (l *linearWeights) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	l.dy = data(in[1])
	if l.deferred {
		return in[1], nil
	}
	return l.compute(), nil
}

func (l *linearWeights) compute() gorgonia.Value {
	l.of.geom.BackwardWeights(l.of.pool, l.out(), l.of.x, l.dy)
	return l.result
}

// Deferred is the gradient of a weight that is not computed when the graph runs but when it is asked
// for, before the next run: a large one need never be in memory as a whole.
type Deferred struct{ of *linearWeights }

// Defer puts off the gradient of a parameter, after Gorgonia has differentiated the graph. It reports
// whether there is a way; there is one for the weights of a linear layer.
func Defer(parameter *gorgonia.Node) (Deferred, bool) {
	l, ok := parameter.Deriv().Op().(*linearWeights)
	if ok {
		l.deferred = true
	}
	return Deferred{l}, ok
}

// Gradient computes the gradient.
func (d Deferred) Gradient() gorgonia.Value { return d.of.compute() }

// Prepare announces the Update that will follow the next run. The run makes it, if it goes through the
// weights anyway for the gradient of the layer's input.
func (d Deferred) Prepare(a, b []float32, rule kernel.Update) {
	d.of.due, d.of.done = &update{a, b, rule}, false
}

// Update updates the parameter w, whose running averages are a and b, by its gradient, unless the run
// has done so.
func (d Deferred) Update(w, a, b []float32, rule kernel.Update) {
	if !d.of.done {
		d.of.of.geom.BackwardUpdate(d.of.of.pool, nil, d.of.of.x, d.of.dy, w, a, b, rule)
	}
	d.of.due, d.of.done = nil, false
}

type linearBias struct {
	base
	of *linear
}

// Do computes db from dy.
func (l *linearBias) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	l.of.geom.BackwardBias(l.of.pool, l.out(), data(in[0]))
	return l.result, nil
}
