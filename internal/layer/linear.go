package layer

import (
	"fmt"

	"actfn/internal/kernel"
)

// Linear is y = Wᵀx + b of all values of x: PyTorch's Linear after a flatten.
type Linear struct {
	Name             string // of its parameters: Name.weight, Name.bias
	Inputs, Features int    // PyTorch's in_features and out_features
	// SkipZeros leaves out zeros of x, and features whose dy is zero in every image, where there are enough of them: see
	// kernel.Linear.SkipZeros for what that changes.
	SkipZeros bool
}

// Params are the weights, (Features, Inputs), and the bias, (Features).
func (l Linear) Params() []Param {
	init := Init{FanIn: l.Inputs}
	return []Param{
		{Name: l.Name + ".weight", Shape: []int{l.Features, l.Inputs}, Init: init, Panels: true},
		{Name: l.Name + ".bias", Shape: []int{l.Features}, Init: init},
	}
}

// Out is (Features).
func (l Linear) Out(in []Shape) (Shape, error) {
	x, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if x.Size() != l.Inputs {
		return nil, fmt.Errorf("input has %d values, want %d", x.Size(), l.Inputs)
	}
	return Shape{l.Features}, nil
}

// Bytes is little: the products are cut into pieces that fit the caches.
func (l Linear) Bytes([]Shape, int, bool) int64 { return 0 }

// Describe counts Inputs·Features multiply-adds.
func (l Linear) Describe([]Shape) Description {
	return Description{
		Kind: "linear", MultiplyAdds: int64(l.Inputs) * int64(l.Features),
		PyTorch: fmt.Sprintf("nn.Linear(%d, %d)", l.Inputs, l.Features),
	}
}

// Signal: a value of the result is the sum of products with all values of the input, and a bias.
func (l Linear) Signal(s Start) (Moments, float64) {
	weights, bias := s.Variance[0], s.Variance[1]
	return s.Moments[0].weighted(weights*float64(l.Inputs), bias), weights * float64(l.Features)
}

// New makes the linear layer of one graph.
func (l Linear) New(b Build) Op {
	return &LinearOp{b, &kernel.Linear{In: l.Inputs, Out: l.Features, N: b.Columns, SkipZeros: l.SkipZeros}}
}

// LinearOp is a Linear in one graph.
type LinearOp struct {
	Build
	Geometry *kernel.Linear
}

// Forward computes y = Wᵀx + b.
func (l *LinearOp) Forward(c *Context, y []float32, x [][]float32) {
	l.Geometry.Forward(l.Pool, y, x[0], c.Value[0], c.Value[1])
}

// Backward computes dW = x·dyᵀ and db = Σ dy over the images, and dx = W·dy.
func (l *LinearOp) Backward(c *Context, dx [][]float32, dy, _ []float32, x [][]float32) {
	if dw := c.Grad[0].Whole; dw != nil {
		l.Geometry.BackwardWeights(l.Pool, dw, x[0], dy)
	}
	if db := c.Grad[1].Whole; db != nil {
		l.Geometry.BackwardBias(l.Pool, db, dy)
	}
	if dx[0] != nil {
		l.Geometry.BackwardInput(l.Pool, dx[0], c.Value[0], dy)
	}
}
