// Package layer holds the layers that networks are made of, one file a layer: parameters, shapes, computation
// and gradient of each stand together. It knows no graph: package graph puts layers into one, and a List says
// which layer reads which.
//
// Values lie batch-innermost, (C, H, W, N) or (Features, N); a Shape is that of one image, without N. N is the
// number of columns, of which only the first Context.Images are images: the rest is padding, whose values mean
// nothing. A gradient of zeros in padding columns gives zeros there, and statistics of a batch leave them out.
package layer

import (
	"fmt"
	"strings"

	"actfn/internal/kernel"
	"actfn/internal/worker"
)

// Layer describes a layer; it holds no values. One Layer may have several Ops, one for each graph.
type Layer interface {
	// Params are the parameters, in the order of Context.Value and Context.Grad.
	Params() []Param
	// Out is the shape of the result, given those of the inputs. The error says which rule they break.
	Out(in []Shape) (Shape, error)
	// Bytes estimates the memory that an Op takes beyond its result, for so many columns.
	Bytes(in []Shape, columns int, training bool) int64
	// New makes the layer's part of one graph.
	New(Build) Op
}

// Build is what an Op may rely on.
type Build struct {
	In       []Shape
	Columns  int
	Training bool   // Backward will be called
	WantDX   []bool // for each input: its gradient is wanted
	Pool     *worker.Pool
}

// Op computes a layer in one graph. It owns scratch memory and what Forward keeps for Backward.
type Op interface {
	// Forward computes y from the inputs x and the parameters.
	Forward(c *Context, y []float32, x [][]float32)
	// Backward computes the gradients dx of the inputs and those of the parameters, c.Grad, from the gradient
	// dy of the result. It is called after Forward with the same x and y. It writes and never adds; where dx[i]
	// is nil, that gradient is not wanted.
	Backward(c *Context, dx [][]float32, dy, y []float32, x [][]float32)
}

// Mode is what a run is for.
type Mode uint8

const (
	Evaluate Mode = iota // no gradients, statistics as they were learnt, random values at their mean
	Train                // statistics of the batch, random draws
	Probe                // gradients as in training, but nothing is drawn, learnt or updated
)

// Context is what a layer is given at each run.
type Context struct {
	Images int // of the columns
	Mode   Mode
	Draws              // for a layer that is a Drawer
	Value  [][]float32 // of each parameter, as it is stored
	Grad   []Grad      // of each parameter; a buffer has none
	// Err, set by Forward, ends the run before anything is updated.
	Err error
}

// Draws are the random numbers of a layer in one run, uniform on [0, 1): a function of the stream and the element
// alone. Elements are numbered in the layer's whole (C, H, W, N) or (Features, N), before pooling.
type Draws struct {
	Draw   func(dst []float32, stream, element int)        // for consecutive elements
	DrawAt func(dst []float32, stream int, elements []int) // for the elements listed
}

// Drawer is a layer that draws in training. The purpose names its draws: two layers of different purposes draw
// independently.
type Drawer interface{ Purpose() string }

// Describer is a layer that people read about. Every layer of a network as it is declared is one; what a rewrite puts
// into a list need not be.
type Describer interface{ Describe(in []Shape) Description }

// Description is what people and other programs read of a layer, given the shapes of its inputs.
type Description struct {
	Kind string // convolution 3×3, stride 2
	// MultiplyAdds counts the products of inputs and weights for one image.
	MultiplyAdds int64
	// PyTorch is how PyTorch computes the same: a module, nn.Conv2d(3, 64, 3), or an expression with {} for each input,
	// {} + {}. It is "" for an activation that PyTorch has no module for.
	PyTorch string
}

// unless is a number in words, or nothing where it is the usual one.
func unless(usual bool, format string, n int) string {
	if usual {
		return ""
	}
	return fmt.Sprintf(format, n)
}

// Grad says where the gradient of a parameter goes.
type Grad struct {
	// Whole receives the gradient, as the parameter is stored. Where it is nil and Update is set, Backward updates the
	// parameter itself, panel by panel, by Update with the running averages A and B, and the gradient is never whole in
	// memory. Where both are nil, the gradient is not wanted.
	Whole  []float32
	Update kernel.Update
	A, B   []float32
}

// Batched is a layer that training gives a batch of at least so many images, where there may be one that is too small.
type Batched interface{ MinImages(in []Shape) int }

// Updater is a layer whose Backward can update parameters itself: it says which of Params.
type Updater interface{ Updates() []bool }

// Shape is the shape of one image's values: (C, H, W), (Features) or, for a single value, ().
type Shape []int

// Size is the number of values.
func (s Shape) Size() int {
	n := 1
	for _, d := range s {
		n *= d
	}
	return n
}

// Param is a named array that belongs to a layer.
type Param struct {
	Name  string // PyTorch's, as conv1.weight; layers that name the same one share it
	Shape []int  // PyTorch's
	Init  Init
	// Buffer marks values that are not trained but kept with the weights, such as running statistics.
	Buffer bool
	// OfActivation marks what an activation learns: it has a learning rate of its own and no weight decay.
	OfActivation bool
	// Panels says that the values are stored as kernel.PackWeights lays them out, not in PyTorch's order.
	Panels bool
}

// Init is how a parameter begins: drawn from N(0, Std²), where Std is above 0; else, where FanIn is, from
// U(−1/√FanIn, 1/√FanIn), which is what PyTorch's kaiming_uniform_(a=√5) comes to for the weights of Conv2d and Linear,
// and what it draws for their biases (He et al. 2015, arXiv:1502.01852); else equal to Value.
type Init struct {
	Std   float64
	FanIn int
	Value float64
}

// Size is the number of values in PyTorch's shape.
func (p Param) Size() int { return Shape(p.Shape).Size() }

// Stored is the number of values as they are stored, padding included.
func (p Param) Stored() int {
	if p.Panels {
		return kernel.Panels(p.Shape[0]) * kernel.PanelWidth * p.Shape[1]
	}
	return p.Size()
}

// At is where value i, in PyTorch's order, lies among the stored ones.
func (p Param) At(i int) int {
	if p.Panels {
		return kernel.PackedAt(p.Shape[0], p.Shape[1], i/p.Shape[1], i%p.Shape[1])
	}
	return i
}

// Export returns a copy of stored values (the parameter's own, its gradient, an optimiser's moments) in
// PyTorch's order.
func (p Param) Export(stored []float32) []float32 {
	out := make([]float32, p.Size())
	if p.Panels {
		kernel.UnpackWeights(out, stored, p.Shape[0], p.Shape[1])
	} else {
		copy(out, stored)
	}
	return out
}

// Import copies values in PyTorch's order into dst, as they are stored.
func (p Param) Import(dst, values []float32) {
	if p.Panels {
		kernel.PackWeights(dst, values, p.Shape[0], p.Shape[1])
	} else {
		copy(dst, values)
	}
}

// String is the name and the shape, as errors show them.
func (p Param) String() string { return fmt.Sprintf("%s %v", p.Name, p.Shape) }

// floatBytes is the size of a float32.
const floatBytes = 4

// oneInput returns the only input's shape, or says what is wrong.
func oneInput(in []Shape) (Shape, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("number of inputs is %d, want 1", len(in))
	}
	return in[0], nil
}

// purpose names a layer's draws by its kind and the layer it belongs to: conv1.activation is "activation conv1".
func purpose(name string) string {
	i := strings.LastIndexByte(name, '.')
	return strings.TrimSpace(name[i+1:] + " " + name[:max(i, 0)])
}
