package activations

import (
	"fmt"
	"math"

	"actfn/internal/formula"
)

// Eval computes y = f(x) and dy/dx = f′(x) in float64, with the parameters' initial values; what is drawn
// by chance has its mean. At NaN both are NaN. It is what the kernels are judged by.
func (a Activation) Eval(x []float64) (y, dydx []float64) {
	y, dydx = a.mean.EvalAll(x, a.initial), a.slope.EvalAll(x, a.initial)
	for i, v := range x {
		if math.IsNaN(v) { // a comparison would hide it
			y[i], dydx[i] = v, v
		}
	}
	return y, dydx
}

// maxPrinted is the number of operations of the longest derivative that is written out: about a page.
const maxPrinted = 400

// Derivative is f′ in its simplest known form, as a formula of x and the parameters. It is "" where it
// would fill more than a page.
func (a Activation) Derivative() string {
	return a.derivative(func(arena *formula.Arena) *formula.Expr { return arena.X() })
}

// DerivativeBy is the derivative by a parameter, as Derivative is that by x.
func (a Activation) DerivativeBy(parameter string) (string, error) {
	i := index(a.parameters, parameter)
	if i < 0 {
		return "", fmt.Errorf("activation %s: parameter %q is unknown, want %s", a.Name(), parameter, parameterNames(a.parameters))
	}
	return a.derivative(func(arena *formula.Arena) *formula.Expr { return arena.Parameter(a.parameters[i].Name) }), nil
}

// derivative works in an arena of its own, where parameters that are fixed have not become numbers.
func (a Activation) derivative(by func(*formula.Arena) *formula.Expr) string {
	arena := formula.NewArena()
	f, err := formula.Parse(arena, a.text, scope{a.parameters, 0})
	if err == nil {
		f, err = arena.Mean(f)
	}
	if err == nil {
		f, err = arena.Derive(f, by(arena))
	}
	if err != nil || f.Length() > maxPrinted { // the only error left is that the arena is full
		return ""
	}
	return f.String()
}
