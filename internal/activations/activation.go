// Package activations knows the activation functions: their names, formulas, parameters,
// derivatives and properties. It computes them with package kernel and knows no graph.
package activations

import (
	"strconv"
	"strings"

	"actfn/internal/kernel"
)

// Activation is one function of one variable with its parameters' values. It is immutable.
type Activation struct {
	row    *row
	params []float64
}

// row is one function of the catalogue.
type row struct {
	name    string
	aliases []string
	formula string
	params  []parameter
	// nonDecreasing says whether the function never falls, which may depend on its parameters.
	nonDecreasing func(p []float64) bool
	value         func(p []float64, dst, x []float32)
	gradient      func(p []float64, dx, dy, x []float32)
}

type parameter struct {
	name    string
	aliases []string // PyTorch's and Keras's spellings
	initial float64
}

// Name is the catalogue's name, without parameters.
func (a Activation) Name() string { return a.row.name }

// Formula is the function as an expression of x and its parameters.
func (a Activation) Formula() string { return a.row.formula }

// String is the canonical spec, with every parameter: leaky_relu(slope=0.01).
func (a Activation) String() string {
	if len(a.params) == 0 {
		return a.row.name
	}
	var settings []string
	for i, p := range a.row.params {
		settings = append(settings, p.name+"="+strconv.FormatFloat(a.params[i], 'g', -1, 64))
	}
	return a.row.name + "(" + strings.Join(settings, ", ") + ")"
}

// NonDecreasing reports that f(x) ≤ f(y) whenever x ≤ y, so that f commutes with the maximum.
func (a Activation) NonDecreasing() bool { return a.row.nonDecreasing(a.params) }

// Forward computes dst = f(x); dst may be x.
func (a Activation) Forward(dst, x []float32) { a.row.value(a.params, dst, x) }

// Backward computes dx = dy·f′(x); dx may be dy or x.
func (a Activation) Backward(dx, dy, x []float32) { a.row.gradient(a.params, dx, dy, x) }

func always([]float64) bool { return true }

var catalogue = []row{
	{
		name: "relu", formula: "max(x, 0)",
		nonDecreasing: always,
		value:         func(_ []float64, dst, x []float32) { kernel.ReLU(dst, x) },
		gradient:      func(_ []float64, dx, dy, x []float32) { kernel.ReLUGrad(dx, dy, x) },
	},
	{
		name: "leaky_relu", formula: "where(x > 0, x, slope*x)",
		params:        []parameter{{name: "slope", aliases: []string{"negative_slope", "alpha"}, initial: 0.01}},
		nonDecreasing: func(p []float64) bool { return p[0] >= 0 },
		value:         func(p []float64, dst, x []float32) { kernel.LeakyReLU(dst, x, float32(p[0])) },
		gradient:      func(p []float64, dx, dy, x []float32) { kernel.LeakyReLUGrad(dx, dy, x, float32(p[0])) },
	},
	{
		name: "sigmoid", aliases: []string{"logistic"}, formula: "1/(1 + exp(-x))",
		nonDecreasing: always,
		value:         func(_ []float64, dst, x []float32) { kernel.Sigmoid(dst, x) },
		gradient:      func(_ []float64, dx, dy, x []float32) { kernel.SigmoidGrad(dx, dy, x) },
	},
	{
		name: "tanh", formula: "tanh(x)",
		nonDecreasing: always,
		value:         func(_ []float64, dst, x []float32) { kernel.Tanh(dst, x) },
		gradient:      func(_ []float64, dx, dy, x []float32) { kernel.TanhGrad(dx, dy, x) },
	},
}
