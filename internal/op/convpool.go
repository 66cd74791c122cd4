package op

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"actfn/internal/kernel"
	"actfn/internal/worker"
)

// convPool is y = maxpool(f(w∗x + b)).
type convPool struct {
	base
	pool   *worker.Pool
	geom   *kernel.Conv
	f      *applied
	shared *sharedPlane // nil: every channel has its plane

	z      []float32 // w∗x + b at each window's maximum, (F, PoolH, PoolW, N); nil: no gradient needs it beside y
	argmax []uint8   // where in its window that is
}

// Window is the size and the step of a sliding window.
type Window struct{ Size, Stride int }

// ConvPool convolves x, (C, H, W, N), with w, (F, C, K, K), adds b, (F), applies f and pools by the
// maximum. The result is (F, PoolH, PoolW, N); a pooling window of 1 with stride 1 pools nothing.
//
// Images whose channels are equal may come as one plane, (1, H, W, N): convolving it with the sum of the
// channels' filters is the same and takes a fraction of the time.
func ConvPool(pool *worker.Pool, f Function, stride, padding int, window Window, x, w, b *gorgonia.Node) (*gorgonia.Node, error) {
	xs, ws := x.Shape(), w.Shape()
	if xs.Dims() != 4 || ws.Dims() != 4 || ws[2] != ws[3] || ws[1] != xs[0] && (xs[0] != 1 || computed(x)) {
		return nil, shapeError("convolution", "w", ws, ws[0], xs[0], ws[2], ws[2])
	}
	if !b.Shape().Eq(tensor.Shape{ws[0]}) {
		return nil, shapeError("convolution", "b", b.Shape(), ws[0])
	}
	geom := kernel.NewConv(kernel.Conv{
		C: xs[0], H: xs[1], W: xs[2], N: xs[3], F: ws[0],
		Size: ws[2], Stride: stride, Pad: padding, PoolSize: window.Size, PoolStride: window.Stride,
		InputGradient: computed(x), // else x is images, whose gradient would be the most expensive of all and serve nobody
	})
	a, err := newApplied(f, geom.F)
	if err != nil {
		return nil, err
	}
	c := &convPool{
		base: newBase("conv_pool", tensor.Shape{geom.F, geom.PoolH, geom.PoolW, geom.N}, a.inputs(4, 4, 1)...),
		pool: pool, geom: geom, f: a,
		shared: newSharedPlane(xs, ws),
		argmax: make([]uint8, geom.Pooled()),
	}
	return gorgonia.ApplyOp(c, append(gorgonia.Nodes{x, w, b}, f.Parameters...)...)
}

// Do computes y from x, w, b and the parameters of f.
func (c *convPool) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	c.f.set(in[3:])
	c.geom.Forward(c.pool, c.out(), c.kept(), c.argmax, data(in[0]), c.shared.filters(data(in[1])), data(in[2]), c.f.forward, c.f.NonDecreasing())
	return c.result, nil
}

// kept is what the gradient of f is computed from.
func (c *convPool) kept() []float32 {
	if c.z == nil {
		return c.out()
	}
	return c.z
}

// DiffWRT says that every input has a gradient but an x that nothing computes.
func (c *convPool) DiffWRT(int) []bool { return c.f.differentiable(c.geom.InputGradient, true, true) }

// SymDiff returns dx, where x is computed, dw, db and those of f's parameters. The one op that computes dw comes first and
// leaves the others what they need.
func (c *convPool) SymDiff(in gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	x, w, b := in[0], in[1], in[2]
	if !c.f.SlopeOfValue() {
		c.z = make([]float32, c.geom.Pooled())
	}
	back := &convWeights{
		base: newBase("conv_pool.dw", w.Shape(), 4, 4), of: c,
		db: make([]float32, c.geom.F),
	}
	dw, err := gorgonia.ApplyOp(back, y, dy)
	if err != nil {
		return nil, err
	}
	db, err := gorgonia.ApplyOp(newView("conv_pool.db", back.db, b.Shape(), 4), dw)
	if err != nil {
		return nil, err
	}
	dp, err := c.f.published("conv_pool", dw)
	if err != nil || !c.geom.InputGradient {
		return append(gorgonia.Nodes{nil, dw, db}, dp...), err
	}
	dx, err := gorgonia.ApplyOp(&convInput{newBase("conv_pool.dx", x.Shape(), 4, 4), back}, w, dw)
	return append(gorgonia.Nodes{dx, dw, db}, dp...), err
}

type convWeights struct {
	base
	of *convPool
	db []float32
}

// Do computes dw, db and the gradients of f's parameters from dy, after y: through the activation, back to the maxima, into the filters.
func (c *convWeights) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	conv, dy, kept := c.of, data(in[1]), c.of.kept()
	shares, at := conv.geom.Shares(), conv.origins
	conv.f.begin(conv.geom.F, shares)
	conv.geom.BackwardWeights(conv.pool, conv.shared.gradient(c.out()), c.db, conv.argmax, func(dst []float32, filter, from, share int) {
		conv.f.backward(dst, dy[from:], kept[from:], filter, from, filter*shares+share, at)
	})
	conv.f.end(conv.geom.F, shares)
	conv.shared.spread(c.out())
	return c.result, nil
}

// origins is where values after pooling come from.
func (c *convPool) origins(dst []int, from int) { c.geom.Origins(dst, from, c.argmax) }

type convInput struct {
	base
	back *convWeights
}

// Do computes dx from w, after dw.
func (c *convInput) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	conv := c.back.of
	conv.geom.BackwardInput(conv.pool, c.out(), data(in[0]), conv.argmax)
	return c.result, nil
}
