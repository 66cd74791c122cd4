package main

import "math"

// activations writes the kernels of package kernel's piecewise.go and smooth.go: a value f(x) and the
// gradient dy·f′(x) of each, with the numbers they depend on. Package kernel has their formulas.
func activations() {
	for _, a := range []struct {
		group, name, numbers string
		value, gradient      any
	}{
		{"piecewise", "relu", "", relu, reluGradient},
		{"piecewise", "leakyReLU", "; slope", leaky, leakyGradient},
		{"piecewise", "hardTanh", "; low, high", hardTanh, hardTanhGradient},
		{"piecewise", "hardSigmoid", "", gate, hardSigmoidGradient},
		{"piecewise", "hardSwish", "", hardSwish, hardSwishGradient},
		{"piecewise", "hardShrink", "; threshold", hardShrink, nil},
		{"piecewise", "softShrink", "; low, high, below, above, middle", softShrink, nil},
		{"piecewise", "shrink", "; low, high", nil, shrinkGradient},
		{"piecewise", "softsign", "", softsign, softsignGradient},
		{"smooth", "sigmoid", "", nil, sigmoidGradient},
		{"smooth", "tanh", "", nil, tanhGradient},
		{"smooth", "softplus", "", nil, softplusGradient},
		{"smooth", "logSigmoid", "", logSigmoid, logSigmoidGradient},
		{"smooth", "elu", "; alpha, scale", elu, eluGradient},
		{"smooth", "silu", "", silu, siluGradient},
		{"smooth", "gelu", "", gelu, geluGradient},
		{"smooth", "geluTanh", "", geluTanh, geluTanhGradient},
		{"smooth", "mish", "", mish, mishGradient},
	} {
		if a.value != nil {
			elementwise(a.group, a.name+"(dst, x"+a.numbers+")", a.value)
		}
		if a.gradient != nil {
			elementwise(a.group, a.name+"Grad(dx, dy, x"+a.numbers+")", a.gradient)
		}
	}
}

func relu(x vec) vec { return only(notLessEqual(x, num(0)), x) }

func reluGradient(dy, x vec) vec {
	return keepNaN(x, only(less(num(0), x), dy))
}

func leaky(x, slope vec) vec { return where(lessEqual(x, num(0)), mul(x, slope), x) }

func leakyGradient(dy, x, slope vec) vec {
	return keepNaN(x, where(lessEqual(x, num(0)), mul(dy, slope), dy))
}

func hardTanh(x, low, high vec) vec { return below(above(x, low), high) }

func hardTanhGradient(dy, x, low, high vec) vec {
	return keepNaN(x, only(both(less(low, x), less(x, high)), dy))
}

// gate is relu6(x+3)/6, hard sigmoid.
func gate(x vec) vec {
	return mul(below(above(add(x, num(3)), num(0)), num(6)), num(1./6))
}

func hardSigmoidGradient(dy, x vec) vec {
	return keepNaN(x, only(less(abs(x), num(3)), mul(dy, num(1./6))))
}

func hardSwish(x vec) vec { return mul(lowFinite(x), gate(x)) }

func hardSwishGradient(dy, x vec) vec {
	middle := only(lessEqual(num(-3), x), fma(x, num(1./3), half))
	return mul(dy, keepNaN(x, where(less(x, num(3)), middle, one)))
}

// hardShrink is x where |x| > threshold, else 0.
func hardShrink(x, threshold vec) vec { return only(notLessEqual(abs(x), threshold), x) }

// softShrink is x + above for x > high, else x + below for x < low, else middle.
func softShrink(x, low, high, below, above, middle vec) vec {
	return keepNaN(x, where(less(high, x), add(x, above), where(less(x, low), add(x, below), middle)))
}

// shrinkGradient is dy for x < low or x > high, else 0.
func shrinkGradient(dy, x, low, high vec) vec {
	return keepNaN(x, only(either(less(x, low), less(high, x)), dy))
}

// softsign is x/(1+|x|), with the largest float in place of ∞.
func softsign(x vec) vec {
	x = finite(x)
	return div(x, add(abs(x), one))
}

func softsignGradient(dy, x vec) vec {
	d := add(abs(x), one)
	return div(div(dy, d), d)
}

// elu is scale·x for x > 0, else alpha·(eˣ − 1).
func elu(x, alpha, scale vec) vec {
	return where(less(num(0), x), mul(x, scale), mul(expm1(x), alpha))
}

func eluGradient(dy, x, alpha, scale vec) vec {
	return mul(dy, where(less(num(0), x), scale, mul(expMinus(below(x, num(0))), alpha)))
}

// lowFinite is x with the lowest float in place of −∞, so that its product with 0 is 0.
func lowFinite(x vec) vec { return above(x, num(-math.MaxFloat32)) }

// fastSigmoid is within 2.5 ulp, where sigmoid is within 2.
func fastSigmoid(x vec) vec {
	y, _, _ := logistic(x)
	return y
}

// silu is x·s(x).
func silu(x vec) vec { return mul(lowFinite(x), fastSigmoid(x)) }

// siluGradient has the slope s + x·s·(1−s) = (m·(1+e) + x·e)/(1+e)² with e = e^(−|x|) and s = m/(1+e).
func siluGradient(dy, x vec) vec {
	x = finite(x)
	e := expMinus(minusAbs(x))
	d := add(e, one)
	return mul(dy, div(fma(whereNegative(x, e, one), d, mul(x, e)), mul(d, d)))
}

// gelu is x·Φ(x) = max(x, 0) − |x|·Φ(−|x|).
func gelu(x vec) vec {
	a, e, p := normal(x)
	return fnma(a, mul(p, e), above(x, num(0)))
}

// geluGradient has the slope Φ(x) + x·φ(x): u = Φ(−|x|) − |x|·φ(x) for x < 0, else 1 − u.
func geluGradient(dy, x vec) vec {
	a, e, p := normal(x)
	u := mul(e, fnma(a, num(0x1p-64/(math.Sqrt2*math.SqrtPi)), p))
	return mul(dy, whereNegative(x, u, sub(one, u)))
}

// normal is a = |x|, e = 2⁶⁴·e^(−x²/2) and p with e·p = Φ(−a), which is 2⁻⁶⁴·t·P(t) with t = 1/(1 + normalScale·a).
// Both have a relative error of 6e-6 in the far tail, where x² is rounded.
func normal(x vec) (a, e, p vec) {
	a = below(abs(x), num(15)) // from here on Φ is 0 or 1
	h := mul(a, num(-math.Log2E/2))
	shift := num(3<<22 + 64) // adding it leaves an integer in the lowest bits
	power := fma(a, h, shift)
	r := fma(a, h, sub(shift, power))
	e = addExponent(poly(r, exp2Near...), power)
	t := div(one, fma(a, num(normalScale), one))
	return a, e, mul(t, poly(t, normalScaled...))
}

// exp2Near are the coefficients of 2ʳ for |r| ≤ ½, within 1e-7 of it.
var exp2Near = []float64{0.0013264726899250192, 0.009671512660600623, 0.05550733744243727, 0.2402224208491845, 0.6931469775984719, 1}

// normalScaled are those of 2⁻⁶⁴·P in e^(a²/2)·Φ(−a) = t·P(t), t = 1/(1 + normalScale·a), for 0 ≤ a ≤ 15, within 3e-8 of it.
var normalScaled = each(func(c float64) float64 { return c * 0x1p-64 }, []float64{-0.02839497473, 0.1443917963,
	-0.2668315923, 0.1801369886, -0.03368686601, 0.1101271865, 0.1178614807, 0.1383755263, 0.1380204533})

const normalScale = 0.346

// geluTanh is x·s(2u), u = √(2/π)·(x + 0.044715·x³).
func geluTanh(x vec) vec {
	u := mul(x, fma(mul(x, x), num(2*geluRoot*geluCube), num(2*geluRoot)))
	return mul(lowFinite(x), fastSigmoid(u))
}

// geluTanhGradient has the slope s + x·s·(1−s)·2u′, computed as in siluGradient.
func geluTanhGradient(dy, x vec) vec {
	x = below(above(x, num(-12)), num(12)) // beyond these it is 0 and 1
	x2 := mul(x, x)
	u := mul(x, fma(x2, num(2*geluRoot*geluCube), num(2*geluRoot)))
	du := fma(x2, num(6*geluRoot*geluCube), num(2*geluRoot))
	e := expMinus(minusAbs(u))
	d := add(e, one)
	return mul(dy, div(fma(whereNegative(x, e, one), d, mul(mul(x, du), e)), mul(d, d)))
}

const (
	geluRoot = math.Sqrt2 * math.SqrtPi / math.Pi // √(2/π)
	geluCube = 0.044715
)

// mish is x·n/(n+2) with n = e·(e+2), e = eˣ: tanh(log(1+e)).
func mish(x vec) vec {
	e := expMinus(below(x, num(mishOne)))
	n := mul(e, add(e, two))
	return mul(lowFinite(x), div(n, add(n, two)))
}

// mishOne is where mish's factor is 1 in float32.
const mishOne = 20

// mishGradient has the slope (n·d + 4x·e·(e+1))/d² with d = n+2.
func mishGradient(dy, x vec) vec {
	x = lowFinite(below(x, num(mishOne)))
	e := expMinus(x)
	n := mul(e, add(e, two))
	d := add(n, two)
	t := mul(x, mul(num(4), fma(e, e, e)))
	return mul(dy, div(fma(n, d, t), mul(d, d)))
}

// logSigmoid is min(x, 0) − log(1+e) with e = e^(−|x|).
func logSigmoid(x vec) vec {
	return sub(below(x, num(0)), log1pOfExp(minusAbs(x)))
}

func softplusGradient(dy, x vec) vec { return mul(dy, fastSigmoid(x)) }

func logSigmoidGradient(dy, x vec) vec { return mul(dy, fastSigmoid(negate(x))) }

// sigmoidGradient is dy·e/(1+e)² with e = e^(−|x|).
func sigmoidGradient(dy, x vec) vec { return bell(dy, expMinus(minusAbs(x))) }

// tanhGradient is dy·4e/(1+e)² with e = e^(−2|x|).
func tanhGradient(dy, x vec) vec {
	return bell(mul(dy, num(4)), expMinus(mul(abs(x), num(-2))))
}

// bell is dy·e/(1+e)²: the derivative of the logistic function at −log e.
func bell(dy, e vec) vec {
	d := add(e, one)
	return div(mul(dy, e), mul(d, d))
}
