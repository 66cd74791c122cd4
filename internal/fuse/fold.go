package fuse

import (
	"slices"

	"actfn/internal/kernel"
	"actfn/internal/layer"
)

// Fold makes one convolution of a convolution and the batch norm that alone reads it: where the norm is y = s·z + t
// for each filter, that of w∗x + b is (s·w)∗x + (s·b + t). It is for graphs that evaluate, where s and t come from the
// running statistics, and computes them anew at each run, so that a graph may be used while its parameters are
// trained. Values are rounded in another order: logits are within 1e-5 of the largest.
var Fold = Rewrite{"fold", func(l layer.List) layer.List {
	inside := map[string]bool{} // norms that have become part of a convolution
	l = each(l, func(n layer.Named) layer.Named {
		convolution, ok := n.Layer.(layer.Convolution)
		next, alone := onlyReader(l, n.Name)
		norm, isNorm := next.Layer.(layer.BatchNorm)
		if !ok || !alone || !isNorm {
			return n
		}
		inside[next.Name] = true
		biased := convolution
		biased.NoBias = false
		return layer.Named{Name: next.Name, Layer: folded{biased, convolution, norm}, Inputs: n.Inputs}
	})
	l.Layers = slices.DeleteFunc(l.Layers, func(n layer.Named) bool {
		_, isNorm := n.Layer.(layer.BatchNorm)
		return isNorm && inside[n.Name]
	})
	return l
}}

// folded is a convolution with a norm folded into it.
type folded struct {
	layer.Layer // a convolution with a bias, and what other rewrites have added to it
	convolution layer.Convolution
	norm        layer.BatchNorm
}

// foldedParams is the number of parameters of the convolution that takes the place of both.
const foldedParams = 2

// Params are those of the parts.
func (l folded) Params() []layer.Param {
	return slices.Concat(l.convolution.Params(), l.norm.Params(), l.Layer.Params()[foldedParams:])
}

// New makes the layer of one graph.
func (l folded) New(b layer.Build) layer.Op {
	params := l.Layer.Params()
	return &foldedOp{
		Op: l.Layer.New(b), of: l, w: make([]float32, params[0].Size()), b: make([]float32, params[1].Size()),
	}
}

type foldedOp struct {
	layer.Op
	of      folded
	w, b    []float32
	context layer.Context
}

// Forward folds the norm into the weights and the bias and convolves with them.
func (f *foldedOp) Forward(c *layer.Context, y []float32, x [][]float32) {
	own := len(f.of.convolution.Params())
	norm, rest := c.Value[own:], c.Value[own+len(f.of.norm.Params()):]
	w, b := f.of.convolution.Values(c)
	size := len(f.w) / len(f.b)
	for i := range f.b {
		scale, shift := f.of.norm.Scale(norm, i)
		kernel.MulScalar(f.w[i*size:][:size], w[i*size:], float32(scale))
		if b != nil {
			shift += scale * float64(b[i])
		}
		f.b[i] = float32(shift)
	}
	values := f.context.Value
	f.context = *c
	f.context.Value = append(append(values[:0], f.w, f.b), rest...)
	f.Op.Forward(&f.context, y, x)
	c.Err = f.context.Err
}

// Backward panics: see Fold.
func (f *foldedOp) Backward(*layer.Context, [][]float32, []float32, []float32, [][]float32) {
	panic("fuse: a folded norm has no gradient")
}
