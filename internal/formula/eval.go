package formula

import "math"

// Eval computes e in float64 at x, with the parameters' values. What is drawn by chance has its mean.
func (e *Expr) Eval(x float64, parameter func(name string) float64) float64 {
	known := map[*Expr]float64{}
	var eval func(*Expr) float64
	eval = func(e *Expr) float64 {
		if v, ok := known[e]; ok {
			return v
		}
		var v float64
		switch e.op {
		case Number:
			v = e.value
		case X:
			v = x
		case Draw:
			v = 0.5
		case Parameter:
			v = parameter(e.name)
		case Where: // the branch that is not taken is not looked at
			if eval(e.args[0]) != 0 {
				v = eval(e.args[1])
			} else {
				v = eval(e.args[2])
			}
		default:
			args := make([]float64, len(e.args))
			for i, arg := range e.args {
				args[i] = eval(arg)
			}
			v = apply(e.op, args)
		}
		known[e] = v
		return v
	}
	return eval(e)
}

// EvalAll computes e in float64 at every x.
func (e *Expr) EvalAll(xs []float64, parameter func(name string) float64) []float64 {
	known := map[*Expr][]float64{}
	var eval func(*Expr) []float64
	eval = func(e *Expr) []float64 {
		if values, ok := known[e]; ok {
			return values
		}
		values := make([]float64, len(xs))
		switch {
		case e.op == X:
			copy(values, xs)
		case !e.varies:
			v := e.Eval(0, parameter)
			for i := range values {
				values[i] = v
			}
		default:
			var of [3][]float64
			for k, arg := range e.args {
				of[k] = eval(arg)
			}
			var args [3]float64
			for i := range values {
				for k := range e.args {
					args[k] = of[k][i]
				}
				values[i] = apply(e.op, args[:len(e.args)])
			}
		}
		known[e] = values
		return values
	}
	return eval(e)
}

// apply computes an op of numbers.
func apply(op Op, v []float64) float64 {
	switch op {
	case Draw:
		return 0.5
	case Neg:
		return -v[0]
	case Add:
		return v[0] + v[1]
	case Sub:
		return v[0] - v[1]
	case Mul:
		return v[0] * v[1]
	case Div:
		return v[0] / v[1]
	case Pow:
		return math.Pow(v[0], v[1])
	case Less:
		return truth(v[0] < v[1])
	case LessEqual:
		return truth(v[0] <= v[1])
	case Equal:
		return truth(v[0] == v[1])
	case Where:
		if v[0] != 0 {
			return v[1]
		}
		return v[2]
	case Min:
		return min(v[0], v[1])
	case Max:
		return max(v[0], v[1])
	case Hypot:
		if math.IsNaN(v[0]) || math.IsNaN(v[1]) {
			return math.NaN()
		}
		return math.Hypot(v[0], v[1])
	case Sigmoid:
		return sigmoid(v[0])
	case Softplus:
		return max(v[0], 0) + math.Log1p(math.Exp(-math.Abs(v[0])))
	case Sign:
		switch {
		case v[0] > 0:
			return 1
		case v[0] < 0:
			return -1
		}
		return v[0] // ±0, NaN
	case Sech2:
		e := math.Exp(-2 * math.Abs(v[0]))
		return 4 * e / ((1 + e) * (1 + e))
	case Bell:
		e := math.Exp(-math.Abs(v[0]))
		return e / ((1 + e) * (1 + e))
	}
	return unary[op](v[0])
}

var unary = map[Op]func(float64) float64{
	Abs: math.Abs, Floor: math.Floor, Sqrt: math.Sqrt, Exp: math.Exp, Expm1: math.Expm1, Log: math.Log, Log1p: math.Log1p,
	Sin: math.Sin, Cos: math.Cos, Tanh: math.Tanh, Sinh: math.Sinh, Cosh: math.Cosh, Atan: math.Atan,
	Erf: math.Erf, Erfc: math.Erfc, Tanhshrink: tanhshrink,
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// sigmoid is 1/(1+e⁻ˣ), as eˣ/(1+eˣ) where that is small.
func sigmoid(x float64) float64 {
	e := math.Exp(-math.Abs(x))
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}
