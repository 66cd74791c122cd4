package kernel

import "math"

// Values and slopes are within 4 ulp or 2e-6 + 1e-6·|f| of the exact result, whichever is more, and the relative error of
// values in the tails is at most 2e-5: see TestActivations. TestElementary and TestSlopesInTheTails check the tighter bounds
// that some functions state.

// SigmoidGrad multiplies by s(x)·s(−x), within 4 ulp of a normal result: as e/(1+e)² with e = e^(−|x|), which does not
// cancel in the tail where 1 − s(x) would.
func SigmoidGrad(dx, dy, x []float32) { impl.sigmoidGrad(dx, dy[:len(dx)], x[:len(dx)]) }

// TanhGrad multiplies by 1/cosh²x, within 4 ulp of a normal result: as 4e/(1+e)² with e = e^(−2|x|), which does not
// cancel in the tail where 1 − tanh²x would.
func TanhGrad(dx, dy, x []float32) { impl.tanhGrad(dx, dy[:len(dx)], x[:len(dx)]) }

// bell is e/(1+e)².
func bell(e float64) float64 { return e / ((1 + e) * (1 + e)) }

// SoftplusGrad multiplies by s(x), the sigmoid.
func SoftplusGrad(dx, dy, x []float32) { impl.softplusGrad(dx, dy[:len(dx)], x[:len(dx)]) }

// LogSigmoid computes log(1/(1+e⁻ˣ)) = −Softplus(−x), within 2 ulp.
func LogSigmoid(dst, x []float32) { impl.logSigmoid(dst, x[:len(dst)]) }

// LogSigmoidGrad multiplies by s(−x).
func LogSigmoidGrad(dx, dy, x []float32) { impl.logSigmoidGrad(dx, dy[:len(dx)], x[:len(dx)]) }

// ELU computes scale·x where x > 0 and alpha·(eˣ − 1) elsewhere: the ELU of Clevert et al. 2015 (arXiv:1511.07289)
// with a scale of 1, and the SELU of Klambauer et al. 2017 (arXiv:1706.02515) with λ and λ·α.
func ELU(dst, x []float32, alpha, scale float32) { impl.elu(dst, x[:len(dst)], alpha, scale) }

// ELUGrad multiplies by scale where x > 0 and alpha·eˣ elsewhere, 0 included.
func ELUGrad(dx, dy, x []float32, alpha, scale float32) {
	impl.eluGrad(dx, dy[:len(dx)], x[:len(dx)], alpha, scale)
}

// SiLU computes x·s(x) with the sigmoid s (Elfwing et al. 2017, arXiv:1702.03118), 0 at −∞.
func SiLU(dst, x []float32) { impl.silu(dst, x[:len(dst)]) }

// SiLUGrad multiplies by s(x)·(1 + x·s(−x)).
func SiLUGrad(dx, dy, x []float32) { impl.siluGrad(dx, dy[:len(dx)], x[:len(dx)]) }

// sigmoidSlope is the slope of x·s(u) given u and its slope: s(u) + x·u′·s(u)·s(−u).
func sigmoidSlope(x, u, du float64) float64 {
	return sigmoid(u) + weighted(x*du, bell(math.Exp(-math.Abs(u))))
}

// GELU computes x·Φ(x), Φ(x) = erfc(−x/√2)/2 (Hendrycks and Gimpel 2016, arXiv:1606.08415), 0 at −∞.
func GELU(dst, x []float32) { impl.gelu(dst, x[:len(dst)]) }

// GELUGrad multiplies by Φ(x) + x·φ(x), φ(x) = e^(−x²/2)/√(2π).
func GELUGrad(dx, dy, x []float32) { impl.geluGrad(dx, dy[:len(dx)], x[:len(dx)]) }

func normal(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// GELUTanh computes x·(1+tanh u)/2 = x·s(2u), u = √(2/π)·(x + 0.044715·x³) (op. cit.), 0 at −∞.
func GELUTanh(dst, x []float32) { impl.geluTanh(dst, x[:len(dst)]) }

// GELUTanhGrad multiplies by s(2u) + x·2u′·s(2u)·s(−2u).
func GELUTanhGrad(dx, dy, x []float32) { impl.geluTanhGrad(dx, dy[:len(dx)], x[:len(dx)]) }

// geluArgument is 2u and its slope.
func geluArgument(x float64) (u, du float64) {
	const c, cube = 2 * math.Sqrt2 / math.SqrtPi, 0.044715
	return c * (x + cube*x*x*x), c * (1 + 3*cube*x*x)
}

// Mish computes x·tanh(log(1+eˣ)) = x·n/(n+2) with n = e·(e+2), e = eˣ (Misra 2019, arXiv:1908.08681), 0 at −∞.
func Mish(dst, x []float32) { impl.mish(dst, x[:len(dst)]) }

// MishGrad multiplies by n/d + x·4e·(1+e)/d² with d = n+2.
func MishGrad(dx, dy, x []float32) { impl.mishGrad(dx, dy[:len(dx)], x[:len(dx)]) }

// mishOne is where Mish is x in float64.
const mishOne = 40

func mishN(x float64) float64 {
	e := math.Exp(math.Min(x, mishOne))
	return e * (e + 2)
}

var portableSmooth = smooth{
	sigmoidGrad:    slopes(func(v float64) float64 { return bell(math.Exp(-math.Abs(v))) }),
	tanhGrad:       slopes(func(v float64) float64 { return 4 * bell(math.Exp(-2*math.Abs(v))) }),
	softplusGrad:   slopes(sigmoid),
	logSigmoid:     each(func(v float64) float64 { return math.Min(v, 0) - math.Log1p(math.Exp(-math.Abs(v))) }),
	logSigmoidGrad: slopes(func(v float64) float64 { return sigmoid(-v) }),
	elu: func(dst, x []float32, alpha, scale float32) {
		each(func(v float64) float64 {
			if v > 0 {
				return float64(scale) * v
			}
			return float64(alpha) * math.Expm1(v)
		})(dst, x)
	},
	eluGrad: func(dx, dy, x []float32, alpha, scale float32) {
		slopes(func(v float64) float64 {
			if v > 0 {
				return float64(scale)
			}
			return float64(alpha) * math.Exp(v)
		})(dx, dy, x)
	},
	silu:     each(func(v float64) float64 { return weighted(v, sigmoid(v)) }),
	siluGrad: slopes(func(v float64) float64 { return sigmoidSlope(v, v, 1) }),
	gelu:     each(func(v float64) float64 { return weighted(v, normal(v)) }),
	geluGrad: slopes(func(v float64) float64 {
		return normal(v) + weighted(v, math.Exp(-v*v/2)/(math.Sqrt2*math.SqrtPi))
	}),
	geluTanh: each(func(v float64) float64 {
		u, _ := geluArgument(v)
		return weighted(v, sigmoid(u))
	}),
	geluTanhGrad: slopes(func(v float64) float64 {
		u, du := geluArgument(v)
		return sigmoidSlope(v, u, du)
	}),
	mish: each(func(v float64) float64 {
		n := mishN(v)
		return weighted(v, n/(n+2))
	}),
	mishGrad: slopes(func(v float64) float64 {
		e, n := math.Exp(math.Min(v, mishOne)), mishN(v)
		return n/(n+2) + weighted(math.Min(v, mishOne), 4*e*(1+e)/((n+2)*(n+2)))
	}),
}
