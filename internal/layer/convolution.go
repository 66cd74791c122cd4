package layer

import (
	"fmt"

	"actfn/internal/kernel"
)

// Convolution is y = w∗x + b, the cross-correlation of x, (Channels, H, W), with Filters filters of
// Kernel×Kernel values: PyTorch's Conv2d, of which w and b have the shapes. Without a bias y is w∗x.
type Convolution struct {
	Name                    string // of its parameters: Name.weight, Name.bias
	Channels, Filters       int
	Kernel, Stride, Padding int
	NoBias                  bool
	// Winograd computes it by Winograd's transforms, for filters of 3×3 at stride 1 with padding 1: within an error, and a
	// value that is not finite is felt in its whole tile of 4×4 results.
	Winograd bool
}

// Params are the weights, (Filters, Channels, Kernel, Kernel), and the bias, (Filters), if there is one.
func (l Convolution) Params() []Param {
	init := Init{FanIn: l.Channels * l.Kernel * l.Kernel}
	params := []Param{{Name: l.Name + ".weight", Shape: []int{l.Filters, l.Channels, l.Kernel, l.Kernel}, Init: init}}
	if !l.NoBias {
		params = append(params, Param{Name: l.Name + ".bias", Shape: []int{l.Filters}, Init: init})
	}
	return params
}

// Values are those of the weights and of the bias, which is nil where there is none.
func (l Convolution) Values(c *Context) (w, b []float32) {
	if l.NoBias {
		return c.Value[0], nil
	}
	return c.Value[0], c.Value[1]
}

// Gradients are where those of the weights and of the bias go.
func (l Convolution) Gradients(c *Context) (dw, db []float32) {
	if l.NoBias {
		return c.Grad[0].Whole, nil
	}
	return c.Grad[0].Whole, c.Grad[1].Whole
}

// Out is (Filters, ⌊(H + 2·Padding − Kernel)/Stride⌋ + 1, likewise W).
func (l Convolution) Out(in []Shape) (Shape, error) {
	x, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(x) != 3 || x[0] != l.Channels {
		return nil, fmt.Errorf("input has shape %v, want (%d, H, W)", x, l.Channels)
	}
	if x[1]+2*l.Padding < l.Kernel || x[2]+2*l.Padding < l.Kernel {
		return nil, fmt.Errorf("filter is %d×%d over %d×%d values with padding %d, want one that fits",
			l.Kernel, l.Kernel, x[1], x[2], l.Padding)
	}
	side := func(n int) int { return (n+2*l.Padding-l.Kernel)/l.Stride + 1 }
	return Shape{l.Filters, side(x[1]), side(x[2])}, nil
}

// Bytes are those of the padded input and, in training, of its gradient and that spread out. By Winograd's transforms they
// are those of the transformed filters, in training of their gradient in parts, and of the result or its gradient.
func (l Convolution) Bytes(in []Shape, columns int, training bool) int64 {
	n, fixed := int64(in[0].Size()), int64(0)
	if training {
		n *= 3
	}
	if l.Winograd {
		out, _ := l.Out(in)
		n, fixed = int64(out.Size()), 45*int64(l.Channels*l.Filters)
		if training {
			fixed *= 5
		}
	}
	return floatBytes * (n*int64(columns) + fixed)
}

// Describe counts Filters·Channels·Kernel² multiply-adds for each position of the output.
func (l Convolution) Describe(in []Shape) Description {
	out, _ := l.Out(in)
	more := unless(l.Stride == 1, ", stride=%d", l.Stride) + unless(l.Padding == 0, ", padding=%d", l.Padding)
	if l.NoBias {
		more += ", bias=False"
	}
	return Description{
		Kind:         fmt.Sprintf("convolution %d×%d", l.Kernel, l.Kernel) + unless(l.Stride == 1, ", stride %d", l.Stride),
		MultiplyAdds: int64(l.Channels*l.Kernel*l.Kernel) * int64(out.Size()),
		PyTorch:      fmt.Sprintf("nn.Conv2d(%d, %d, %d%s)", l.Channels, l.Filters, l.Kernel, more),
	}
}

// Signal: a value of the result is the sum of the products that its place has within the border, and a bias.
func (l Convolution) Signal(s Start) (Moments, float64) {
	x := s.In[0]
	out, _ := l.Out(s.In)
	met := l.Filters * l.pairs(x[1], out[1]) * l.pairs(x[2], out[2]) // products of a channel's values
	bias := 0.0
	if !l.NoBias {
		bias = s.Variance[1]
	}
	result := s.Moments[0].weighted(s.Variance[0]*float64(l.Channels*met)/float64(out.Size()), bias).every(l.Stride)
	return result, s.Variance[0] * float64(met) / float64(x[1]*x[2])
}

// pairs counts the values along a side that are multiplied, over all places.
func (l Convolution) pairs(in, out int) (n int) {
	for at := range out {
		from := at*l.Stride - l.Padding
		n += min(from+l.Kernel, in) - max(from, 0)
	}
	return n
}

// Geometry is that of the kernel, for columns of one shape; the gradient of the input may be wanted.
func (l Convolution) Geometry(in Shape, columns int, inputGradient bool) kernel.Conv {
	return kernel.Conv{
		C: l.Channels, H: in[1], W: in[2], N: columns, F: l.Filters,
		Size: l.Kernel, Stride: l.Stride, Pad: l.Padding, PoolSize: 1, PoolStride: 1,
		InputGradient: inputGradient, Winograd: l.Winograd,
	}
}

// New makes the convolution of one graph.
func (l Convolution) New(b Build) Op {
	geometry := kernel.NewConv(l.Geometry(b.In[0], b.Columns, b.Training && b.WantDX[0]))
	return &convolutionOp{b, l, geometry, make([]uint8, geometry.Pooled())}
}

type convolutionOp struct {
	Build
	convolution Convolution
	geometry    *kernel.Conv
	argmax      []uint8 // of windows of one value: zeros
}

// Forward computes y = w∗x + b.
func (l *convolutionOp) Forward(c *Context, y []float32, x [][]float32) {
	identity := func(dst, z []float32, _, _ int) {
		if &dst[0] != &z[0] {
			copy(dst, z)
		}
	}
	w, b := l.convolution.Values(c)
	l.geometry.Forward(l.Pool, y, y, l.argmax, x[0], w, b, identity, true)
}

// Backward computes dw = Σ dy·x and db = Σ dy over positions and images, and dx = Σ w·dy over the filters.
func (l *convolutionOp) Backward(c *Context, dx [][]float32, dy, _ []float32, _ [][]float32) {
	dw, db := l.convolution.Gradients(c)
	l.geometry.BackwardWeights(l.Pool, dw, db, l.argmax, func(dst []float32, _, from, _ int) {
		copy(dst, dy[from:])
	})
	if dx[0] != nil {
		l.geometry.BackwardInput(l.Pool, dx[0], c.Value[0], l.argmax)
	}
}
