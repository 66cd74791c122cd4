package kernel

import "math"

// Values and slopes are within 4 ulp of float64, or within 2e-6 + 1e-6·|f| of it where that is more, and values
// lose no more than 2e-5 of themselves in the tails: TestActivations. Where a function states less,
// TestElementary or TestSlopesInTheTails measures it.

// SigmoidGrad multiplies by s(x)·s(−x), within 4 ulp of a normal result: as e/(1+e)² with e = e^(−|x|), which does not
// cancel in the tail where 1 − s(x) would.
func SigmoidGrad(dx, dy, x []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	if avx2 {
		sigmoidGradient(dx, dy, x)
		return
	}
	slopes(dx, dy, x, func(v float64) float64 { return bell(math.Exp(-math.Abs(v))) })
}

// TanhGrad multiplies by 1/cosh²x, within 4 ulp of a normal result: as 4e/(1+e)² with e = e^(−2|x|), which does not
// cancel in the tail where 1 − tanh²x would.
func TanhGrad(dx, dy, x []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	if avx2 {
		tanhGradient(dx, dy, x)
		return
	}
	slopes(dx, dy, x, func(v float64) float64 { return 4 * bell(math.Exp(-2*math.Abs(v))) })
}

// bell is e/(1+e)².
func bell(e float64) float64 { return e / ((1 + e) * (1 + e)) }

// SoftplusGrad multiplies by s(x), the sigmoid.
func SoftplusGrad(dx, dy, x []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	if avx2 {
		softplusGradient(dx, dy, x)
		return
	}
	slopes(dx, dy, x, sigmoid)
}

// LogSigmoid computes log(1/(1+e⁻ˣ)) = −Softplus(−x), within 2 ulp.
func LogSigmoid(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		logSigmoidValue(dst, x)
		return
	}
	each(dst, x, func(v float64) float64 { return math.Min(v, 0) - math.Log1p(math.Exp(-math.Abs(v))) })
}

// LogSigmoidGrad multiplies by s(−x).
func LogSigmoidGrad(dx, dy, x []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	if avx2 {
		logSigmoidGradient(dx, dy, x)
		return
	}
	slopes(dx, dy, x, func(v float64) float64 { return sigmoid(-v) })
}

// ELU computes scale·x where x > 0 and alpha·(eˣ − 1) elsewhere: the ELU of Clevert et al. 2015 (arXiv:1511.07289)
// with a scale of 1, and the SELU of Klambauer et al. 2017 (arXiv:1706.02515) with λ and λ·α.
func ELU(dst, x []float32, alpha, scale float32) {
	x = x[:len(dst)]
	if avx2 {
		eluValue(dst, x, alpha, scale)
		return
	}
	each(dst, x, func(v float64) float64 {
		if v > 0 {
			return float64(scale) * v
		}
		return float64(alpha) * math.Expm1(v)
	})
}

// ELUGrad multiplies by scale where x > 0 and alpha·eˣ elsewhere, 0 included.
func ELUGrad(dx, dy, x []float32, alpha, scale float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	if avx2 {
		eluGradient(dx, dy, x, alpha, scale)
		return
	}
	slopes(dx, dy, x, func(v float64) float64 {
		if v > 0 {
			return float64(scale)
		}
		return float64(alpha) * math.Exp(v)
	})
}

// SiLU computes x·s(x) with the sigmoid s (Elfwing et al. 2017, arXiv:1702.03118), 0 at −∞.
func SiLU(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		siluValue(dst, x)
		return
	}
	each(dst, x, func(v float64) float64 { return weighted(v, sigmoid(v)) })
}

// SiLUGrad multiplies by s(x)·(1 + x·s(−x)).
func SiLUGrad(dx, dy, x []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	if avx2 {
		siluGradient(dx, dy, x)
		return
	}
	slopes(dx, dy, x, func(v float64) float64 { return sigmoidSlope(v, v, 1) })
}

// sigmoidSlope is the slope of x·s(u) given u and its slope: s(u) + x·u′·s(u)·s(−u).
func sigmoidSlope(x, u, du float64) float64 {
	return sigmoid(u) + weighted(x*du, bell(math.Exp(-math.Abs(u))))
}

// GELU computes x·Φ(x), Φ(x) = erfc(−x/√2)/2 (Hendrycks and Gimpel 2016, arXiv:1606.08415), 0 at −∞.
func GELU(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		geluValue(dst, x)
		return
	}
	each(dst, x, func(v float64) float64 { return weighted(v, normal(v)) })
}

// GELUGrad multiplies by Φ(x) + x·φ(x), φ(x) = e^(−x²/2)/√(2π).
func GELUGrad(dx, dy, x []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	if avx2 {
		geluGradient(dx, dy, x)
		return
	}
	slopes(dx, dy, x, func(v float64) float64 {
		return normal(v) + weighted(v, math.Exp(-v*v/2)/(math.Sqrt2*math.SqrtPi))
	})
}

func normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// GELUTanh computes x·(1+tanh u)/2 = x·s(2u), u = √(2/π)·(x + 0.044715·x³) (op. cit.), 0 at −∞.
func GELUTanh(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		geluTanhValue(dst, x)
		return
	}
	each(dst, x, func(v float64) float64 {
		u, _ := geluArgument(v)
		return weighted(v, sigmoid(u))
	})
}

// GELUTanhGrad multiplies by s(2u) + x·2u′·s(2u)·s(−2u).
func GELUTanhGrad(dx, dy, x []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	if avx2 {
		geluTanhGradient(dx, dy, x)
		return
	}
	slopes(dx, dy, x, func(v float64) float64 {
		u, du := geluArgument(v)
		return sigmoidSlope(v, u, du)
	})
}

// geluArgument is 2u and its slope.
func geluArgument(x float64) (u, du float64) {
	const c, cube = 2 * math.Sqrt2 / math.SqrtPi, 0.044715
	return c * (x + cube*x*x*x), c * (1 + 3*cube*x*x)
}

// Mish computes x·tanh(log(1+eˣ)) = x·n/(n+2) with n = e·(e+2), e = eˣ (Misra 2019, arXiv:1908.08681), 0 at −∞.
func Mish(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		mishValue(dst, x)
		return
	}
	each(dst, x, func(v float64) float64 {
		n := mishN(v)
		return weighted(v, n/(n+2))
	})
}

// MishGrad multiplies by n/d + x·4e·(1+e)/d² with d = n+2.
func MishGrad(dx, dy, x []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	if avx2 {
		mishGradient(dx, dy, x)
		return
	}
	slopes(dx, dy, x, func(v float64) float64 {
		e, n := math.Exp(math.Min(v, mishOne)), mishN(v)
		return n/(n+2) + weighted(math.Min(v, mishOne), 4*e*(1+e)/((n+2)*(n+2)))
	})
}

// mishOne is where Mish is x in float64.
const mishOne = 40

func mishN(x float64) float64 {
	e := math.Exp(math.Min(x, mishOne))
	return e * (e + 2)
}
