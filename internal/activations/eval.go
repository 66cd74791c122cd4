package activations

import (
	"fmt"
	"math"

	"actfn/internal/formula"
)

// Eval computes y = f(x) and dy/dx = f′(x) in float64, with the initial values of the parameters and the mean of random
// draws. At NaN both are NaN. Tests compare the kernels with it.
func (a Activation) Eval(x []float64) (y, dydx []float64) {
	y, dydx = a.mean.EvalAll(x, a.initial), a.slope.EvalAll(x, a.initial)
	for i, v := range x {
		if math.IsNaN(v) { // a comparison in the formula may hide it
			y[i], dydx[i] = v, v
		}
	}
	return y, dydx
}

// maxPrinted is the largest number of operations in a derivative that is printed: about a page.
const maxPrinted = 400

// Derivative returns f′ as a formula of x and the parameters, simplified. It is "" if that would fill more than a page.
func (a Activation) Derivative() string {
	return a.derivative(func(arena *formula.Arena) *formula.Expr { return arena.X() })
}

// DerivativeBy returns the derivative with respect to a parameter in the same form as Derivative.
func (a Activation) DerivativeBy(parameter string) (string, error) {
	i := index(a.parameters, parameter)
	if i < 0 {
		return "", fmt.Errorf("activation %s: parameter %q is unknown, want %s", a.Name(), parameter, parameterNames(a.parameters))
	}
	return a.derivative(func(arena *formula.Arena) *formula.Expr { return arena.Parameter(a.parameters[i].Name) }), nil
}

// derivative parses the formula again, because in a.value fixed parameters are numbers.
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
