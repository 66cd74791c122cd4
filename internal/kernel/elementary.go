package kernel

import "math"

// The errors stated here are those of the AVX2 kernels against float64, measured by TestElementary over
// the whole range of float32, denormals included; the portable ones compute in float64 and round once.
// The sign of zero is that of package math.

// Exp computes eˣ, within 2 ulp.
func Exp(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		expValue(dst, x)
		return
	}
	each(dst, x, math.Exp)
}

// Expm1 computes eˣ − 1, within 2 ulp.
func Expm1(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		expm1Value(dst, x)
		return
	}
	each(dst, x, math.Expm1)
}

// Log computes the natural logarithm, within 2 ulp: −∞ of 0, NaN of what is negative.
func Log(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		logValue(dst, x)
		return
	}
	each(dst, x, math.Log)
}

// Log1p computes log(1+x), within 2 ulp.
func Log1p(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		log1pValue(dst, x)
		return
	}
	each(dst, x, math.Log1p)
}

// Sin computes sin x, within 2 ulp.
func Sin(dst, x []float32) { circular(dst, x[:len(dst)], sinValue, math.Sin) }

// Cos computes cos x, within 2 ulp.
func Cos(dst, x []float32) { circular(dst, x[:len(dst)], cosValue, math.Cos) }

// circleEnd is how far the kernels of Sin and Cos reach: their π/2 has no more digits.
const circleEnd = 1 << 17

// circular computes Sin or Cos by a kernel, but for values beyond circleEnd, if there are any.
func circular(dst, x []float32, kernel func(dst, x []float32), f func(float64) float64) {
	switch {
	case !avx2:
		each(dst, x, f)
	case !beyond(x, circleEnd):
		kernel(dst, x)
	default:
		for i := range x {
			if v := float64(x[i]); math.Abs(v) > circleEnd {
				dst[i] = float32(f(v))
			} else {
				kernel(dst[i:i+1], x[i:i+1])
			}
		}
	}
}

// Atan computes the arc tangent, within 2 ulp.
func Atan(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		atanValue(dst, x)
		return
	}
	each(dst, x, math.Atan)
}

// Sinh computes sinh x, within 2 ulp.
func Sinh(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		sinhValue(dst, x)
		return
	}
	each(dst, x, math.Sinh)
}

// Cosh computes cosh x, within 2 ulp.
func Cosh(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		coshValue(dst, x)
		return
	}
	each(dst, x, math.Cosh)
}

// Tanh computes tanh x, within 2 ulp.
func Tanh(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		tanhValue(dst, x)
		return
	}
	each(dst, x, math.Tanh)
}

// Erf computes the error function 2/√π·∫₀ˣ e^(−t²) dt, within 2 ulp.
func Erf(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		erfValue(dst, x)
		return
	}
	each(dst, x, math.Erf)
}

// Erfc computes 1 − erf x without cancellation, within 1 ulp.
func Erfc(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		erfcValue(dst, x)
		return
	}
	each(dst, x, math.Erfc)
}

// Sigmoid computes 1/(1+e⁻ˣ), within 2 ulp.
func Sigmoid(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		sigmoidValue(dst, x)
		return
	}
	each(dst, x, sigmoid)
}

// Softplus computes log(1+eˣ), within 2 ulp.
func Softplus(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		softplusValue(dst, x)
		return
	}
	each(dst, x, softplus)
}

// Hypot computes √(a²+b²), correctly rounded but for a few ties, without overflow on the way; ∞ if either is ±∞.
func Hypot(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	if avx2 {
		hypotVectors(dst, a, b)
		return
	}
	for i := range dst {
		dst[i] = float32(math.Hypot(float64(a[i]), float64(b[i])))
	}
}

// Pow computes aᵇ, within 1 ulp, with the special cases of C and package math: NaN of a negative number to
// a power that is not whole; x⁰ and 1ʸ are 1, of NaN too.
func Pow(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	if avx2 {
		powVectors(dst, a, b)
		return
	}
	for i := range dst {
		dst[i] = float32(math.Pow(float64(a[i]), float64(b[i])))
	}
}

// PowScalar computes aᵇ as Pow does, but with products, the square root or the reciprocal, within 2 ulp, where
// b is 1, 2, 3, 4, ½ or −1, and with products, within 4 ulp, where it is 5, 6, 7 or 8; so the square root of −∞ is NaN.
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
	case b == 3 || b == 5 || b == 6 || b == 7 || b == 8:
		products(dst, a, int(b))
	case b == 0.5:
		AddScalar(dst, a, 0) // √−0 is −0
		Sqrt(dst, dst)
	case b == -1:
		ScalarDiv(dst, 1, a)
	case avx2:
		powNumber(dst, a, b)
	default:
		for i, a := range a {
			dst[i] = float32(math.Pow(float64(a), float64(b)))
		}
	}
}

// products computes a power, each product rounded.
func products(dst, a []float32, power int) {
	if avx2 {
		powers[power](dst, a)
		return
	}
	for i, a := range a {
		v := a
		for range power - 1 {
			v = float32(v * a)
		}
		dst[i] = v
	}
}

var powers = [...]func(dst, a []float32){3: power3Value, 5: power5Value, 6: power6Value, 7: power7Value, 8: power8Value}

// each is the portable form of a function of one value.
func each(dst, x []float32, f func(float64) float64) {
	for i, v := range x {
		dst[i] = float32(f(float64(v)))
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(x float64) float64 {
	return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}
