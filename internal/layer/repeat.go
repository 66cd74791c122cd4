package layer

import "fmt"

// Repeat is y of Channels channels that are each x, a single plane (1, H, W): gray images for a network that wants
// colours.
type Repeat struct{ Channels int }

// Params is nothing.
func (Repeat) Params() []Param { return nil }

// Out is (Channels, H, W).
func (l Repeat) Out(in []Shape) (Shape, error) {
	x, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(x) != 3 || x[0] != 1 {
		return nil, fmt.Errorf("input has shape %v, want (1, H, W)", x)
	}
	return Shape{l.Channels, x[1], x[2]}, nil
}

// Bytes is nothing.
func (Repeat) Bytes([]Shape, int, bool) int64 { return 0 }

// New makes the repetition of one graph.
func (l Repeat) New(Build) Op { return repeatOp{} }

type repeatOp struct{}

// Forward copies x into every channel.
func (repeatOp) Forward(_ *Context, y []float32, x [][]float32) {
	for len(y) > 0 {
		y = y[copy(y, x[0]):]
	}
}

// Backward computes dx = Σ dy over the channels.
func (repeatOp) Backward(_ *Context, dx [][]float32, dy, _ []float32, _ [][]float32) {
	if dx[0] != nil {
		addUp(dx[0], dy)
	}
}
