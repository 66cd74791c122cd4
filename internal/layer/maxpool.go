package layer

import (
	"fmt"

	"actfn/internal/activations"
	"actfn/internal/kernel"
)

// MaxPool is the maximum over windows of Size×Size values, Stride apart: PyTorch's MaxPool2d. It is the first among
// equals; NaN is above all numbers.
type MaxPool struct{ Size, Stride int }

// maxWindow is the largest Size: a position in the window is kept in a byte.
const maxWindow = 16

// Params is nothing.
func (l MaxPool) Params() []Param { return nil }

// Out is (C, ⌊(H − Size)/Stride⌋ + 1, likewise W).
func (l MaxPool) Out(in []Shape) (Shape, error) {
	x, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(x) != 3 {
		return nil, fmt.Errorf("input has shape %v, want (C, H, W)", x)
	}
	if l.Size > maxWindow {
		return nil, fmt.Errorf("pooling window is %d×%d, want at most %d×%d", l.Size, l.Size, maxWindow, maxWindow)
	}
	if x[1] < l.Size || x[2] < l.Size {
		return nil, fmt.Errorf("pooling window is %d×%d over %d×%d values, want one that fits", l.Size, l.Size, x[1], x[2])
	}
	return Shape{x[0], (x[1]-l.Size)/l.Stride + 1, (x[2]-l.Size)/l.Stride + 1}, nil
}

// Bytes are those of the maxima's positions.
func (l MaxPool) Bytes(in []Shape, columns int, _ bool) int64 {
	out, err := l.Out(in)
	if err != nil {
		return 0
	}
	return int64(out.Size()) * int64(columns)
}

// Signal is that of the largest of neighbours, which an activation right before it has taken: see Activation.Signal.
func (l MaxPool) Signal(s Start) (Moments, float64) {
	result := s.Moments[0]
	if !result.largest {
		straight, _ := activations.Parse("x")
		result, _ = through(straight, result, l.Size*l.Size)
	}
	result.largest = false
	out, _ := l.Out(s.In)
	return result.every(l.Stride), float64(out.Size()) / float64(s.In[0].Size())
}

// Describe says the window.
func (l MaxPool) Describe([]Shape) Description {
	return Description{
		Kind:    fmt.Sprintf("max pool %d×%d", l.Size, l.Size) + unless(l.Stride == l.Size, ", stride %d", l.Stride),
		PyTorch: fmt.Sprintf("nn.MaxPool2d(%d%s)", l.Size, unless(l.Stride == l.Size, ", stride=%d", l.Stride)),
	}
}

// New makes the pooling of one graph.
func (l MaxPool) New(b Build) Op {
	in := b.In[0]
	geometry := kernel.NewMaxPool(kernel.MaxPool{C: in[0], H: in[1], W: in[2], N: b.Columns, Size: l.Size, Stride: l.Stride})
	return &maxPoolOp{b, geometry, make([]uint8, geometry.C*geometry.OutH*geometry.OutW*geometry.N)}
}

type maxPoolOp struct {
	Build
	geometry *kernel.MaxPool
	argmax   []uint8
}

// Forward computes the maxima.
func (l *maxPoolOp) Forward(_ *Context, y []float32, x [][]float32) {
	l.geometry.Forward(l.Pool, y, l.argmax, x[0])
}

// Backward computes dx: dy at the maxima, added up where windows overlap, and 0 elsewhere.
func (l *maxPoolOp) Backward(_ *Context, dx [][]float32, dy, _ []float32, _ [][]float32) {
	if dx[0] != nil {
		l.geometry.Backward(l.Pool, dx[0], dy, l.argmax)
	}
}
