package layer

import (
	"fmt"

	"actfn/internal/kernel"
)

// AveragePool is the mean over windows of Size×Size values, Stride apart: PyTorch's AvgPool2d without padding.
type AveragePool struct{ Size, Stride int }

// Params is nothing.
func (AveragePool) Params() []Param { return nil }

// Out is (C, ⌊(H − Size)/Stride⌋ + 1, likewise W).
func (l AveragePool) Out(in []Shape) (Shape, error) {
	x, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(x) != 3 {
		return nil, fmt.Errorf("input has shape %v, want (C, H, W)", x)
	}
	if x[1] < l.Size || x[2] < l.Size {
		return nil, fmt.Errorf("pooling window is %d×%d over %d×%d values, want one that fits", l.Size, l.Size, x[1], x[2])
	}
	return Shape{x[0], (x[1]-l.Size)/l.Stride + 1, (x[2]-l.Size)/l.Stride + 1}, nil
}

// Bytes is little: a row of values for each worker.
func (AveragePool) Bytes([]Shape, int, bool) int64 { return 0 }

// Describe says the window.
func (l AveragePool) Describe([]Shape) Description {
	return Description{
		Kind:    fmt.Sprintf("average pool %d×%d", l.Size, l.Size) + unless(l.Stride == l.Size, ", stride %d", l.Stride),
		PyTorch: fmt.Sprintf("nn.AvgPool2d(%d%s)", l.Size, unless(l.Stride == l.Size, ", stride=%d", l.Stride)),
	}
}

// Signal is that of a mean of neighbours.
func (l AveragePool) Signal(s Start) (Moments, float64) {
	in, k := s.Moments[0], float64(l.Size*l.Size)
	result := in.every(l.Stride)
	result.Square = (in.Square + (k-1)*in.neighbours()) / k
	out, _ := l.Out(s.In)
	return result, float64(out.Size()) / float64(s.In[0].Size()) / k
}

// New makes the pooling of one graph.
func (l AveragePool) New(b Build) Op {
	out, _ := l.Out(b.In)
	return newAverage(b, l.Size, l.Size, l.Stride, out[1], out[2])
}

// averageOp is the mean over outH×outW windows of height×width values, stride apart.
type averageOp struct {
	Build
	height, width, stride, outH, outW int

	row   int         // values in a row of a channel of x, W·N
	share float32     // of a value in the mean
	rows  [][]float32 // a worker's
}

func newAverage(b Build, height, width, stride, outH, outW int) Op {
	l := &averageOp{
		Build: b, height: height, width: width, stride: stride, outH: outH, outW: outW,
		row: b.In[0][2] * b.Columns, share: 1 / float32(height*width),
	}
	for range b.Pool.Workers() {
		l.rows = append(l.rows, make([]float32, l.row))
	}
	return l
}

// Forward sums the rows under a row of windows, then the positions of the sum in each.
func (l *averageOp) Forward(_ *Context, y []float32, x [][]float32) {
	h, n := l.In[0][1], l.Columns
	l.Pool.Run(l.In[0][0]*l.outH, func(worker, task int) {
		ch, oy, sum := task/l.outH, task%l.outH, l.rows[worker]
		addUp(sum, x[0][(ch*h+oy*l.stride)*l.row:][:l.height*l.row])
		y := y[task*l.outW*n:][:l.outW*n]
		for ox := range l.outW {
			addUp(y[ox*n:][:n], sum[ox*l.stride*n:][:l.width*n])
		}
		kernel.MulScalar(y, y, l.share)
	})
}

// Backward computes dx: the windows' dy/(Size·Size), added up where they overlap, and 0 where there is none.
func (l *averageOp) Backward(_ *Context, dx [][]float32, dy, _ []float32, _ [][]float32) {
	if dx[0] == nil {
		return
	}
	h, n := l.In[0][1], l.Columns
	l.Pool.Run(l.In[0][0], func(worker, ch int) {
		dx, share := dx[0][ch*h*l.row:][:h*l.row], l.rows[worker][:n]
		clear(dx)
		for oy := range l.outH {
			for ox := range l.outW {
				kernel.MulScalar(share, dy[((ch*l.outH+oy)*l.outW+ox)*n:], l.share)
				for k := range l.height * l.width {
					at := (oy*l.stride+k/l.width)*l.row + (ox*l.stride+k%l.width)*n
					kernel.Add(dx[at:at+n], dx[at:], share)
				}
			}
		}
	})
}

// addUp computes dst = Σ x of arrays of its length, which lie one after the other.
func addUp(dst, x []float32) {
	copy(dst, x)
	for x = x[len(dst):]; len(x) > 0; x = x[len(dst):] {
		kernel.Add(dst, dst, x)
	}
}
