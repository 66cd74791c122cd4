package kernel

import "math"

// The errors stated here are those of the vector kernels, which TestElementary measures against float64 over the whole range
// of float32, subnormal numbers included; the portable ones compute in float64 and round once. The sign of zero is that of
// package math.

// Exp computes eˣ, within 2 ulp.
func Exp(dst, x []float32) { impl.exp(dst, x[:len(dst)]) }

// Expm1 computes eˣ − 1, within 2 ulp.
func Expm1(dst, x []float32) { impl.expm1(dst, x[:len(dst)]) }

// Log computes the natural logarithm, within 2 ulp: −∞ of 0, NaN of what is negative.
func Log(dst, x []float32) { impl.log(dst, x[:len(dst)]) }

// Log1p computes log(1+x), within 2 ulp.
func Log1p(dst, x []float32) { impl.log1p(dst, x[:len(dst)]) }

// Sin computes sin x, within 2 ulp.
func Sin(dst, x []float32) { circular(dst, x[:len(dst)], impl.sin, math.Sin) }

// Cos computes cos x, within 2 ulp.
func Cos(dst, x []float32) { circular(dst, x[:len(dst)], impl.cos, math.Cos) }

// circleEnd is the largest |x| for which the vector kernels of Sin and Cos are accurate: their π/2 has no more digits.
const circleEnd = 1 << 17

// circular computes Sin or Cos by a kernel, and by f where |x| > circleEnd.
func circular(dst, x []float32, kernel func(dst, x []float32), f func(float64) float64) {
	if !impl.beyond(x, circleEnd) {
		kernel(dst, x)
		return
	}
	for i := range x {
		if v := float64(x[i]); math.Abs(v) > circleEnd {
			dst[i] = float32(f(v))
		} else {
			kernel(dst[i:i+1], x[i:i+1])
		}
	}
}

// Atan computes the arc tangent, within 2 ulp.
func Atan(dst, x []float32) { impl.atan(dst, x[:len(dst)]) }

// Sinh computes sinh x, within 2 ulp.
func Sinh(dst, x []float32) { impl.sinh(dst, x[:len(dst)]) }

// Cosh computes cosh x, within 2 ulp.
func Cosh(dst, x []float32) { impl.cosh(dst, x[:len(dst)]) }

// Tanh computes tanh x, within 2 ulp.
func Tanh(dst, x []float32) { impl.tanh(dst, x[:len(dst)]) }

// Erf computes the error function 2/√π·∫₀ˣ e^(−t²) dt, within 2 ulp.
func Erf(dst, x []float32) { impl.erf(dst, x[:len(dst)]) }

// Erfc computes 1 − erf x without cancellation, within 1 ulp.
func Erfc(dst, x []float32) { impl.erfc(dst, x[:len(dst)]) }

// Sigmoid computes 1/(1+e⁻ˣ), within 2 ulp.
func Sigmoid(dst, x []float32) { impl.sigmoid(dst, x[:len(dst)]) }

// Softplus computes log(1+eˣ), within 2 ulp.
func Softplus(dst, x []float32) { impl.softplus(dst, x[:len(dst)]) }

// Hypot computes √(a²+b²) without intermediate overflow, correctly rounded except for a few ties; ∞ if either is ±∞.
func Hypot(dst, a, b []float32) { impl.hypot(dst, a[:len(dst)], b[:len(dst)]) }

// Pow computes aᵇ, within 1 ulp, with the special cases of C and package math: NaN for a negative number to
// a power that is not an integer; x⁰ and 1ʸ are 1, even if x or y is NaN.
func Pow(dst, a, b []float32) { impl.pow(dst, a[:len(dst)], b[:len(dst)]) }

// PowScalar computes aᵇ as Pow does, with two exceptions: where b is 1, 2, 3, 4, ½ or −1 it takes products, the square
// root or the reciprocal, within 2 ulp, so that (−∞)^½ is NaN; where b is 5, 6, 7 or 8 it takes products, within 4 ulp.
func PowScalar(dst, a []float32, b float32) {
	a = a[:len(dst)]
	switch {
	case b == 1:
		copy(dst, a)
	case b == 2:
		Mul(dst, a, a)
	case b == 4:
		Mul(dst, a, a)
		Mul(dst, dst, dst)
	case b == 3:
		impl.power3(dst, a)
	case b == 5:
		impl.power5(dst, a)
	case b == 6:
		impl.power6(dst, a)
	case b == 7:
		impl.power7(dst, a)
	case b == 8:
		impl.power8(dst, a)
	case b == 0.5:
		AddScalar(dst, a, 0) // √−0 is −0
		Sqrt(dst, dst)
	case b == -1:
		ScalarDiv(dst, 1, a)
	default:
		impl.powScalar(dst, a, b)
	}
}

// power returns a function that multiplies numbers by themselves and rounds each product.
func power(exponent int) func(dst, a []float32) {
	return func(dst, a []float32) {
		fill(dst, func(i int) float32 {
			v := a[i]
			for range exponent - 1 {
				v = float32(v * a[i])
			}
			return v
		})
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(x float64) float64 {
	return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}

var portableElementary = elementary{
	exp: each(math.Exp), expm1: each(math.Expm1), log: each(math.Log), log1p: each(math.Log1p),
	sin: each(math.Sin), cos: each(math.Cos), atan: each(math.Atan),
	sinh: each(math.Sinh), cosh: each(math.Cosh), tanh: each(math.Tanh),
	erf: each(math.Erf), erfc: each(math.Erfc), sigmoid: each(sigmoid), softplus: each(softplus),

	hypot: slices2(func(a, b float32) float32 { return float32(math.Hypot(float64(a), float64(b))) }),
	pow:   slices2(pow), powScalar: sliceAndNumber(pow),
	power3: power(3), power5: power(5), power6: power(6), power7: power(7), power8: power(8),
}

func pow(a, b float32) float32 { return float32(math.Pow(float64(a), float64(b))) }
