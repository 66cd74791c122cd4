package activations

import (
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

// Derivative returns the derivative with respect to "x" or to the parameter of that name: a simplified formula of x and
// the parameters. It is "" if that would fill more than a page.
func (a Activation) Derivative(by string) string {
	arena := formula.NewArena()
	f, err := formula.Parse(arena, a.text, scope{a.parameters, 0}) // in a.value fixed parameters are numbers
	if err == nil {
		f, err = arena.Mean(f)
	}
	variable := arena.X()
	if by != "x" {
		variable = arena.Parameter(by)
	}
	if err == nil {
		f, err = arena.Derive(f, variable)
	}
	if err != nil || f.Length() > maxPrinted { // the only error left is that the arena is full
		return ""
	}
	return f.String()
}
