package layer

import (
	"actfn/internal/activations"
)

// Function is an activation at work in one graph: with the values it has learnt, what it draws and the gradients of
// its parameters. Layers that apply an activation share it.
type Function struct {
	trained, evaluated *activations.Live // with draws, and with their mean
	live               *activations.Live // the one of this run
	draws              bool
	learnable          int
	context            *Context
	sums               []float64 // for each part of the layer, its share of each parameter's gradient
}

// NewFunction prepares an activation for a layer of some channels.
func NewFunction(a activations.Activation, channels int, training bool) *Function {
	f := &Function{evaluated: a.Live(channels, false), learnable: len(a.Learnable())}
	f.live = f.evaluated
	if f.trained = f.evaluated; training && a.Random() {
		f.trained, f.draws = a.Live(channels, true), true
	}
	return f
}

// ActivationParams are the parameters that an activation learns in a layer of some channels: conv1.activation.slope,
// one value or one for each channel, as PyTorch names those of a PReLU called activation in a module called conv1.
func ActivationParams(prefix string, a activations.Activation, channels int) []Param {
	var params []Param
	for _, p := range a.Learnable() {
		n := 1
		if p.Learn == activations.PerChannel {
			n = channels
		}
		params = append(params, Param{
			Name: prefix + "." + p.Name, Shape: []int{n}, Init: Init{Value: p.Value}, OfActivation: true,
		})
	}
	return params
}

// Begin takes what is given for a run: the mode, the draws and the learnt values, those of parameters from one on.
func (f *Function) Begin(c *Context, first int) {
	f.context, f.live = c, f.evaluated
	if c.Mode == Train {
		f.live = f.trained
	}
	if f.learnable > 0 {
		f.live.Set(c.Value[first:][:f.learnable])
	}
}

// Forward computes dst = f(x) for values of one channel, of which the first is an element of the layer's whole. It
// is a kernel.Activate.
func (f *Function) Forward(dst, x []float32, channel, from int) {
	f.live.Forward(dst, x, f.group(channel), f.chance(from, nil))
}

// group is the set of learnt values that a channel uses.
func (f *Function) group(channel int) int {
	if f.live.Groups() == 1 {
		return 0
	}
	return channel
}

// Origins fills dst with the elements of the layer, before pooling, that pooled values from one on come from.
type Origins func(dst []int, from int)

// chance draws for values from one on. Without origins they are elements of the layer themselves.
func (f *Function) chance(first int, at Origins) activations.Chance {
	switch {
	case !f.draws || f.context.Mode != Train: // no closure is made, which would be one for each row
		return nil
	case at == nil:
		return func(dst []float32, from, stream int) { f.context.Draw(dst, stream, first+from) }
	}
	var elements []int
	return func(dst []float32, from, stream int) {
		if cap(elements) < len(dst) {
			elements = make([]int, len(dst))
		}
		at(elements[:len(dst)], first+from)
		f.context.DrawAt(dst, stream, elements[:len(dst)])
	}
}

// Groups is the number of sets of learnt values: 1, or the number of channels.
func (f *Function) Groups() int { return f.live.Groups() }

// BeginBackward prepares for the gradient of a layer that is computed in so many parts.
func (f *Function) BeginBackward(parts int) {
	if need := parts * f.learnable; len(f.sums) < need {
		f.sums = make([]float64, need)
	}
	clear(f.sums)
}

// Backward computes dx = dy·f′(x) for values of one channel in a part of the layer. Origins are those of Forward's
// values where the layer is pooled, else nil. Pieces of one part must be computed sequentially.
func (f *Function) Backward(dx, dy, x []float32, channel, from, part int, at Origins) {
	var sums []float64
	if f.learnable > 0 {
		sums = f.sums[part*f.learnable:][:f.learnable]
	}
	f.live.Backward(dx, dy, x, f.group(channel), f.chance(from, at), sums)
}

// EndBackward computes the gradients of the parameters after all parts, which are numbered channel by channel: sums
// in float64 of the same parts in the same order for any number of workers.
func (f *Function) EndBackward(gradients []Grad, channels, perChannel int) {
	for k := range f.learnable {
		gradient := gradients[k].Whole
		if gradient == nil {
			continue
		}
		totals := make([]float64, len(gradient))
		for part := range channels * perChannel {
			totals[min(part/perChannel, len(totals)-1)] += f.sums[part*f.learnable+k]
		}
		for i, total := range totals {
			gradient[i] = float32(total)
		}
	}
}
