package main

import (
	"fmt"
	"math"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/x86"
)

// inFloat64 writes the kernels that compute in float64, half a vector at a time.
func inFloat64() {
	elementwise("elementary", "erfc(dst, x)", erfc)
	elementwise("elementary", "hypot(dst, a, b)", hypot)
	elementwise("elementary", "pow(dst, a, b)", pow)
	elementwise("elementary", "powScalar(dst, a; b)", pow)
}

// hypot is √(a²+b²), or ∞ where a or b is ±∞.
func hypot(a, b vec) vec {
	a, b = abs(a), abs(b)
	y := inDoubles(func(v []vec) vec { return result(x86.VSQRTPD, fmaD(v[0], v[0], mulD(v[1], v[1]))) }, a, b)
	return where(either(equal(a, inf), equal(b, inf)), inf, y)
}

// pow is |x|ʸ = 2^(y·log₂|x|) with C's signs and special cases.
func pow(x, y vec) vec {
	a := abs(x)
	e, m := split(a)
	e = where(equal(a, num(0)), num(math.Inf(-1)), e)
	e = where(notLess(a, inf), a, e) // ∞ and NaN
	p := inDoubles(func(v []vec) vec { return exp2D(mulD(v[2], addD(v[0], log2D(v[1])))) }, e, m, y)
	// Where the product above is 0·∞: x⁰, 1ʸ and (−1)^±∞ are 1.
	isOne := both(equal(a, one), either(equal(y, y), equal(x, one)))
	p = where(either(isOne, equal(y, num(0))), one, p)
	// The odd powers of a negative x are negative, and its powers that are not integers are NaN.
	h := mul(y, half)
	whole, odd := equal(round(y), y), notEqual(round(h), h)
	p = or(p, signOf(only(both(whole, odd), x)))
	return orNaN(both(notEqual(round(y), y), both(less(x, num(0)), less(a, inf))), p)
}

// erfc is e^(−a²)·e^(a²)·erfc(a) with a = |x|, or 2 less that.
func erfc(x vec) vec {
	a := below(abs(x), num(11)) // from here on it is 0
	tail := inDoubles(func(v []vec) vec {
		a := v[0]
		t := divD(double(1), fmaD(a, double(erfcScale), double(1)))
		return mulD(exp2D(mulD(a, mulD(a, double(-math.Log2E)))), mulD(t, polyD(t, erfcScaled...)))
	}, a)
	return whereNegative(x, sub(two, tail), tail)
}

// erfcScaled are the coefficients of P in e^(a²)·erfc(a) = t·P(t), t = 1/(1 + erfcScale·a), for a ≥ 0.
var erfcScaled = []float64{0.03854558046, -0.1597374072, 0.1834285552, -0.03042772159, 0.08937658365, 0.1447186544, 0.1516668181, 0.1877936964, 0.1971522302, 0.1974830176}

const erfcScale = 0.35

// log2D is log₂ m for √½ ≤ m ≤ √2 to 2⁻³⁴: 2·artanh(f)/log 2 with f = (m−1)/(m+1), by its series.
func log2D(m vec) vec {
	const c = 2 / math.Ln2
	f := divD(subD(m, double(1)), addD(m, double(1)))
	return mulD(f, polyD(mulD(f, f), c/11, c/9, c/7, c/5, c/3, c))
}

// exp2D is 2ᶻ to 2⁻²⁷, 0 and ∞ in float32 from |z| = 200: it writes z = k + r with an integer k,
// computes e^(r·log 2) by its series and adds k to the exponent.
func exp2D(z vec) vec {
	const shift = 3 << 51 // adding it leaves an integer in the lowest bits
	z = apply(x86.VMAXPD, double(-200), z)
	z = apply(x86.VMINPD, double(200), z)
	k := addD(z, double(shift))
	r := mulD(subD(z, subD(k, double(shift))), double(math.Ln2))
	p := polyD(r, 1./5040, 1./720, 1./120, 1./24, 1./6, 1./2, 1, 1)
	return apply(x86.VPADDQ, result(x86.VPSLLQ, Imm(52), k), p)
}

// inDoubles is f of the lanes in float64, rounded to float32.
func inDoubles(f func(v []vec) vec, x ...vec) vec {
	var halves [2]vec
	for upper := range halves {
		v := make([]vec, len(x))
		for i := range x {
			v[i] = toDouble(x[i], upper)
		}
		halves[upper] = f(v)
	}
	return toSingle(halves)
}

// toDouble is the lower (0) or upper (1) half of x in float64.
func toDouble(x vec, upper int) vec {
	half := Imm(uint64(upper))
	if lanes == 16 {
		part := YMM()
		VEXTRACTF32X8(half, x, part)
		return result(x86.VCVTPS2PD, part)
	}
	part := XMM()
	VEXTRACTF128(half, x, part)
	return result(x86.VCVTPS2PD, part)
}

// toSingle is the lanes of two vectors in float32.
func toSingle(halves [2]vec) vec {
	out := vector()
	if lanes == 16 {
		low, high := YMM(), YMM()
		VCVTPD2PS(halves[0], low)
		VCVTPD2PS(halves[1], high)
		VINSERTF32X8(Imm(1), high, low.AsZ(), out)
		return out
	}
	low, high := XMM(), XMM()
	VCVTPD2PSY(halves[0], low)
	VCVTPD2PSY(halves[1], high)
	VINSERTF128(Imm(1), high, low.AsY(), out)
	return out
}

func addD(a, b Op) vec    { return apply(x86.VADDPD, a, b) }
func subD(a, b Op) vec    { return apply(x86.VSUBPD, a, b) }
func mulD(a, b Op) vec    { return apply(x86.VMULPD, a, b) }
func divD(a, b Op) vec    { return apply(x86.VDIVPD, a, b) }
func fmaD(a, b, c Op) vec { return accumulate(x86.VFMADD231PD, a, b, c) }

// polyD is the polynomial with these coefficients, the highest first.
func polyD(x vec, coefficients ...float64) vec {
	return horner(x86.VFMADD213PD, x, each(double, coefficients))
}

// double is a vector of four equal float64s; AVX-512 broadcasts the first.
func double(v float64) Mem {
	bits := math.Float64bits(v)
	return data(fmt.Sprintf("d%016x", bits), slices.Repeat([]uint64{bits}, 4)...)
}
