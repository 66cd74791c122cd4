package main

import (
	"math"
)

// activations makes the kernels of package kernel's smooth.go and piecewise.go: a value f(x) and the
// gradient dy·f′(x) of each, with the numbers they depend on. Package kernel has their formulas.
func activations() {
	activation("relu", nil, relu, reluGradient)
	activation("leaky", []string{"slope"}, leaky, leakyGradient)
	activation("hardTanh", []string{"low", "high"}, hardTanh, hardTanhGradient)
	activation("hardSigmoid", nil, hardSigmoid, hardSigmoidGradient)
	activation("hardSwish", nil, hardSwish, times(hardSwishSlope))
	activation("softsign", nil, softsign, softsignGradient)
	activation("elu", []string{"alpha", "scale"}, elu, times(eluSlope))
	activation("silu", nil, silu, times(siluSlope))
	activation("gelu", nil, gelu, times(geluSlope))
	activation("geluTanh", nil, geluTanh, times(geluTanhSlope))
	activation("mish", nil, mish, times(mishSlope))
	activation("logSigmoid", nil, logSigmoid, times(func(x vec, _ []vec) vec { return fastSigmoid(negate(x)) }))
	gradient("softplusGradient", nil, times(func(x vec, _ []vec) vec { return fastSigmoid(x) }))
	gradient("sigmoidGradient", nil, sigmoidGradient)
	gradient("tanhGradient", nil, tanhGradient)
}

func activation(name string, numbers []string, f func(x vec, p []vec) vec, df func(dy, x vec, p []vec) vec) {
	elementwise(name+"Value", "dst", []string{"x"}, numbers, func(x, p []vec) vec { return f(x[0], p) })
	gradient(name+"Gradient", numbers, df)
}

func gradient(name string, numbers []string, df func(dy, x vec, p []vec) vec) {
	elementwise(name, "dx", []string{"dy", "x"}, numbers, func(x, p []vec) vec { return df(x[0], x[1], p) })
}

// times is the gradient of a function with this slope.
func times(slope func(x vec, p []vec) vec) func(dy, x vec, p []vec) vec {
	return func(dy, x vec, p []vec) vec { return mul(dy, slope(x, p)) }
}

func relu(x vec, _ []vec) vec { return without(lessEqual(x, num(0)), x) }

func reluGradient(dy, x vec, _ []vec) vec {
	return keepNaN(x, without(lessEqual(x, num(0)), dy))
}

func leaky(x vec, p []vec) vec { return where(lessEqual(x, num(0)), mul(x, p[0]), x) }

func leakyGradient(dy, x vec, p []vec) vec {
	return keepNaN(x, where(lessEqual(x, num(0)), mul(dy, p[0]), dy))
}

func hardTanh(x vec, p []vec) vec { return below(above(x, p[0]), p[1]) }

func hardTanhGradient(dy, x vec, p []vec) vec {
	return keepNaN(x, and(dy, and(less(p[0], x), less(x, p[1]))))
}

// gate is relu6(x+3)/6.
func gate(x vec) vec {
	return mul(below(above(add(x, num(3)), num(0)), num(6)), num(1./6))
}

func hardSigmoid(x vec, _ []vec) vec { return gate(x) }

func hardSigmoidGradient(dy, x vec, _ []vec) vec {
	return keepNaN(x, and(mul(dy, num(1./6)), less(abs(x), num(3))))
}

func hardSwish(x vec, _ []vec) vec { return mul(lowFinite(x), gate(x)) }

func hardSwishSlope(x vec, _ []vec) vec {
	middle := without(less(x, num(-3)), fma(x, num(1./3), half))
	return keepNaN(x, where(less(x, num(3)), middle, one))
}

// softsign is x/(1+|x|), with the largest float in the place of ∞.
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

// lowFinite is x with the lowest float in the place of −∞, whose product with 0 is 0.
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
	return div(fma(where(x, e, one), d, mul(x, e)), mul(d, d))
}

// gelu is x·Φ(x).
func gelu(x vec, _ []vec) vec {
	distribution, _ := normal(x)
	return mul(lowFinite(x), distribution)
}

// geluSlope is Φ(x) + x·φ(x).
func geluSlope(x vec, _ []vec) vec {
	distribution, e := normal(x)
	return fma(finite(x), mul(e, num(1/(math.Sqrt2*math.SqrtPi))), distribution)
}

// normal is Φ(x), which is erfc(|x|/√2)/2 for x < 0 or 1 less that, and e^(−x²/2), which is √(2π)·φ(x).
func normal(x vec) (distribution, e vec) {
	a := below(abs(x), num(15)) // from here on they are 0 or 1
	h := mul(a, num(-0.5))
	s := mul(a, h)
	power, r := reduce(s, 64)
	r = add(r, fma(a, h, negate(s))) // what the square lost in rounding
	e = mul(addExponent(add(expm1Near(r), one), power), num(0x1p-64))
	t := div(one, fma(a, num(erfcScale/math.Sqrt2), one))
	tail := mul(mul(mul(t, half), poly(t, erfcScaled...)), e)
	return where(x, tail, sub(one, tail)), e
}

// erfcScaled are the coefficients of P in e^(a²)·erfc(a) = t·P(t), t = 1/(1 + erfcScale·a), for a ≥ 0.
var erfcScaled = []float64{0.03854558046, -0.1597374072, 0.1834285552, -0.03042772159, 0.08937658365, 0.1447186544, 0.1516668181, 0.1877936964, 0.1971522302, 0.1974830176}

const erfcScale = 0.35

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
	return div(fma(where(x, e, one), d, mul(mul(x, du), e)), mul(d, d))
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
