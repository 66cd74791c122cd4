package layer

import (
	"fmt"
	"slices"
	"strings"

	"actfn/internal/kernel"
)

// Add is y = x₀ + x₁ + …, the sum of two or more inputs of one shape, in their order.
type Add struct{}

// Params is nothing.
func (Add) Params() []Param { return nil }

// Out is the shape of the inputs.
func (Add) Out(in []Shape) (Shape, error) {
	if len(in) < 2 {
		return nil, fmt.Errorf("number of inputs is %d, want at least 2", len(in))
	}
	for _, x := range in[1:] {
		if !slices.Equal(x, in[0]) {
			return nil, fmt.Errorf("inputs have shapes %v, want equal ones", in)
		}
	}
	return in[0], nil
}

// Bytes is nothing.
func (Add) Bytes([]Shape, int, bool) int64 { return 0 }

// Describe is the sum.
func (Add) Describe(in []Shape) Description {
	return Description{Kind: "sum", PyTorch: "{}" + strings.Repeat(" + {}", len(in)-1)}
}

// Signal is that of a sum of independent terms.
func (Add) Signal(s Start) (sum Moments, back float64) {
	sum = s.Moments[0]
	for _, next := range s.Moments[1:] {
		both := 2 * sum.Mean * next.Mean
		added := func(product float64) float64 { return product + both }
		sum = sum.with(sum.Mean+next.Mean, sum.Square+next.Square+both, added)
		sum.Apart += next.Apart
		for i := range sum.Near[:min(len(sum.Near), len(next.Near))] {
			sum.Near[i] += next.Near[i]
		}
	}
	return sum, 1
}

// New makes the sum of one graph.
func (Add) New(b Build) Op { return addOp{b} }

type addOp struct{ Build }

// addChunk is the number of values that one task computes, at most.
const addChunk = 1 << 12

// Forward computes the sum.
func (l addOp) Forward(_ *Context, y []float32, x [][]float32) {
	l.Pool.RunChunks(len(y), addChunk, func(from, to int) {
		kernel.Add(y[from:to], x[0][from:to], x[1][from:to])
		for _, x := range x[2:] {
			kernel.Add(y[from:to], y[from:to], x[from:to])
		}
	})
}

// Backward gives each input dy.
func (l addOp) Backward(_ *Context, dx [][]float32, dy, _ []float32, _ [][]float32) {
	l.Pool.RunChunks(len(dy), addChunk, func(from, to int) {
		for _, dx := range dx {
			if dx != nil {
				copy(dx[from:to], dy[from:to])
			}
		}
	})
}
