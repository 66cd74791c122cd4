package layer

import (
	"actfn/internal/activations"
)

// Activation is y = f(x) for every value of x, (C, …). A parameter that the activation learns has one value, or one
// for each channel.
type Activation struct {
	Name     string // of its parameters: Name.slope
	Function activations.Activation
	Channels int
}

// Params are what the activation learns.
func (a Activation) Params() []Param { return ActivationParams(a.Name, a.Function, a.Channels) }

// Out is the shape of the input.
func (a Activation) Out(in []Shape) (Shape, error) { return oneInput(in) }

// Bytes is nothing: the activation computes in place.
func (a Activation) Bytes([]Shape, int, bool) int64 { return 0 }

// Describe is the function.
func (a Activation) Describe([]Shape) Description {
	return Description{Kind: a.Function.String(), PyTorch: a.Function.Module()}
}

// Purpose names the draws by the layer whose values are activated: those of conv1.activation are "activation conv1".
func (a Activation) Purpose() string { return purpose(a.Name) }

// Signal: where a MaxPool comes next, the result is that of the largest f(x) of a window.
func (a Activation) Signal(s Start) (Moments, float64) {
	for _, next := range s.Readers {
		if pool, ok := next.(MaxPool); ok {
			result, back := through(a.Function, s.Moments[0], pool.Size*pool.Size)
			result.largest = true
			return result, back
		}
	}
	return through(a.Function, s.Moments[0], 1)
}

// New makes the activation of one graph.
func (a Activation) New(b Build) Op {
	return &activationOp{b, NewFunction(a.Function, a.Channels, b.Training)}
}

type activationOp struct {
	Build
	f *Function
}

// activationChunk is the number of values that one task computes, at most.
const activationChunk = 1 << 12

// parts cuts n values, group by group, into tasks.
func (a *activationOp) parts(n int, task func(group, part, from, to int)) {
	size, perGroup := n/a.f.Groups(), a.perGroup(n)
	a.Pool.Run(a.f.Groups()*perGroup, func(_, part int) {
		group, from := part/perGroup, part%perGroup*activationChunk
		task(group, part, group*size+from, group*size+min(size, from+activationChunk))
	})
}

// perGroup is the number of parts of each group of n values.
func (a *activationOp) perGroup(n int) int {
	return (n/a.f.Groups() + activationChunk - 1) / activationChunk
}

// Forward computes y = f(x).
func (a *activationOp) Forward(c *Context, y []float32, x [][]float32) {
	a.f.Begin(c, 0)
	a.parts(len(y), func(group, _, from, to int) { a.f.Forward(y[from:to], x[0][from:to], group, from) })
}

// Backward computes dx = dy·f′(x) and, for each parameter p, dp = Σ dy·∂f/∂p.
func (a *activationOp) Backward(c *Context, dx [][]float32, dy, _ []float32, x [][]float32) {
	to := dx[0]
	if to == nil { // only the parameters' gradients are wanted
		to = make([]float32, len(dy))
	}
	groups, perGroup := a.f.Groups(), a.perGroup(len(dy))
	a.f.BeginBackward(groups * perGroup)
	a.parts(len(dy), func(group, part, from, end int) {
		a.f.Backward(to[from:end], dy[from:end], x[0][from:end], group, from, part, nil)
	})
	a.f.EndBackward(c.Grad, groups, perGroup)
}
