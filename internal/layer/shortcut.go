package layer

import "fmt"

// Shortcut is x as the end of a residual block wants it, without parameters: every Stride-th row and column, the first
// included, and channels of zeros after those of x until there are Channels (He et al. 2016, arXiv:1512.03385, option
// A).
type Shortcut struct{ Channels, Stride int }

// Params is nothing.
func (Shortcut) Params() []Param { return nil }

// Out is (Channels, ⌈H/Stride⌉, ⌈W/Stride⌉).
func (l Shortcut) Out(in []Shape) (Shape, error) {
	x, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(x) != 3 || x[0] > l.Channels {
		return nil, fmt.Errorf("input has shape %v, want (C, H, W) with at most %d channels", x, l.Channels)
	}
	return Shape{l.Channels, (x[1]-1)/l.Stride + 1, (x[2]-1)/l.Stride + 1}, nil
}

// Bytes is nothing.
func (Shortcut) Bytes([]Shape, int, bool) int64 { return 0 }

// Describe says the stride.
func (l Shortcut) Describe(in []Shape) Description {
	picked := "{}" + unless(l.Stride == 1, "[:, :, ::%[1]d, ::%[1]d]", l.Stride)
	return Description{
		Kind:    "shortcut" + unless(l.Stride == 1, ", stride %d", l.Stride),
		PyTorch: fmt.Sprintf("F.pad(%s, (0, 0, 0, 0, 0, %d))", picked, l.Channels-in[0][0]),
	}
}

// Signal is that of the input in its share of the channels: the others are zeros.
func (l Shortcut) Signal(s Start) (Moments, float64) {
	in, share := s.Moments[0], float64(s.In[0][0])/float64(l.Channels)
	out, _ := l.Out(s.In)
	result := in.with(in.Mean*share, in.Square*share, func(product float64) float64 { return product * share })
	return result.every(l.Stride), float64(out[1:].Size()) / float64(s.In[0][1:].Size())
}

// New makes the shortcut of one graph.
func (l Shortcut) New(b Build) Op {
	out, _ := l.Out(b.In)
	return &shortcutOp{b, l.Stride, out}
}

type shortcutOp struct {
	Build
	stride int
	out    Shape
}

// Forward picks from x and fills up with zeros.
func (l *shortcutOp) Forward(_ *Context, y []float32, x [][]float32) {
	from, to := l.planes()
	l.Pool.Run(l.out[0], func(_, ch int) {
		y := y[ch*to:][:to]
		if ch >= l.In[0][0] {
			clear(y)
			return
		}
		l.pick(y, x[0][ch*from:][:from], func(y, x []float32) { copy(y, x) })
	})
}

// Backward puts dy where y came from, and 0 elsewhere.
func (l *shortcutOp) Backward(_ *Context, dx [][]float32, dy, _ []float32, _ [][]float32) {
	if dx[0] == nil {
		return
	}
	from, to := l.planes()
	l.Pool.Run(l.In[0][0], func(_, ch int) {
		dx := dx[0][ch*from:][:from]
		if l.stride > 1 {
			clear(dx)
		}
		l.pick(dy[ch*to:][:to], dx, func(dy, dx []float32) { copy(dx, dy) })
	})
}

// planes are the numbers of values of one channel of the input and of the result.
func (l *shortcutOp) planes() (from, to int) {
	return l.In[0][1] * l.In[0][2] * l.Columns, l.out[1] * l.out[2] * l.Columns
}

// pick visits what belongs together in one channel of the result and of the input.
func (l *shortcutOp) pick(y, x []float32, visit func(y, x []float32)) {
	if l.stride == 1 {
		visit(y, x)
		return
	}
	for oy := range l.out[1] {
		for ox := range l.out[2] {
			visit(y[(oy*l.out[2]+ox)*l.Columns:][:l.Columns], x[(oy*l.In[0][2]+ox)*l.stride*l.Columns:][:l.Columns])
		}
	}
}
