package formula

// Eval computes e in float64 at x, with the parameters' values. A random draw has its mean.
func (e *Expr) Eval(x float64, parameter func(name string) float64) float64 {
	return e.EvalAll([]float64{x}, parameter)[0]
}

// EvalAll computes e at every x, as Eval does.
func (e *Expr) EvalAll(xs []float64, parameter func(name string) float64) []float64 {
	return (&evaluation{xs, parameter, map[*Expr][]float64{}}).of(e)
}

// evaluation holds the values of expressions at every x that have been computed so far.
type evaluation struct {
	xs        []float64
	parameter func(name string) float64
	known     map[*Expr][]float64
}

func (v *evaluation) of(e *Expr) []float64 {
	if values, ok := v.known[e]; ok {
		return values
	}
	values := make([]float64, len(v.xs))
	switch e.op {
	case X:
		copy(values, v.xs)
	case Number, Parameter, Draw:
		leaf := e.leaf(v.parameter)
		for i := range values {
			values[i] = leaf
		}
	default:
		var of [3][]float64
		for k, arg := range e.args {
			of[k] = v.of(arg)
		}
		var args [3]float64
		for i := range values {
			for k := range e.args {
				args[k] = of[k][i]
			}
			values[i] = apply(e.op, args)
		}
	}
	v.known[e] = values
	return values
}

// leaf is the value of a number, a parameter or a draw.
func (e *Expr) leaf(parameter func(name string) float64) float64 {
	switch e.op {
	case Parameter:
		return parameter(e.name)
	case Draw:
		return 0.5
	}
	return e.value
}

// apply computes an operation on numbers.
func apply(op Op, v [3]float64) float64 {
	switch p := &primitives[op]; {
	case p.value1 != nil:
		return p.value1(v[0])
	case p.value2 != nil:
		return p.value2(v[0], v[1])
	case v[0] != 0: // where
		return v[1]
	}
	return v[2]
}
