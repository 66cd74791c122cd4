package fuse

import "actfn/internal/layer"

// Update has linear layers update their weights in the backward pass, panel by panel, where an update is given: their
// gradient, which is as large as the weights, never leaves the caches. The same bits. It is for an optimiser that works
// element by element, and for gradients that nobody else reads: no clipping, no norm, no probe.
var Update = Rewrite{"update", func(l layer.List) layer.List {
	return each(l, func(n layer.Named) layer.Named {
		if linear, ok := n.Layer.(layer.Linear); ok {
			n.Layer = updatingLinear{linear}
		}
		return n
	})
}}

// updatingLinear is a Linear that updates its weights.
type updatingLinear struct{ layer.Linear }

// Updates names the weights, not the bias.
func (updatingLinear) Updates() []bool { return []bool{true, false} }

// New makes the linear layer of one graph.
func (l updatingLinear) New(b layer.Build) layer.Op {
	return &updatingOp{l.Linear.New(b).(*layer.LinearOp)}
}

type updatingOp struct{ *layer.LinearOp }

// Backward computes db and dx and updates W by dW, unless W is shared: then it computes dW as a Linear does.
func (l *updatingOp) Backward(c *layer.Context, dx [][]float32, dy, y []float32, x [][]float32) {
	g := c.Grad[0]
	if g.Update == nil {
		l.LinearOp.Backward(c, dx, dy, y, x)
		return
	}
	l.Geometry.BackwardBias(l.Pool, c.Grad[1].Whole, dy)
	l.Geometry.BackwardUpdate(l.Pool, dx[0], x[0], dy, c.Value[0], g.A, g.B, g.Update)
}
