package main

import "math"

// activations writes the kernels of package kernel's piecewise.go and smooth.go: a value f(x) and the
// gradient dy·f′(x) of each, with the numbers they depend on. Package kernel has their formulas.
func activations() {
	piecewise, smooth := activationGroup("piecewise"), activationGroup("smooth")
	piecewise.both("relu", nil, relu, reluGradient)
	piecewise.both("leakyReLU", []string{"slope"}, leaky, leakyGradient)
	piecewise.both("hardTanh", []string{"low", "high"}, hardTanh, hardTanhGradient)
	piecewise.both("hardSigmoid", nil, hardSigmoid, hardSigmoidGradient)
	piecewise.both("hardSwish", nil, hardSwish, times(hardSwishSlope))
	piecewise.value("hardShrink", []string{"threshold"}, hardShrink)
	piecewise.value("softShrink", []string{"low", "high", "below", "above", "middle"}, softShrink)
	piecewise.gradient("shrink", []string{"low", "high"}, shrinkGradient)
	piecewise.both("softsign", nil, softsign, softsignGradient)
	smooth.gradient("sigmoid", nil, sigmoidGradient)
	smooth.gradient("tanh", nil, tanhGradient)
	smooth.gradient("softplus", nil, times(func(x vec, _ []vec) vec { return fastSigmoid(x) }))
	smooth.both("logSigmoid", nil, logSigmoid, times(func(x vec, _ []vec) vec { return fastSigmoid(negate(x)) }))
	smooth.both("elu", []string{"alpha", "scale"}, elu, times(eluSlope))
	smooth.both("silu", nil, silu, times(siluSlope))
	smooth.both("gelu", nil, gelu, times(geluSlope))
	smooth.both("geluTanh", nil, geluTanh, times(geluTanhSlope))
	smooth.both("mish", nil, mish, times(mishSlope))
}

// activationGroup is the group of the table that some activations belong to.
type activationGroup string

func (g activationGroup) both(name string, numbers []string, f func(x vec, p []vec) vec, df func(dy, x vec, p []vec) vec) {
	g.value(name, numbers, f)
	g.gradient(name, numbers, df)
}

func (g activationGroup) value(name string, numbers []string, f func(x vec, p []vec) vec) {
	elementwise(string(g), name, "dst", []string{"x"}, numbers, func(x, p []vec) vec { return f(x[0], p) })
}

func (g activationGroup) gradient(name string, numbers []string, df func(dy, x vec, p []vec) vec) {
	elementwise(string(g), name+"Grad", "dx", []string{"dy", "x"}, numbers, func(x, p []vec) vec { return df(x[0], x[1], p) })
}

// times is the gradient of a function with this slope.
func times(slope func(x vec, p []vec) vec) func(dy, x vec, p []vec) vec {
	return func(dy, x vec, p []vec) vec { return mul(dy, slope(x, p)) }
}

func relu(x vec, _ []vec) vec { return only(notLessEqual(x, num(0)), x) }

func reluGradient(dy, x vec, _ []vec) vec {
	return keepNaN(x, only(less(num(0), x), dy))
}

func leaky(x vec, p []vec) vec { return where(lessEqual(x, num(0)), mul(x, p[0]), x) }

func leakyGradient(dy, x vec, p []vec) vec {
	return keepNaN(x, where(lessEqual(x, num(0)), mul(dy, p[0]), dy))
}

func hardTanh(x vec, p []vec) vec { return below(above(x, p[0]), p[1]) }

func hardTanhGradient(dy, x vec, p []vec) vec {
	return keepNaN(x, only(both(less(p[0], x), less(x, p[1])), dy))
}

// gate is relu6(x+3)/6.
func gate(x vec) vec {
	return mul(below(above(add(x, num(3)), num(0)), num(6)), num(1./6))
}

func hardSigmoid(x vec, _ []vec) vec { return gate(x) }

func hardSigmoidGradient(dy, x vec, _ []vec) vec {
	return keepNaN(x, only(less(abs(x), num(3)), mul(dy, num(1./6))))
}

func hardSwish(x vec, _ []vec) vec { return mul(lowFinite(x), gate(x)) }

func hardSwishSlope(x vec, _ []vec) vec {
	middle := only(lessEqual(num(-3), x), fma(x, num(1./3), half))
	return keepNaN(x, where(less(x, num(3)), middle, one))
}

// hardShrink is x where |x| > threshold, else 0.
func hardShrink(x vec, p []vec) vec { return only(notLessEqual(abs(x), p[0]), x) }

// softShrink is x + above for x > high, else x + below for x < low, else middle.
func softShrink(x vec, p []vec) vec {
	low, high, below, above, middle := p[0], p[1], p[2], p[3], p[4]
	return keepNaN(x, where(less(high, x), add(x, above), where(less(x, low), add(x, below), middle)))
}

// shrinkGradient is dy for x < low or x > high, else 0.
func shrinkGradient(dy, x vec, p []vec) vec {
	return keepNaN(x, only(either(less(x, p[0]), less(p[1], x)), dy))
}

// softsign is x/(1+|x|), with the largest float in place of ∞.
func softsign(x vec, _ []vec) vec {
	x = finite(x)
	return div(x, add(abs(x), one))
}

func softsignGradient(dy, x vec, _ []vec) vec {
	d := add(abs(x), one)
	return div(div(dy, d), d)
}

// elu is scale·x for x > 0, else alpha·(eˣ − 1).
func elu(x vec, p []vec) vec {
	return where(less(num(0), x), mul(x, p[1]), mul(expm1(x), p[0]))
}

func eluSlope(x vec, p []vec) vec {
	return where(less(num(0), x), p[1], mul(expMinus(below(x, num(0))), p[0]))
}

// lowFinite is x with the lowest float in place of −∞, so that its product with 0 is 0.
func lowFinite(x vec) vec { return above(x, num(-math.MaxFloat32)) }

// fastSigmoid is within 2.5 ulp, where sigmoid is within 2.
func fastSigmoid(x vec) vec {
	y, _, _ := logistic(x)
	return y
}

// silu is x·s(x).
func silu(x vec, _ []vec) vec { return mul(lowFinite(x), fastSigmoid(x)) }

// siluSlope is s + x·s·(1−s) = (m·(1+e) + x·e)/(1+e)² with e = e^(−|x|) and s = m/(1+e).
func siluSlope(x vec, _ []vec) vec {
	x = finite(x)
	e := expMinus(minusAbs(x))
	d := add(e, one)
	return div(fma(whereNegative(x, e, one), d, mul(x, e)), mul(d, d))
}

// gelu is x·Φ(x) = max(x, 0) − |x|·Φ(−|x|).
func gelu(x vec, _ []vec) vec {
	a, e, p := normal(x)
	return fnma(a, mul(p, e), above(x, num(0)))
}

// geluSlope is Φ(x) + x·φ(x): u = Φ(−|x|) − |x|·φ(x) for x < 0, else 1 − u.
func geluSlope(x vec, _ []vec) vec {
	a, e, p := normal(x)
	u := mul(e, fnma(a, num(0x1p-64/(math.Sqrt2*math.SqrtPi)), p))
	return whereNegative(x, u, sub(one, u))
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
var normalScaled = func() (scaled []float64) {
	for _, c := range []float64{-0.02839497473, 0.1443917963, -0.2668315923, 0.1801369886, -0.03368686601, 0.1101271865,
		0.1178614807, 0.1383755263, 0.1380204533} {
		scaled = append(scaled, c*0x1p-64)
	}
	return scaled
}()

const normalScale = 0.346

// geluTanh is x·s(2u), u = √(2/π)·(x + 0.044715·x³).
func geluTanh(x vec, _ []vec) vec {
	u := mul(x, fma(mul(x, x), num(2*geluRoot*geluCube), num(2*geluRoot)))
	return mul(lowFinite(x), fastSigmoid(u))
}

// geluTanhSlope is s + x·s·(1−s)·2u′ as siluSlope is.
func geluTanhSlope(x vec, _ []vec) vec {
	x = below(above(x, num(-12)), num(12)) // beyond these it is 0 and 1
	x2 := mul(x, x)
	u := mul(x, fma(x2, num(2*geluRoot*geluCube), num(2*geluRoot)))
	du := fma(x2, num(6*geluRoot*geluCube), num(2*geluRoot))
	e := expMinus(minusAbs(u))
	d := add(e, one)
	return div(fma(whereNegative(x, e, one), d, mul(mul(x, du), e)), mul(d, d))
}

const (
	geluRoot = math.Sqrt2 * math.SqrtPi / math.Pi // √(2/π)
	geluCube = 0.044715
)

// mish is x·n/(n+2) with n = e·(e+2), e = eˣ: tanh(log(1+e)).
func mish(x vec, _ []vec) vec {
	e := expMinus(below(x, num(mishOne)))
	n := mul(e, add(e, two))
	return mul(lowFinite(x), div(n, add(n, two)))
}

// mishOne is where mish's factor is 1 in float32.
const mishOne = 20

// mishSlope is (n·d + 4x·e·(e+1))/d² with d = n+2.
func mishSlope(x vec, _ []vec) vec {
	x = lowFinite(below(x, num(mishOne)))
	e := expMinus(x)
	n := mul(e, add(e, two))
	d := add(n, two)
	t := mul(x, mul(num(4), fma(e, e, e)))
	return div(fma(n, d, t), mul(d, d))
}

// logSigmoid is min(x, 0) − log(1+e) with e = e^(−|x|).
func logSigmoid(x vec, _ []vec) vec {
	return sub(below(x, num(0)), log1pOfExp(minusAbs(x)))
}

// sigmoidGradient is dy·e/(1+e)² with e = e^(−|x|).
func sigmoidGradient(dy, x vec, _ []vec) vec { return bell(dy, expMinus(minusAbs(x))) }

// tanhGradient is dy·4e/(1+e)² with e = e^(−2|x|).
func tanhGradient(dy, x vec, _ []vec) vec {
	return bell(mul(dy, num(4)), expMinus(mul(abs(x), num(-2))))
}

// bell is dy·e/(1+e)²: the derivative of the logistic function at −log e.
func bell(dy, e vec) vec {
	d := add(e, one)
	return div(mul(dy, e), mul(d, d))
}
