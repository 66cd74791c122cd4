package layer

import (
	"fmt"
	"math"

	"actfn/internal/kernel"
)

// BatchNorm is y = γ·(x − μ)/√(σ² + ε) + β for each channel of x, (Channels, …), with ε = 10⁻⁵ (Ioffe and Szegedy 2015,
// arXiv:1502.03167): PyTorch's BatchNorm2d or, of features, BatchNorm1d. In training μ and σ² are the mean and the
// variance of the channel's values in the batch, and each training step moves the running statistics a tenth of the
// way to them, the variance with Bessel's correction; a probe leaves them as they are. In evaluation μ and σ² are the
// running statistics. A batch with one value a channel has no variance: training on it is refused.
//
// A value that is not finite makes the whole channel NaN in training.
type BatchNorm struct {
	Name     string // of its parameters: Name.weight is γ, Name.bias is β
	Channels int
}

const (
	normEpsilon  = 1e-5
	normMomentum = 0.1
)

// Params are γ and β, and the running mean and variance.
func (l BatchNorm) Params() []Param {
	of := func(name string, start float64, buffer bool) Param {
		return Param{Name: l.Name + "." + name, Shape: []int{l.Channels}, Init: Init{Value: start}, Buffer: buffer}
	}
	return []Param{of("weight", 1, false), of("bias", 0, false), of("running_mean", 0, true), of("running_var", 1, true)}
}

// Out is the shape of the input.
func (l BatchNorm) Out(in []Shape) (Shape, error) {
	x, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(x) == 0 || x[0] != l.Channels {
		return nil, fmt.Errorf("input has shape %v, want (%d, …)", x, l.Channels)
	}
	return x, nil
}

// Bytes is little: the statistics.
func (BatchNorm) Bytes([]Shape, int, bool) int64 { return 0 }

// Describe counts no multiply-adds: in evaluation the norm is part of the convolution before it.
func (l BatchNorm) Describe(in []Shape) Description {
	return Description{Kind: "batch norm", PyTorch: fmt.Sprintf("nn.BatchNorm%dd(%d)", len(in[0])/2+1, l.Channels)}
}

// MinImages is 2 where an image has one value a channel, else 1.
func (BatchNorm) MinImages(in []Shape) int {
	if in[0][1:].Size() == 1 {
		return 2
	}
	return 1
}

// Scale is the norm in evaluation as y = scale·x + shift, of a channel, from the values of Params.
func (BatchNorm) Scale(values [][]float32, channel int) (scale, shift float64) {
	scale = float64(values[0][channel]) / math.Sqrt(float64(values[3][channel])+normEpsilon)
	return scale, float64(values[1][channel]) - scale*float64(values[2][channel])
}

// Signal leaves out what the gradient loses because the mean and the deviation depend on the values.
func (BatchNorm) Signal(s Start) (Moments, float64) {
	in := s.Moments[0]
	factor := 1 / (in.Square - in.Apart)
	return in.with(0, 1, func(product float64) float64 { return (product - in.Apart) * factor }), factor
}

// New makes the norm of one graph.
func (l BatchNorm) New(b Build) Op { return &batchNormOp{b, make([]moments, l.Channels)} }

type batchNormOp struct {
	Build
	channels []moments // of the last run
}

// moments are what a channel is normalized by. The mean is kept as the distance from a value near it, so that x less
// its mean is exact where that is small beside x.
type moments struct {
	near     float32 // a value of the channel
	distance float64 // of the mean from it
	rate     float64 // 1/√(σ² + ε)
}

// normChunk is the number of values that are computed at a time, in the first-level cache.
const normChunk = 1 << 11

// Forward computes y, and outside evaluation the statistics of the images.
func (l *batchNormOp) Forward(c *Context, y []float32, x [][]float32) {
	size := l.In[0][1:].Size()
	if c.Mode != Evaluate && size*c.Images < 2 {
		c.Err = fmt.Errorf("batch has 1 value in each channel, want at least 2")
		return
	}
	weight, bias, mean, variance := c.Value[0], c.Value[1], c.Value[2], c.Value[3]
	l.Pool.Run(len(l.channels), func(_, ch int) {
		x, y, m := l.channel(x[0], ch), l.channel(y, ch), &l.channels[ch]
		if c.Mode == Evaluate {
			*m = moments{mean[ch], 0, 1 / math.Sqrt(float64(variance[ch])+normEpsilon)}
		} else {
			n := float64(size * c.Images)
			*m = moments{near: finite(x[0])}
			sum, squares := l.moments(c, x, x, m.near, m.near)
			m.distance = sum / n
			deviations := max(0, squares-sum*m.distance)
			m.rate = 1 / math.Sqrt(deviations/n+normEpsilon)
			if c.Mode == Train {
				learn(&mean[ch], float64(m.near)+m.distance)
				learn(&variance[ch], deviations/(n-1))
			}
		}
		scale := float64(weight[ch]) * m.rate
		shift := float64(bias[ch]) - scale*m.distance
		eachChunk(len(y), func(from, to int) {
			kernel.SubScalar(y[from:to], x[from:], m.near)
			kernel.Affine(y[from:to], y[from:], float32(scale), float32(shift))
		})
	})
}

// Backward computes dβ = Σ dy and dγ = Σ dy·x̂ over the n values of the images in a channel, where x̂ = (x − μ)/√(σ² +
// ε), and dx = γ/√(σ² + ε)·(dy − dβ/n − x̂·dγ/n).
func (l *batchNormOp) Backward(c *Context, dx [][]float32, dy, _ []float32, x [][]float32) {
	n := float64(l.In[0][1:].Size() * c.Images)
	l.Pool.Run(len(l.channels), func(_, ch int) {
		x, dy, m := l.channel(x[0], ch), l.channel(dy, ch), l.channels[ch]
		sum, products := l.moments(c, dy, x, 0, m.near)
		dweight := m.rate * (products - m.distance*sum)
		for i, gradient := range []float64{dweight, sum} {
			if to := c.Grad[i].Whole; to != nil {
				to[ch] = float32(gradient)
			}
		}
		if dx[0] == nil {
			return
		}
		dx := l.channel(dx[0], ch)
		scale := float64(c.Value[0][ch]) * m.rate
		slope := -scale * m.rate * dweight / n
		shift := -scale*sum/n - slope*m.distance
		eachChunk(len(dx), func(from, to int) {
			kernel.SubScalar(dx[from:to], x[from:], m.near)
			kernel.Affine(dx[from:to], dx[from:], float32(slope), float32(shift))
			kernel.MulAddScalar(dx[from:to], dy[from:], float32(scale), dx[from:])
		})
		for column := c.Images; column < l.Columns; column++ {
			for i := column; i < len(dx); i += l.Columns {
				dx[i] = 0
			}
		}
	})
}

// channel is the values of a channel.
func (l *batchNormOp) channel(values []float32, ch int) []float32 {
	size := len(values) / len(l.channels)
	return values[ch*size:][:size]
}

// moments are Σ (a − p) and Σ (a − p)·(b − q) over the images' values of a channel.
func (l *batchNormOp) moments(c *Context, a, b []float32, p, q float32) (sum, products float64) {
	images, apart := c.Images, l.Columns
	if images == apart { // nothing is left out
		images, apart = normChunk, normChunk
	}
	for from := 0; from < len(a); from += apart {
		to := min(from+images, len(a))
		s, t := kernel.Moments(a[from:to], b[from:to], p, q)
		sum, products = sum+s, products+t
	}
	return sum, products
}

// eachChunk cuts n values into chunks.
func eachChunk(n int, f func(from, to int)) {
	for from := 0; from < n; from += normChunk {
		f(from, min(from+normChunk, n))
	}
}

// finite is v, or 0 where v is not finite.
func finite(v float32) float32 {
	if v-v != 0 {
		return 0
	}
	return v
}

// learn moves a running statistic towards that of a batch.
func learn(running *float32, batch float64) {
	*running = float32((1-normMomentum)*float64(*running) + normMomentum*batch)
}
