package op

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"actfn/internal/activations"
	"actfn/internal/worker"
)

// Function is an activation with what it depends on in one layer.
type Function struct {
	activations.Activation
	// Parameters are nodes of those that are learnt, in the order of Learnable, each (1) or, one value a
	// channel, (C): of the filters of a convolution or the features of a linear layer.
	Parameters gorgonia.Nodes
	// Chance draws in training; nil takes the mean of what is drawn.
	Chance *Chance
}

// Chance is where the functions of a layer draw from in the next run. A draw is uniform on [0, 1), and a function
// of two numbers alone: of which of a function's draws it is, the stream, and of the element of the layer,
// (C, H, W, N) or (Features, N), before pooling.
type Chance struct {
	Draw   func(dst []float32, stream, element int)        // for elements from one on
	DrawAt func(dst []float32, stream int, elements []int) // for such elements
}

// applied is a Function in the ops of a layer.
type applied struct {
	Function
	live      *activations.Live
	gradients [][]float32 // of the parameters
	sums      []float64   // for each part of the layer, what it adds to each of them
}

// newApplied checks the parameters of a layer of some channels.
func newApplied(f Function, channels int) (*applied, error) {
	learnable := f.Learnable()
	if len(learnable) != len(f.Parameters) {
		return nil, fmt.Errorf("%s: number of parameters is %d, want %d", f, len(f.Parameters), len(learnable))
	}
	a := &applied{Function: f, live: f.Live(channels, f.Chance != nil)}
	for i, p := range learnable {
		want := 1
		if p.Learn == activations.PerChannel {
			want = channels
		}
		if got := f.Parameters[i].Shape(); !got.Eq(tensor.Shape{want}) {
			return nil, shapeError(f.Name(), p.Name, got, want)
		}
		a.gradients = append(a.gradients, make([]float32, want))
	}
	return a, nil
}

// inputs are those of an op, with the dimensions of the parameters after the others'.
func (a *applied) inputs(dims ...int) []int {
	for range a.Parameters {
		dims = append(dims, 1)
	}
	return dims
}

// differentiable is what DiffWRT says of the inputs, with the parameters after the others.
func (a *applied) differentiable(others ...bool) []bool {
	for range a.Parameters {
		others = append(others, true)
	}
	return others
}

// set takes the parameters' values, as they come in a run.
func (a *applied) set(values []gorgonia.Value) {
	if len(values) == 0 {
		return
	}
	all := make([][]float32, len(values))
	for i, v := range values {
		all[i] = data(v)
	}
	a.live.Set(all)
}

// forward is a kernel.Activate.
func (a *applied) forward(dst, x []float32, channel, from int) {
	var chance activations.Chance
	if a.draws() { // else no closure is made, which would be one for each row
		chance = a.chance(from, nil)
	}
	a.live.Forward(dst, x, a.group(channel), chance)
}

func (a *applied) group(channel int) int {
	if a.live.Groups() == 1 {
		return 0
	}
	return channel
}

// draws reports that the function is a matter of chance in this graph.
func (a *applied) draws() bool { return a.Chance != nil && a.Random() }

// origins fills dst with the elements of the layer before pooling that values from one on come from.
type origins func(dst []int, from int)

// chance is what is drawn for values from first on, which are elements of the layer themselves where there are no
// origins.
func (a *applied) chance(first int, at origins) activations.Chance {
	switch {
	case !a.draws():
		return nil
	case at == nil:
		return func(dst []float32, from, stream int) { a.Chance.Draw(dst, stream, first+from) }
	}
	var elements []int
	return func(dst []float32, from, stream int) {
		if cap(elements) < len(dst) {
			elements = make([]int, len(dst))
		}
		at(elements[:len(dst)], first+from)
		a.Chance.DrawAt(dst, stream, elements[:len(dst)])
	}
}

// elementChunk is the number of values one task computes, at most.
const elementChunk = 1 << 12

// perGroup is how many parts each group of n values has.
func (a *applied) perGroup(n int) int { return (n/a.live.Groups() + elementChunk - 1) / elementChunk }

// parts cuts n values, group by group, for tasks.
func (a *applied) parts(pool *worker.Pool, n int, task func(group, part, from, to int)) {
	size, perGroup := n/a.live.Groups(), a.perGroup(n)
	pool.Run(a.live.Groups()*perGroup, func(_, part int) {
		group, from := part/perGroup, part%perGroup*elementChunk
		task(group, part, group*size+from, group*size+min(size, from+elementChunk))
	})
}

// backwardAll computes dx of a whole layer and the parameters' gradients.
func (a *applied) backwardAll(pool *worker.Pool, dx, dy, x []float32) {
	a.begin(a.live.Groups(), a.perGroup(len(dx)))
	a.parts(pool, len(dx), func(group, part, from, to int) {
		a.backward(dx[from:to], dy[from:to], x[from:to], group, from, part, nil)
	})
	a.end(a.live.Groups(), a.perGroup(len(dx)))
}

// begin prepares for the gradient of a layer, of which each channel will have so many parts.
func (a *applied) begin(channels, perChannel int) {
	if need := channels * perChannel * len(a.gradients); len(a.sums) < need {
		a.sums = make([]float64, need)
	}
	clear(a.sums)
}

// backward computes dx for a part of the values of a channel, from one on, after begin. Where the layer is pooled, at is
// where x comes from, else nil. Who computes a part in several pieces does so one after the other.
func (a *applied) backward(dx, dy, x []float32, channel, from, part int, at origins) {
	var sums []float64
	if learnt := len(a.gradients); learnt > 0 {
		sums = a.sums[part*learnt:][:learnt]
	}
	a.live.Backward(dx, dy, x, a.group(channel), a.chance(from, at), sums)
}

// end computes the parameters' gradients after all parts, which are numbered channel by channel: sums in float64 of the same parts in the
// same order for any number of workers.
func (a *applied) end(channels, perChannel int) {
	for k, gradient := range a.gradients {
		totals := make([]float64, len(gradient))
		for part := range channels * perChannel {
			totals[min(part/perChannel, len(totals)-1)] += a.sums[part*len(a.gradients)+k]
		}
		for i, total := range totals {
			gradient[i] = float32(total)
		}
	}
}

// published are the gradients as nodes, after the op that computes them.
func (a *applied) published(name string, after *gorgonia.Node) (gorgonia.Nodes, error) {
	var nodes gorgonia.Nodes
	for i, p := range a.Learnable() {
		gradient := newView(name+".d"+p.Name, a.gradients[i], a.Parameters[i].Shape(), after.Dims())
		node, err := gorgonia.ApplyOp(gradient, after)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}
