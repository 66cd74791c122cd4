package formula

// Eval computes e in float64 at x, with the parameters' values. A random draw has its mean.
func (e *Expr) Eval(x float64, parameter func(name string) float64) float64 {
	return e.EvalAll([]float64{x}, parameter)[0]
}

// EvalAll computes e at every x, as Eval does.
func (e *Expr) EvalAll(xs []float64, parameter func(name string) float64) []float64 {
	known := map[*Expr][]float64{}
	var eval func(*Expr) []float64
	eval = func(e *Expr) []float64 {
		if values, ok := known[e]; ok {
			return values
		}
		values := make([]float64, len(xs))
		switch e.op {
		case X:
			copy(values, xs)
		case Number, Parameter, Draw:
			v := e.leaf(parameter)
			for i := range values {
				values[i] = v
			}
		default:
			var of [3][]float64
			for k, arg := range e.args {
				of[k] = eval(arg)
			}
			var v [3]float64
			for i := range values {
				for k := range e.args {
					v[k] = of[k][i]
				}
				values[i] = apply(e.op, v)
			}
		}
		known[e] = values
		return values
	}
	return eval(e)
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
