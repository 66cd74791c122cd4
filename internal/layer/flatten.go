package layer

// Flatten is y = x as one row of features. Nothing moves: values lie in the same order.
type Flatten struct{}

// Params is nothing.
func (Flatten) Params() []Param { return nil }

// Out is (Features), as many as x has values.
func (Flatten) Out(in []Shape) (Shape, error) {
	x, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	return Shape{x.Size()}, nil
}

// Bytes is nothing.
func (Flatten) Bytes([]Shape, int, bool) int64 { return 0 }

// Describe keeps the first dimension, that of the images.
func (Flatten) Describe([]Shape) Description {
	return Description{Kind: "flatten", PyTorch: "{}.flatten(1)"}
}

// Signal changes nothing.
func (Flatten) Signal(s Start) (Moments, float64) { return s.Moments[0], 1 }

// New makes the flattening of one graph.
func (Flatten) New(Build) Op { return flattenOp{} }

type flattenOp struct{}

// Forward copies x.
func (flattenOp) Forward(_ *Context, y []float32, x [][]float32) { copy(y, x[0]) }

// Backward copies dy.
func (flattenOp) Backward(_ *Context, dx [][]float32, dy, _ []float32, _ [][]float32) {
	if dx[0] != nil {
		copy(dx[0], dy)
	}
}
