package graph

import (
	"gorgonia.org/gorgonia"

	"actfn/internal/kernel"
	"actfn/internal/layer"
)

// forward adapts any layer to Gorgonia: its inputs are those of the layer and then the layer's parameters. Its
// derivative is backward.
type forward struct {
	base
	layer   layer.Named
	op      layer.Op
	context *layer.Context
	x       [][]float32 // of this run
	wantDX  []bool
	updated *bool // set once a parameter has been updated in this run
}

// Do computes the layer's result.
func (f *forward) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	for i := range f.x {
		f.x[i] = data(in[i])
	}
	f.op.Forward(f.context, f.own(), f.x)
	return f.result, f.context.Err
}

// DiffWRT says which inputs have a gradient: values where it is wanted, and parameters whose gradient is whole.
func (f *forward) DiffWRT(int) []bool {
	wrt := append([]bool{}, f.wantDX...)
	for _, g := range f.context.Grad {
		wrt = append(wrt, g.Whole != nil)
	}
	return wrt
}

// SymDiff returns the gradients of the inputs for which DiffWRT is true, and nil for the others.
func (f *forward) SymDiff(in gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	inputs := append(gorgonia.Nodes{dy, y}, in...)
	b := &backward{base: newBase(f.name+".backward", inputs, nil), of: f, dx: make([][]float32, len(f.x))}
	done, err := gorgonia.ApplyOp(b, inputs...)
	if err != nil {
		return nil, err
	}
	gradients := make(gorgonia.Nodes, len(in))
	for i, wanted := range f.DiffWRT(len(in)) {
		if !wanted {
			continue
		}
		var filled []float32
		if i < len(f.x) {
			b.dx[i] = kernel.Floats(in[i].Shape().TotalSize())
			filled = b.dx[i]
		} else {
			filled = f.context.Grad[i-len(f.x)].Whole
		}
		if gradients[i], err = publish("gradient of "+in[i].Name(), filled, done, in[i].Shape()...); err != nil {
			return nil, err
		}
	}
	return gradients, nil
}

// backward computes all gradients of a layer at once. Its result is a scalar that means nothing: they are views.
type backward struct {
	base
	of   *forward
	dx   [][]float32
	done gorgonia.F32
}

// Do computes the gradients, from that of the layer's result and its value.
func (b *backward) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	for _, g := range b.of.context.Grad {
		if g.Update != nil {
			*b.of.updated = true
		}
	}
	b.of.op.Backward(b.of.context, b.dx, data(in[0]), data(in[1]), b.of.x)
	return &b.done, nil
}
