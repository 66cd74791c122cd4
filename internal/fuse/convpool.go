package fuse

import (
	"slices"

	"actfn/internal/kernel"
	"actfn/internal/layer"
)

// ConvPool makes one layer of convolution → activation → max-pooling, or of convolution → activation, where nothing
// else reads what lies between: a row of the convolution is pooled and activated while the cache holds it. An
// activation that never falls commutes with the maximum, so it is computed after it, on fewer values.
//
// The result is the same bit for bit. Gradients are sums in another order: within 2e-6 of their largest value.
var ConvPool = Rewrite{"conv_pool", func(l layer.List) layer.List {
	var layers []layer.Named
	inside := map[string]bool{} // layers that have become part of another
	for _, n := range l.Layers {
		if inside[n.Name] {
			continue
		}
		fused, parts := fuseConvPool(l, n)
		for _, name := range parts {
			inside[name] = true
		}
		layers = append(layers, fused)
	}
	l.Layers = layers
	return l
}}

// fuseConvPool makes one layer of those that begin with n, and names the others; or returns n.
func fuseConvPool(l layer.List, n layer.Named) (fused layer.Named, others []string) {
	whole, isFolded := n.Layer.(folded)
	inner := n.Layer
	if isFolded {
		inner = whole.Layer
	}
	convolution, ok := inner.(layer.Convolution)
	if !ok {
		return n, nil
	}
	next, ok := onlyReader(l, n.Name)
	activation, isActivation := next.Layer.(layer.Activation)
	if !ok || !isActivation {
		return n, nil
	}
	c := convPool{convolution, activation, layer.MaxPool{Size: 1, Stride: 1}}
	fused, others = layer.Named{Name: next.Name, Inputs: n.Inputs}, []string{next.Name}
	if after, ok := onlyReader(l, next.Name); ok {
		if pool, ok := after.Layer.(layer.MaxPool); ok {
			c.pool, fused.Name = pool, after.Name
			others = append(others, after.Name)
		}
	}
	fused.Layer = c
	if isFolded {
		whole.Layer = c
		fused.Layer = whole
	}
	return fused, others
}

// convPool is y = maxpool(f(w∗x + b)).
type convPool struct {
	convolution layer.Convolution
	activation  layer.Activation
	pool        layer.MaxPool // 1, 1: none
}

// Params are those of the parts.
func (l convPool) Params() []layer.Param {
	return slices.Concat(l.convolution.Params(), l.activation.Params())
}

// Purpose is the activation's.
func (l convPool) Purpose() string { return l.activation.Purpose() }

// Out is the shape after pooling.
func (l convPool) Out(in []layer.Shape) (layer.Shape, error) {
	z, err := l.convolution.Out(in)
	if err != nil {
		return nil, err
	}
	return l.pool.Out([]layer.Shape{z})
}

// Bytes are those of the convolution, and of z and its position at the maxima.
func (l convPool) Bytes(in []layer.Shape, columns int, training bool) int64 {
	out, err := l.Out(in)
	if err != nil {
		return 0
	}
	return l.convolution.Bytes(in, columns, training) + 5*int64(out.Size())*int64(columns)
}

// New makes the layer of one graph.
func (l convPool) New(b layer.Build) layer.Op {
	geometry := l.convolution.Geometry(b.In[0], b.Columns, b.Training && b.WantDX[0])
	geometry.PoolSize, geometry.PoolStride = l.pool.Size, l.pool.Stride
	c := &convPoolOp{
		Build: b, convolution: l.convolution, geometry: kernel.NewConv(geometry),
		f:         layer.NewFunction(l.activation.Function, l.activation.Channels, b.Training),
		poolFirst: l.activation.Function.NonDecreasing(),
	}
	c.argmax = make([]uint8, c.geometry.Pooled())
	if b.Training && !l.activation.Function.SlopeOfValue() {
		c.z = make([]float32, c.geometry.Pooled())
	}
	return c
}

type convPoolOp struct {
	layer.Build
	convolution layer.Convolution
	geometry    *kernel.Conv
	f           *layer.Function
	poolFirst   bool
	z           []float32 // w∗x + b at each window's maximum; nil: no gradient needs it beside y
	argmax      []uint8   // where in its window that is
}

// kept is what the derivative of f is computed from: z, or y where f′(f(z)) = f′(z).
func (l *convPoolOp) kept(y []float32) []float32 {
	if l.z == nil {
		return y
	}
	return l.z
}

// Forward computes y, and z and its position at the maxima.
func (l *convPoolOp) Forward(c *layer.Context, y []float32, x [][]float32) {
	w, b := l.convolution.Values(c)
	l.f.Begin(c, len(l.convolution.Params()))
	l.geometry.Forward(l.Pool, y, l.kept(y), l.argmax, x[0], w, b, l.f.Forward, l.poolFirst)
}

// Backward computes the gradients of w, b and the activation's parameters from dy, through the activation back to the
// maxima, and from what that leaves dx.
func (l *convPoolOp) Backward(c *layer.Context, dx [][]float32, dy, y []float32, _ [][]float32) {
	shares, kept := l.geometry.Shares(), l.kept(y)
	origins := func(dst []int, from int) { l.geometry.Origins(dst, from, l.argmax) }
	l.f.BeginBackward(l.geometry.F * shares)
	dw, db := l.convolution.Gradients(c)
	l.geometry.BackwardWeights(l.Pool, dw, db, l.argmax, func(dst []float32, filter, from, share int) {
		l.f.Backward(dst, dy[from:], kept[from:], filter, from, filter*shares+share, origins)
	})
	l.f.EndBackward(c.Grad[len(l.convolution.Params()):], l.geometry.F, shares)
	if dx[0] != nil {
		l.geometry.BackwardInput(l.Pool, dx[0], c.Value[0], l.argmax)
	}
}
