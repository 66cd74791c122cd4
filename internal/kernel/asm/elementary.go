package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/x86"
)

// The elementary functions on registers. Polynomials are minimax, fitted to the relative error of the
// function, unless a source is named; package kernel's tests measure the errors that its functions state.

// elementary writes the kernels of package kernel's elementary.go.
func elementary() {
	for _, k := range []struct {
		name string
		f    func(x vec) vec
	}{
		{"exp", exp}, {"expm1", expm1}, {"log", log}, {"log1p", log1p}, {"sin", sin}, {"cos", cos}, {"atan", atan},
		{"sinh", sinh}, {"cosh", cosh}, {"tanh", tanh}, {"erf", erf}, {"sigmoid", sigmoid}, {"softplus", softplus},
	} {
		elementwise("elementary", k.name+"(dst, x)", k.f)
	}
	for _, power := range []int{3, 5, 6, 7, 8} {
		elementwise("elementary", fmt.Sprintf("power%d(dst, x)", power), func(x vec) vec {
			y := mul(x, x)
			for range power - 2 {
				y = mul(y, x)
			}
			return y
		})
	}
	inFloat64()
}

// reduce writes x = k·log 2 + r with an integer k and |r| ≤ ½·log 2, in two steps as the first product
// is exact (Cody and Waite 1980). The lowest bits of power are those of k + bias.
func reduce(x vec, bias int) (power, r vec) {
	shift := num(float64(3<<22 + bias)) // adding it leaves an integer in the lowest bits
	power = fma(x, num(math.Log2E), shift)
	k := sub(power, shift)
	r = fnma(k, num(0.693359375), x)
	emit(x86.VFNMADD231PS, num(-2.12194440e-4), k, r)
	return power, r
}

// expm1Near is eʳ − 1 = r + r²·P(r) for |r| ≤ ½·log 2.
func expm1Near(r vec) vec {
	p := poly(r, 0.001388250099, 0.008366646856, 0.04166720385, 0.1666654268, 0.4999999813)
	return fma(p, mul(r, r), r)
}

// addExponent is v·2ᵏ for a normal result, given an integer whose lowest bits are those of k.
func addExponent(v, k vec) vec { return addInt(v, shiftLeft(k, 23)) }

// Below expLow eˣ is 0 in float32, above expHigh ∞.
const expLow, expHigh = -104, 89

// exp multiplies with 2ᵏ in two steps: k may be outside the range of exponents.
func exp(x vec) vec {
	power, r := reduce(below(above(x, num(expLow)), num(expHigh)), 0)
	v := add(expm1Near(r), one)
	h := and(shiftLeft(power, 22), constant(0xff800000))
	rest := subInt(shiftLeft(power, 23), h)
	return mul(addInt(v, h), addInt(rest, one)) // one: the exponent of 2⁰
}

// expMinus is exp for x ≤ 40: it adds k+64 to the exponent and multiplies by 2⁻⁶⁴, which rounds a subnormal result.
func expMinus(x vec) vec {
	power, r := reduce(above(x, num(expLow)), 64)
	return mul(addExponent(add(expm1Near(r), one), power), num(0x1p-64))
}

// expm1 is 2·(2ᵏ⁻¹·(eʳ − 1) + (2ᵏ⁻¹ − ½)), and x where the two round to the same.
func expm1(x vec) vec {
	power, r := reduce(below(above(x, num(-30)), num(expHigh)), 126)
	h := shiftLeft(power, 23) // 2ᵏ⁻¹
	e := fma(h, expm1Near(r), sub(h, half))
	return where(less(abs(x), num(0x1p-25)), x, add(e, e))
}

// logNear is log(1+f) + e·log 2 for √½ ≤ 1+f ≤ √2.
func logNear(f, e vec) vec {
	p := poly(f, -0.07634486246, 0.1276156433, -0.1316018088, 0.1420176024, -0.1662335779, 0.2000122677, -0.2500082101, 0.3333333171)
	f2 := mul(f, f)
	y := fma(e, num(-2.12194440e-4), mul(p, mul(f, f2)))
	y = add(f, fnma(f2, half, y))
	return fma(e, num(0.693359375), y)
}

// logEnds is the logarithm of u, given y for 0 < u < ∞.
func logEnds(u, y vec) vec {
	y = where(equal(u, num(0)), num(math.Inf(-1)), y)
	y = where(notLess(u, inf), u, y) // ∞ and NaN
	return orNaN(less(u, num(0)), y)
}

// exponent is e with √½ ≤ u·2⁻ᵉ < √2.
func exponent(u vec) vec { return shiftRight(subInt(u, sqrtHalf), 23) }

// split writes x > 0 as 2ᵉ·m with √½ ≤ m < √2.
func split(x vec) (e, m vec) {
	denormal := less(x, num(0x1p-126))
	u := where(denormal, mul(x, num(0x1p24)), x)
	k := exponent(u)
	return sub(fromInt(k), only(denormal, num(24))), subInt(u, shiftLeft(k, 23))
}

func log(x vec) vec {
	e, m := split(x)
	return logEnds(x, logNear(sub(m, one), e))
}

// log1p is log of 1+x = 2ᵉ·(1+f) with f = 2⁻ᵉ·x + (2⁻ᵉ − 1), in which only the sum rounds, so that
// the rounding error of 1+x has no effect (N. Juffa's method).
func log1p(x vec) vec {
	u := add(x, one)
	e := exponent(u)
	k := shiftLeft(e, 23)
	// 2⁻ᵉ from 2²⁻ᵉ, which is normal for every e.
	f := add(subInt(x, k), fma(subInt(num(4), k), num(0.25), num(-1)))
	return or(logEnds(u, logNear(f, fromInt(e))), signOf(x))
}

// quadrant writes |x| = k·π/2 + r with |r| not much above π/4; the lowest bits of q are those of k. The
// first product is exact, so r is within an ulp for |x| ≤ 2¹⁷.
func quadrant(x vec) (q, r vec) {
	const shift = 3 << 22 // adding it leaves an integer in the lowest bits
	a := abs(x)
	q = fma(a, num(2/math.Pi), num(shift))
	k := sub(q, num(shift))
	r = fnma(k, num(piHalf), a)
	r = fnma(k, num(piHalf2), r)
	return q, fnma(k, num(math.Pi/2-piHalf-piHalf2), r)
}

// piHalf + piHalf2 is π/2 to the precision of two floats.
const (
	piHalf  = 0x1.921fb6p+0
	piHalf2 = -0x1.777a5cp-25
)

func sin(x vec) vec {
	q, r := quadrant(x)
	s, c := sinNear(r), cosNear(r)
	y := whereNegative(shiftLeft(q, 31), c, s) // an odd quadrant
	return xor(y, signOf(xor(shiftLeft(q, 30), x)))
}

func cos(x vec) vec {
	q, r := quadrant(x)
	s, c := sinNear(r), cosNear(r)
	y := whereNegative(shiftLeft(q, 31), s, c)
	return xor(y, signOf(shiftLeft(addInt(q, constant(1)), 30)))
}

// sinNear and cosNear are sin and cos of |r| ≤ π/4, by the polynomials of Cephes' sinf.
func sinNear(r vec) vec {
	r2 := mul(r, r)
	return fma(poly(r2, -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1), mul(r, r2), r)
}

func cosNear(r vec) vec {
	r2 := mul(r, r)
	p := poly(r2, 2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
	return fma(p, mul(r2, r2), fnma(half, r2, one))
}

// atan is t + t³·P(t²) with t = |x|, or π/2 less that with t = 1/|x|.
func atan(x vec) vec {
	a := abs(x)
	t := below(a, div(one, a))
	t2 := mul(t, t)
	p := poly(t2, 0.002920659046, -0.01636779339, 0.04321163892, -0.07552195268, 0.1066599566, -0.1421105304, 0.1999377257, -0.3333315273)
	y := fma(p, mul(t, t2), t)
	y = where(less(one, a), sub(num(math.Pi/2), y), y)
	return or(y, signOf(x))
}

// sinh is x + x³·P(x²) by the polynomial of Cephes' sinhf for |x| < 1, else h − 1/(4h) with h = e^|x|/2.
func sinh(x vec) vec {
	a := abs(x)
	x2 := mul(a, a)
	small := fma(poly(x2, 2.03721912945e-4, 8.33028376239e-3, 1.66667160211e-1), mul(a, x2), a)
	h := halfExp(a)
	large := sub(h, div(num(0.25), h))
	return or(where(less(a, one), small, large), signOf(x))
}

// cosh is h + 1/(4h) with h = e^|x|/2.
func cosh(x vec) vec {
	h := halfExp(abs(x))
	return add(h, div(num(0.25), h))
}

// halfExp is eˣ/2 for x ≥ 0: it adds k−65 to the exponent and multiplies by 2⁶⁴.
func halfExp(x vec) vec {
	power, r := reduce(below(x, num(expHigh+1)), -65)
	return mul(addExponent(add(expm1Near(r), one), power), num(0x1p64))
}

// tanh is ±m/(m+2) with m = e^(2|x|) − 1, which does not cancel for small x.
func tanh(x vec) vec {
	a := below(abs(x), num(10)) // from here on it is 1
	power, r := reduce(add(a, a), 127)
	h := shiftLeft(power, 23)                                                                                // 2ᵏ
	p := poly(r, 0.0001984588011, 0.001394065453, 0.008333389428, 0.04166636059, 0.1666666637, 0.5000000044) // expm1Near, nearer
	m := fma(h, fma(p, mul(r, r), r), sub(h, one))
	return or(div(m, add(m, two)), signOf(x))
}

// erf is x + x·P(x²) for |x| < 0.9, else ±(1 − e^(t·P(t))) with t = |x| (N. Juffa's form).
func erf(x vec) vec {
	x2 := mul(x, x)
	small := fma(poly(x2, -0.0006090359374, 0.005011962724, -0.02677890887, 0.1128214081, -0.3761252328, 0.1283791538), x, x)
	t := below(abs(x), num(4))
	p := poly(t, 0.0002145942827, -0.003219970524, 0.02290601837, -0.1052868389, -0.6356993774, -0.128519951)
	large := sub(one, expMinus(fma(p, t, negate(t))))
	y := where(less(t, num(0.9)), small, large)
	return or(y, signOf(x))
}

// logistic is 1/d for x ≥ 0, else e/d, with e = e^(−|x|) and d = 1+e.
func logistic(x vec) (y, e, d vec) {
	e = expMinus(minusAbs(x))
	d = add(e, one)
	return div(whereNegative(x, e, one), d), e, d
}

// sigmoid corrects logistic for the rounding of d; 1/d is the larger of y and 1−y.
func sigmoid(x vec) vec {
	y, e, d := logistic(x)
	lost := sub(e, sub(d, one))
	return fnma(mul(y, lost), apply(x86.VMAXPS, sub(one, y), y), y)
}

// softplus is max(x, 0) + log(1+e) with e = e^(−|x|).
func softplus(x vec) vec {
	return add(above(x, num(0)), log1pOfExp(minusAbs(x)))
}

// log1pOfExp is log(1+e) = e + e²·P(e) with e = eˣ, for x ≤ 0.
func log1pOfExp(x vec) vec {
	e := expMinus(x)
	p := poly(e, -0.00328781642, 0.02006779239, -0.05741693452, 0.1065725088, -0.153431654, 0.1969181001, -0.2495801449, 0.3333046436, -0.4999993145)
	return fma(p, mul(e, e), e)
}
