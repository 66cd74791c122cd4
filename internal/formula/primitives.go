package formula

import (
	"math"
	"sync"

	"actfn/internal/kernel"
)

// Op is what an expression does with its arguments.
type Op uint8

// The operations that the code mentions. The first four are leaves; each of the others has a row in primitives.
const (
	Number Op = iota
	X
	Parameter
	Draw // uniform on [0, 1), drawn anew for each element in training; its mean in evaluation

	Neg
	Add
	Sub
	Mul
	Div
	Pow

	Less
	LessEqual
	Equal
	Where

	Min
	Max
	Hypot

	Abs
	Sign
	Floor
	Sqrt
	Exp
	Expm1
	Log
	Log1p
	Sin
	Cos
	Tanh
	Sinh
	Cosh
	Atan
	Erf
	Erfc
	Sigmoid
	Softplus
	Tanhshrink
	Sech2
	Bell
)

// primitive describes one operation. Of the fields whose names end in 1 or 2, those for the operation's number of
// arguments are set.
type primitive struct {
	name       string // of the call, as in tanh(x); "" if there is only an operator
	symbol     string // of the operator as String writes it; "" if there is none
	precedence int    // of the operator
	commutes   bool   // f(u, v) = f(v, u)

	value1 func(u float64) float64
	value2 func(u, v float64) float64

	// The derivative: f′(u) of e = f(u), or that of e = f(u, v) where u and v have the derivatives du and dv.
	derivative1 func(a *Arena, e, u *Expr) *Expr
	derivative2 func(d *derivation, e, u, v, du, dv *Expr) *Expr

	// The kernel that computes f in float32. Without one, the value is computed for each element.
	kernel1 func(dst, u []float32)
	kernel2 kernels
	product func(dst, dy, u []float32) // dy·f(u), if there is a kernel for it

	// The function of PyTorch, as torch.tanh, or what computes it of %[1]s and %[2]s; for an operator its symbol in Python,
	// "" if that is symbol.
	torch string

	// The constructor that simplifies; nil if there is nothing to simplify.
	simplify1 func(a *Arena, u *Expr) *Expr
	simplify2 func(a *Arena, u, v *Expr) *Expr

	// The bounds of f over u; nil if f jumps, or if none are known.
	bounds func(value func(float64) float64, u Interval) Interval

	// The number of the branch that f takes, which changes at kinks and jumps; nil if f has neither. v is 0 if f has
	// one argument.
	branch  func(u, v float64) float64
	endless bool // f has infinitely many branches or waves
}

// kernels compute f of two vectors, of a vector and a scalar, or of a scalar and a vector. Where vs or sv is nil,
// vv is used.
type kernels struct {
	vv func(dst, u, v []float32)
	vs func(dst, u []float32, v float32)
	sv func(dst []float32, u float32, v []float32)
}

func (p *primitive) arity() int {
	switch {
	case p.value1 != nil:
		return 1
	case p.value2 != nil:
		return 2
	}
	return 3
}

// primitives lists the operations, by Op. A new row goes to the end. It needs a constant only if other code mentions it.
var primitives []primitive

// calls maps the names that a formula can call to operations.
var calls = map[string]Op{}

// init fills the table, because the rows refer to code that reads it.
func init() {
	type (
		A = Arena
		E = Expr
	)
	primitives = []primitive{
		Neg: {symbol: "-", precedence: sign, value1: func(u float64) float64 { return -u },
			kernel1: kernel.Neg, simplify1: (*A).neg, bounds: exact,
			derivative1: func(a *A, _, _ *E) *E { return a.Number(-1) }},
		Add: {symbol: " + ", precedence: sum, commutes: true, value2: func(u, v float64) float64 { return u + v }, simplify2: (*A).add,
			kernel2:     kernels{kernel.Add, kernel.AddScalar, swap(kernel.AddScalar)},
			derivative2: func(d *derivation, _, _, _, du, dv *E) *E { return d.add(du, dv) }},
		Sub: {symbol: " - ", precedence: sum, value2: func(u, v float64) float64 { return u - v }, simplify2: (*A).sub,
			kernel2:     kernels{kernel.Sub, kernel.SubScalar, kernel.ScalarSub},
			derivative2: func(d *derivation, _, _, _, du, dv *E) *E { return d.sub(du, dv) }},
		Mul: {symbol: "*", precedence: product, commutes: true,
			value2: func(u, v float64) float64 { return u * v }, simplify2: (*A).mul,
			kernel2:     kernels{kernel.Mul, kernel.MulScalar, swap(kernel.MulScalar)},
			derivative2: func(d *derivation, _, u, v, du, dv *E) *E { return d.add(d.mul(du, v), d.mul(u, dv)) }},
		Div: {symbol: "/", precedence: product, value2: func(u, v float64) float64 { return u / v }, simplify2: (*A).div,
			kernel2: kernels{kernel.Div, kernel.DivScalar, kernel.ScalarDiv}, derivative2: (*derivation).quotient},
		Pow: {name: "pow", symbol: "^", torch: " ** ", precedence: power, value2: math.Pow, simplify2: (*A).pow,
			kernel2: kernels{kernel.Pow, kernel.PowScalar, nil}, derivative2: (*derivation).power},

		Less: {symbol: " < ", precedence: comparison, value2: func(u, v float64) float64 { return truth(u < v) },
			kernel2: kernels{kernel.Less, kernel.LessScalar, kernel.ScalarLess}, derivative2: flat, branch: compare},
		LessEqual: {symbol: " <= ", precedence: comparison, value2: func(u, v float64) float64 { return truth(u <= v) },
			kernel2: kernels{kernel.LessEqual, kernel.LessEqualScalar, kernel.ScalarLessEqual}, derivative2: flat, branch: compare},
		Equal: {symbol: " == ", precedence: comparison, commutes: true, value2: func(u, v float64) float64 { return truth(u == v) },
			kernel2: kernels{kernel.Equal, kernel.EqualScalar, swap(kernel.EqualScalar)}, derivative2: flat, branch: compare},
		Where: {name: "where"}, // the one operation of three arguments, which has code of its own

		Min: {name: "min", commutes: true, branch: compare, value2: func(u, v float64) float64 { return min(u, v) },
			kernel2: kernels{kernel.Min, kernel.MinScalar, swap(kernel.MinScalar)},
			derivative2: func(d *derivation, _, u, v, du, dv *E) *E {
				return d.extreme(u, v, du, dv, func(u, v *E) *E { return d.make(Less, u, v) })
			}},
		Max: {name: "max", commutes: true, branch: compare, value2: func(u, v float64) float64 { return max(u, v) },
			kernel2: kernels{kernel.Max, kernel.MaxScalar, swap(kernel.MaxScalar)},
			derivative2: func(d *derivation, _, u, v, du, dv *E) *E {
				return d.extreme(u, v, du, dv, func(u, v *E) *E { return d.make(Less, v, u) })
			}},
		Hypot: {name: "hypot", torch: "torch.hypot", commutes: true, value2: hypot, kernel2: kernels{kernel.Hypot, nil, nil},
			derivative2: func(d *derivation, e, u, v, du, dv *E) *E {
				return d.add(d.mul(d.div(u, e), du), d.mul(d.div(v, e), dv))
			}},

		Abs: {name: "abs", torch: "torch.abs", value1: math.Abs, kernel1: kernel.Abs, bounds: exact, branch: compare,
			derivative1: func(a *A, _, u *E) *E { return a.make(Sign, u) }},
		Sign: {name: "sign", torch: "torch.sign", value1: signum, kernel1: kernel.Sign, branch: compare,
			derivative1: func(a *A, _, _ *E) *E { return a.Number(0) }},
		Floor: {name: "floor", torch: "torch.floor", value1: math.Floor,
			branch: func(u, _ float64) float64 { return math.Floor(u) }, endless: true,
			derivative1: func(a *A, _, _ *E) *E { return a.Number(0) }},
		Sqrt: {name: "sqrt", torch: "torch.sqrt", value1: math.Sqrt, kernel1: kernel.Sqrt, simplify1: (*A).sqrt, bounds: monotone,
			derivative1: func(a *A, e, _ *E) *E { return a.div(a.Number(0.5), e) }},
		Exp: {name: "exp", torch: "torch.exp", value1: math.Exp, kernel1: kernel.Exp, simplify1: calmed(Exp), bounds: monotone,
			derivative1: func(_ *A, e, _ *E) *E { return e }},
		Expm1: {name: "expm1", torch: "torch.expm1", value1: math.Expm1,
			kernel1: kernel.Expm1, simplify1: calmed(Expm1), bounds: monotone,
			derivative1: func(a *A, _, u *E) *E { return a.make(Exp, u) }},
		Log: {name: "log", torch: "torch.log", value1: math.Log, kernel1: kernel.Log, simplify1: (*A).log, bounds: monotone,
			derivative1: func(a *A, _, u *E) *E { return a.div(a.Number(1), u) }},
		Log1p: {name: "log1p", torch: "torch.log1p", value1: math.Log1p, kernel1: kernel.Log1p, bounds: monotone,
			derivative1: func(a *A, _, u *E) *E { return a.div(a.Number(1), a.add(u, a.Number(1))) }},
		Sin: {name: "sin", torch: "torch.sin", value1: math.Sin, kernel1: kernel.Sin, bounds: waves, endless: true,
			derivative1: func(a *A, _, u *E) *E { return a.make(Cos, u) }},
		Cos: {name: "cos", torch: "torch.cos", value1: math.Cos, kernel1: kernel.Cos, bounds: waves, endless: true,
			derivative1: func(a *A, _, u *E) *E { return a.neg(a.make(Sin, u)) }},
		Tanh: {name: "tanh", torch: "torch.tanh", value1: math.Tanh, kernel1: kernel.Tanh, simplify1: calmed(Tanh), bounds: monotone,
			derivative1: func(a *A, _, u *E) *E { return a.make(Sech2, u) }},
		Sinh: {name: "sinh", torch: "torch.sinh", value1: math.Sinh, kernel1: kernel.Sinh, bounds: monotone,
			derivative1: func(a *A, _, u *E) *E { return a.make(Cosh, u) }},
		Cosh: {name: "cosh", torch: "torch.cosh", value1: math.Cosh, kernel1: kernel.Cosh, bounds: monotone,
			derivative1: func(a *A, _, u *E) *E { return a.make(Sinh, u) }},
		Atan: {name: "atan", torch: "torch.atan", value1: math.Atan, kernel1: kernel.Atan, bounds: monotone,
			derivative1: func(a *A, _, u *E) *E { return a.div(a.Number(1), a.add(a.pow(u, a.Number(2)), a.Number(1))) }},
		Erf: {name: "erf", torch: "torch.erf", value1: math.Erf, kernel1: kernel.Erf, simplify1: calmed(Erf), bounds: monotone,
			derivative1: func(a *A, _, u *E) *E { return a.gauss(2, u) }},
		Erfc: {name: "erfc", torch: "torch.erfc", value1: math.Erfc, kernel1: kernel.Erfc, simplify1: calmed(Erfc), bounds: monotone,
			derivative1: func(a *A, _, u *E) *E { return a.gauss(-2, u) }},
		Sigmoid: {name: "sigmoid", torch: "torch.sigmoid", value1: sigmoid,
			kernel1: kernel.Sigmoid, simplify1: calmed(Sigmoid), bounds: monotone,
			derivative1: func(a *A, _, u *E) *E { return a.make(Bell, u) }},
		Softplus: {name: "softplus", torch: "F.softplus", value1: softplus, kernel1: kernel.Softplus, bounds: monotone,
			derivative1: func(a *A, _, u *E) *E { return a.make(Sigmoid, u) }},

		Tanhshrink: {name: "tanhshrink", torch: "F.tanhshrink", value1: tanhshrink,
			kernel1: tanhshrinks, bounds: monotone, // x − tanh(x)
			derivative1: func(a *A, _, u *E) *E { return a.pow(a.make(Tanh, u), a.Number(2)) }},
		Sech2: {name: "sech2", torch: "4 * torch.sigmoid(2 * %[1]s) * torch.sigmoid(-2 * %[1]s)", value1: sech2,
			bounds:  monotone, // 1/cosh²
			kernel1: derivative(kernel.TanhGrad), product: kernel.TanhGrad,
			derivative1: func(a *A, e, u *E) *E { return a.mul(a.Number(-2), a.mul(e, a.make(Tanh, u))) }},
		Bell: {name: "bell", torch: "torch.sigmoid(%[1]s) * torch.sigmoid(-%[1]s)", value1: bell, bounds: monotone, // σ(x)·σ(−x)
			kernel1: derivative(kernel.SigmoidGrad), product: kernel.SigmoidGrad,
			derivative1: func(a *A, e, u *E) *E { return a.neg(a.mul(e, a.make(Tanh, a.mul(a.Number(0.5), u)))) }},
	}
	for op := range primitives {
		p := &primitives[op]
		if p.name != "" {
			calls[p.name] = Op(op)
		}
		if p.value1 != nil && p.kernel1 == nil {
			p.kernel1 = func(dst, u []float32) {
				for i, v := range u {
					dst[i] = float32(p.value1(float64(v)))
				}
			}
		}
		if p.value2 != nil && p.kernel2.vv == nil {
			p.kernel2.vv = func(dst, u, v []float32) {
				for i := range dst {
					dst[i] = float32(p.value2(float64(u[i]), float64(v[i])))
				}
			}
		}
	}
}

// calmed is the constructor of an operation that saturates.
func calmed(op Op) func(*Arena, *Expr) *Expr {
	return func(a *Arena, u *Expr) *Expr { return a.make(op, a.calm(u)) }
}

// gauss returns c/√π·exp(−u²).
func (a *Arena) gauss(c float64, u *Expr) *Expr {
	return a.mul(a.Number(c/math.Sqrt(math.Pi)), a.make(Exp, a.neg(a.pow(u, a.Number(2)))))
}

// flat is the derivative of a comparison.
func flat(d *derivation, _, _, _, _, _ *Expr) *Expr { return d.Number(0) }

// swap exchanges the arguments of an operation that commutes.
func swap(f func(dst, v []float32, u float32)) func(dst []float32, u float32, v []float32) {
	return func(dst []float32, u float32, v []float32) { f(dst, v, u) }
}

// derivative is f′ by a kernel that multiplies with it.
func derivative(product func(dst, dy, u []float32)) func(dst, u []float32) {
	var ones [BlockSize]float32
	kernel.Fill(ones[:], 1)
	return func(dst, u []float32) { product(dst, ones[:len(u)], u) }
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func signum(u float64) float64 {
	switch {
	case u > 0:
		return 1
	case u < 0:
		return -1
	}
	return u // ±0, NaN
}

// compare is the sign of u − v, and 0 if one of them is NaN.
func compare(u, v float64) float64 { return truth(u > v) - truth(u < v) }

// hypot is √(u² + v²), and NaN if u or v is, where math.Hypot may be infinite.
func hypot(u, v float64) float64 {
	if math.IsNaN(u) || math.IsNaN(v) {
		return math.NaN()
	}
	return math.Hypot(u, v)
}

// sigmoid is 1/(1+e⁻ˣ), as eˣ/(1+eˣ) where that is small.
func sigmoid(x float64) float64 {
	e := math.Exp(-math.Abs(x))
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

func softplus(u float64) float64 { return max(u, 0) + math.Log1p(math.Exp(-math.Abs(u))) }

func sech2(u float64) float64 {
	e := math.Exp(-2 * math.Abs(u))
	return 4 * e / ((1 + e) * (1 + e))
}

func bell(u float64) float64 {
	e := math.Exp(-math.Abs(u))
	return e / ((1 + e) * (1 + e))
}

// tanhshrink is x − tanh x, by its series near 0.
func tanhshrink(x float64) float64 {
	if math.Abs(x) < tanhshrinkNear/2 {
		return tanhshrinkSeries(x)
	}
	return x - math.Tanh(x)
}

// tanhshrinkNear bounds where the series has an error below 2e-9 of the value.
const tanhshrinkNear = 0.5

func tanhshrinkSeries(x float64) float64 {
	s, sum := x*x, 0.0
	for _, c := range [...]float64{
		6404582. / 10854718875, -929569. / 638512875, 21844. / 6081075, -1382. / 155925, 62. / 2835, -17. / 315, 2. / 15, -1. / 3,
	} {
		sum = sum*s - c
	}
	return sum * s * x
}

// blocks holds scratch memory: what is passed to a kernel cannot be on the stack.
var blocks = sync.Pool{New: func() any { return new([BlockSize]float32) }}

func tanhshrinks(dst, x []float32) {
	t := blocks.Get().(*[BlockSize]float32) // dst may be x
	defer blocks.Put(t)
	kernel.Tanh(t[:len(x)], x)
	for i, v := range x {
		if v > -tanhshrinkNear && v < tanhshrinkNear {
			dst[i] = float32(tanhshrinkSeries(float64(v)))
		} else {
			dst[i] = v - t[i]
		}
	}
}
