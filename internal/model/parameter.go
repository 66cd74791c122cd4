package model

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"actfn/internal/activations"
	"actfn/internal/kernel"
	"actfn/internal/rng"
)

// Parameter is one trainable tensor, under PyTorch's name and shape.
type Parameter struct {
	Name  string
	Shape []int // PyTorch's: (F, C, K, K) or (Out, In) for weights
	// OfActivation tells the parameters of activations from those of the layers that compute their arguments.
	OfActivation bool

	fanIn   int
	initial float64 // of an activation's
	panels  bool    // the values lie in panels, as package kernel wants a linear layer's
	value   *tensor.Dense
}

// newParameter declares a parameter; it has no values yet.
func newParameter(name string, fanIn int, shape ...int) *Parameter {
	return &Parameter{Name: name, Shape: shape, fanIn: fanIn}
}

// newPanels declares a parameter of shape (out, in) that lies in panels.
func newPanels(name string, out, in int) *Parameter {
	return &Parameter{Name: name, Shape: []int{out, in}, fanIn: in, panels: true}
}

// newActivationParameter declares a parameter of a layer's activation: conv1.activation.slope, one value or one for
// each channel, as PyTorch has it for a PReLU called activation in a layer called conv1.
func newActivationParameter(layer string, p activations.Parameter, channels int) *Parameter {
	n := 1
	if p.Learn == activations.PerChannel {
		n = channels
	}
	return &Parameter{Name: layer + ".activation." + p.Name, Shape: []int{n}, OfActivation: true, initial: p.Value}
}

// allocate makes the values, all zero, unless there are some: graphs hold on to them.
func (p *Parameter) allocate() {
	if p.value != nil {
		return
	}
	shape := p.Shape
	if p.panels {
		shape = []int{kernel.Panels(p.Shape[0]), p.Shape[1], kernel.PanelWidth}
	}
	p.value = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(kernel.Floats(tensor.Shape(shape).TotalSize())))
}

// Size is the number of trainable values.
func (p *Parameter) Size() int { return tensor.Shape(p.Shape).TotalSize() }

// node puts the parameter into a graph, without a copy.
func (p *Parameter) node(g *gorgonia.ExprGraph) *gorgonia.Node {
	return gorgonia.NewTensor(g, tensor.Float32, p.value.Dims(), gorgonia.WithName(p.Name),
		gorgonia.WithShape(p.value.Shape()...), gorgonia.WithValue(p.value))
}

// Values are the live values, in the kernels' order: see Export.
func (p *Parameter) Values() []float32 { return p.value.Float32s() }

// initialise gives an activation's parameter its initial value, and draws every value of another from U(−1/√fan_in, 1/√fan_in), which is what PyTorch's
// kaiming_uniform_(a=√5) comes to for the weights of its Conv2d and Linear, and what it draws for
// their biases (He et al. 2015, arXiv:1502.01852). A draw depends on its place in PyTorch's shape.
func (p *Parameter) initialise(seed uint64) {
	p.allocate()
	if p.OfActivation {
		for i := range p.Values() {
			p.Values()[i] = float32(p.initial)
		}
		return
	}
	bound := 1 / math.Sqrt(float64(p.fanIn))
	draws := rng.New(seed, "initialise "+p.Name, 0)
	values := make([]float32, p.Size())
	for i := range values {
		values[i] = float32(draws.Uniform(uint64(i), -bound, bound))
	}
	p.Import(p.Values(), values)
}

// Export returns a copy of values that belong to the parameter (its own, its gradient, an
// optimiser's moments), from the kernels' order into PyTorch's.
func (p *Parameter) Export(values []float32) []float32 {
	out := make([]float32, p.Size())
	if p.panels {
		kernel.UnpackWeights(out, values, p.Shape[0], p.Shape[1])
	} else {
		copy(out, values)
	}
	return out
}

// Set gives the parameter values in PyTorch's order.
func (p *Parameter) Set(values []float32) {
	p.allocate()
	p.Import(p.Values(), values)
}

// Import copies values in PyTorch's order into dst, in the kernels'.
func (p *Parameter) Import(dst, values []float32) {
	if p.panels {
		kernel.PackWeights(dst, values, p.Shape[0], p.Shape[1])
	} else {
		copy(dst, values)
	}
}

// String is the name and the shape, as errors show them.
func (p *Parameter) String() string { return fmt.Sprintf("%s %v", p.Name, p.Shape) }
