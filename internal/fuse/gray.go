package fuse

import (
	"slices"

	"actfn/internal/layer"
)

// Gray convolves a plane that stands for several equal channels with the sum of the channels' filters:
// Σ_c w_c∗x = (Σ_c w_c)∗x, in a fraction of the time. Each channel's filter has the gradient of the sum. The layer's result
// and its gradients are sums in another order: within 2e-6 of their largest value.
var Gray = Rewrite{"gray", func(l layer.List) layer.List {
	planes := map[string]string{} // by the layer that repeats each
	l = each(l, func(n layer.Named) layer.Named {
		if len(n.Inputs) != 1 {
			return n
		}
		at := slices.IndexFunc(l.Layers, func(from layer.Named) bool { return from.Name == n.Inputs[0] })
		if at < 0 {
			return n
		}
		repeat, ok := l.Layers[at].Layer.(layer.Repeat)
		if _, alone := onlyReader(l, n.Inputs[0]); !ok || !alone {
			return n
		}
		one, ok := oneChannel(n.Layer)
		if !ok {
			return n
		}
		planes[n.Inputs[0]] = l.Layers[at].Inputs[0]
		n.Layer, n.Inputs = gray{one, n.Params(), repeat.Channels}, l.Layers[at].Inputs
		return n
	})
	l.Layers = slices.DeleteFunc(l.Layers, func(n layer.Named) bool { return planes[n.Name] != "" })
	return l
}}

// oneChannel is the same convolution of one channel, or not ok where the layer is none.
func oneChannel(l layer.Layer) (one layer.Layer, ok bool) {
	switch l := l.(type) {
	case layer.Convolution:
		l.Channels, l.Winograd = 1, false
		return l, true
	case convPool:
		l.convolution.Channels, l.convolution.Winograd = 1, false
		return l, true
	case folded:
		l.convolution.Channels = 1
		l.Layer, ok = oneChannel(l.Layer)
		return l, ok
	}
	return nil, false
}

// gray is a convolution whose channels all see one plane.
type gray struct {
	layer.Layer // of one channel
	params      []layer.Param
	channels    int
}

// Params are those of the convolution of all channels.
func (l gray) Params() []layer.Param { return l.params }

// Purpose is that of the convolution's activation, if it has one.
func (l gray) Purpose() string {
	if d, ok := l.Layer.(layer.Drawer); ok {
		return d.Purpose()
	}
	return ""
}

// New makes the layer of one graph.
func (l gray) New(b layer.Build) layer.Op {
	one := l.Layer.Params()[0].Size()
	return &grayOp{
		Op: l.Layer.New(b), channels: l.channels, window: one / l.params[0].Shape[0],
		w: make([]float32, one), dw: make([]float32, one),
	}
}

type grayOp struct {
	layer.Op
	channels, window int       // w is (F, channels, window)
	w, dw            []float32 // the sum of the channels' filters, (F, window), and its gradient
	context          layer.Context
}

// as is the context of the convolution of one channel.
func (g *grayOp) as(c *layer.Context) *layer.Context {
	values, grads := g.context.Value, g.context.Grad
	g.context = *c
	g.context.Value, g.context.Grad = append(values[:0], c.Value...), append(grads[:0], c.Grad...)
	g.context.Value[0] = g.w
	if c.Grad[0].Whole != nil {
		g.context.Grad[0].Whole = g.dw
	}
	return &g.context
}

// Forward sums the filters and convolves with the sums.
func (g *grayOp) Forward(c *layer.Context, y []float32, x [][]float32) {
	w := c.Value[0]
	for i := range g.w {
		of := w[i/g.window*g.channels*g.window+i%g.window:]
		var sum float32
		for ch := range g.channels {
			sum += of[ch*g.window]
		}
		g.w[i] = sum
	}
	g.Op.Forward(g.as(c), y, x)
	c.Err = g.context.Err
}

// Backward gives each channel's filter the gradient of the sum.
func (g *grayOp) Backward(c *layer.Context, dx [][]float32, dy, y []float32, x [][]float32) {
	g.Op.Backward(g.as(c), dx, dy, y, x)
	dw := c.Grad[0].Whole
	for i := range dw {
		f, k := i/(g.channels*g.window), i%g.window
		dw[i] = g.dw[f*g.window+k]
	}
}
