package kernel

import (
	"math"
	"testing"
)

// seluScale and seluAlpha are the constants of SELU in PyTorch.
const seluScale, seluAlpha = 1.0507009873554805, 1.6732632423543772

// activationFunctions are all activations, with definitions that are accurate in float64 over the range tested, and their
// limits at +∞ and −∞.
var activationFunctions = []struct {
	name         string
	value        func(dst, x []float32)
	gradient     func(dx, dy, x []float32)
	exact, slope func(x float64) float64
	top, bottom  float64
}{
	{"relu", ReLU, ReLUGrad, func(x float64) float64 { return max(x, 0) }, step(0, 0, 1), inf, 0},
	{"leaky", func(dst, x []float32) { LeakyReLU(dst, x, 0.25) }, func(dx, dy, x []float32) { LeakyReLUGrad(dx, dy, x, 0.25) },
		func(x float64) float64 { return max(x, x/4) }, step(0, 0.25, 1), inf, -inf},
	{"hardTanh", func(dst, x []float32) { HardTanh(dst, x, -1, 6) }, func(dx, dy, x []float32) { HardTanhGrad(dx, dy, x, -1, 6) },
		func(x float64) float64 { return min(max(x, -1), 6) }, func(x float64) float64 { return step(-1, 0, 1)(x) * step(-6, 0, 1)(-x) }, 6, -1},
	{"hardShrink", func(dst, x []float32) { HardShrink(dst, x, 0.75) }, func(dx, dy, x []float32) { ShrinkGrad(dx, dy, x, -0.75, 0.75) },
		func(x float64) float64 { return x * outside(x, 0.75) }, func(x float64) float64 { return outside(x, 0.75) }, inf, -inf},
	{"softShrink", func(dst, x []float32) { SoftShrink(dst, x, -0.75, 0.75, 0.5, -0.5, 0) }, func(dx, dy, x []float32) { ShrinkGrad(dx, dy, x, -0.75, 0.75) },
		func(x float64) float64 { return (x - math.Copysign(0.5, x)) * outside(x, 0.75) }, func(x float64) float64 { return outside(x, 0.75) }, inf, -inf},
	{"softShrink everywhere", func(dst, x []float32) { SoftShrink(dst, x, 0.75, -0.75, 0.5, -0.5, 7) }, func(dx, dy, x []float32) { ShrinkGrad(dx, dy, x, 0.75, -0.75) },
		func(x float64) float64 { return x - 0.5*step(-0.75, -1, 1)(x) }, func(x float64) float64 { return outside(x, -0.75) }, inf, -inf},
	{"threshold", func(dst, x []float32) { SoftShrink(dst, x, float32(-inf), 0.75, 7, 0, 0.5) }, func(dx, dy, x []float32) { ShrinkGrad(dx, dy, x, float32(-inf), 0.75) },
		func(x float64) float64 { return max(x, 0)*step(0.75, 0, 1)(x) + step(0.75, 0.5, 0)(x) }, step(0.75, 0, 1), inf, 0.5},
	{"hardSigmoid", HardSigmoid, HardSigmoidGrad, func(x float64) float64 { return min(max(x/6+0.5, 0), 1) },
		func(x float64) float64 { return step(-3, 0, 1)(x) * step(-3, 0, 1)(-x) / 6 }, 1, 0},
	{"hardSwish", HardSwish, HardSwishGrad, func(x float64) float64 { return max(x, -9) * min(max(x/6+0.5, 0), 1) }, func(x float64) float64 {
		switch {
		case x < -3:
			return 0
		case x >= 3:
			return 1
		}
		return x/3 + 0.5
	}, inf, 0},
	{"softsign", Softsign, SoftsignGrad, func(x float64) float64 { return x / (1 + math.Abs(x)) },
		func(x float64) float64 { return math.Pow(1+math.Abs(x), -2) }, 1, -1},
	{"sigmoid", Sigmoid, SigmoidGrad, logistic, func(x float64) float64 { return logistic(x) * logistic(-x) }, 1, 0},
	{"tanh", Tanh, TanhGrad, math.Tanh, func(x float64) float64 { return math.Pow(math.Cosh(min(math.Abs(x), 300)), -2) }, 1, -1},
	{"softplus", Softplus, SoftplusGrad, log1pExp, logistic, inf, 0},
	{"logSigmoid", LogSigmoid, LogSigmoidGrad, func(x float64) float64 { return -log1pExp(-x) }, func(x float64) float64 { return logistic(-x) }, 0, -inf},
	{"elu", func(dst, x []float32) { ELU(dst, x, 1.5, 1) }, func(dx, dy, x []float32) { ELUGrad(dx, dy, x, 1.5, 1) },
		elu(1.5, 1), eluSlope(1.5, 1), inf, -1.5},
	{"selu", func(dst, x []float32) { ELU(dst, x, seluAlpha*seluScale, seluScale) }, func(dx, dy, x []float32) { ELUGrad(dx, dy, x, seluAlpha*seluScale, seluScale) },
		elu(float64(float32(seluAlpha*seluScale)), float64(float32(seluScale))), eluSlope(float64(float32(seluAlpha*seluScale)), float64(float32(seluScale))),
		inf, -float64(float32(seluAlpha * seluScale))},
	{"silu", SiLU, SiLUGrad, func(x float64) float64 { return max(x, -800) * logistic(x) },
		func(x float64) float64 { return logistic(x) * (1 + min(max(x, -800), 800)*logistic(-x)) }, inf, 0},
	{"gelu", GELU, GELUGrad, func(x float64) float64 { return max(x, -40) * math.Erfc(-x/math.Sqrt2) / 2 },
		func(x float64) float64 {
			return math.Erfc(-x/math.Sqrt2)/2 + min(max(x, -40), 40)*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
		}, inf, 0},
	{"geluTanh", GELUTanh, GELUTanhGrad, func(x float64) float64 { return max(x, -30) * logistic(2*gelu(x)) }, func(x float64) float64 {
		if math.Abs(x) > 30 {
			return step(0, 0, 1)(x)
		}
		s := logistic(2 * gelu(x))
		return s + x*s*logistic(-2*gelu(x))*2*math.Sqrt(2/math.Pi)*(1+0.134145*x*x)
	}, inf, 0},
	{"mish", Mish, MishGrad, func(x float64) float64 { return max(x, -800) * math.Tanh(log1pExp(x)) }, func(x float64) float64 {
		x = min(max(x, -800), 100)
		return math.Tanh(log1pExp(x)) + x*logistic(x)*math.Pow(math.Cosh(log1pExp(x)), -2)
	}, inf, 0},
}

var inf = math.Inf(1)

// step returns a function that is left for x ≤ at and right for x > at; NaN for NaN.
func step(at, left, right float64) func(x float64) float64 {
	return func(x float64) float64 {
		switch {
		case x <= at:
			return left
		case x > at:
			return right
		}
		return math.NaN()
	}
}

// outside returns 1 if |x| > threshold, else 0; NaN for NaN.
func outside(x, threshold float64) float64 { return step(threshold, 0, 1)(math.Abs(x)) }

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func log1pExp(x float64) float64 {
	if x > 100 {
		return x
	}
	return math.Log1p(math.Exp(x))
}

func elu(alpha, scale float64) func(x float64) float64 {
	return func(x float64) float64 { return scale*max(x, 0) + alpha*math.Expm1(min(x, 0)) }
}

func eluSlope(alpha, scale float64) func(x float64) float64 {
	return func(x float64) float64 {
		if x > 0 {
			return scale
		}
		return alpha * math.Exp(x)
	}
}

// gelu is the argument of the hyperbolic tangent in GELUTanh.
func gelu(x float64) float64 { return math.Sqrt(2/math.Pi) * (x + 0.044715*x*x*x) }

func TestActivations(t *testing.T) {
	withoutRaceDetector(t)
	x := sweep()
	for i := -120_000; i <= 120_000; i++ {
		x = append(x, float32(i)/1000)
	}
	x = append(x, -3, 3, 6, -1, 1)
	y, dx, dy := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	want, slope := make([]float64, len(x)), make([]float64, len(x))
	Fill(dy, -2)
	for _, f := range activationFunctions {
		for i, v := range x {
			want[i], slope[i] = f.exact(float64(v)), -2*f.slope(float64(v))
			switch {
			case math.IsInf(float64(v), 1):
				want[i] = f.top
			case math.IsInf(float64(v), -1):
				want[i] = f.bottom
			}
		}
		onEachPath(t, func(t *testing.T) {
			f.value(y, x)
			f.gradient(dx, dy, x)
			tail := 0.0
			for i, v := range x {
				want, slope := want[i], slope[i]
				if a := math.Abs(want); a > 0x1p-120 && a < math.MaxFloat32 {
					tail = max(tail, math.Abs(float64(y[i])-want)/a)
				}
				if !within(y[i], want) {
					t.Errorf("%s(%g) is %g, want %g", f.name, v, y[i], want)
				}
				if !within(dx[i]/2, slope/2) {
					t.Errorf("%s'(%g) is %g, want %g", f.name, v, dx[i]/-2, slope/-2)
				}
			}
			if !(tail <= 2e-5) {
				t.Errorf("%s: relative error of normal values up to %.2g, want no cancellation in the tails", f.name, tail)
			}
		})
	}
}

// within reports whether got is within 4 ulp of want, or within 2e-6 + 1e-6·|want|.
func within(got float32, want float64) bool {
	return ulps(got, want) <= 4 || math.Abs(float64(got)-want) <= 2e-6+1e-6*math.Abs(want)
}

// TestSlopesInTheTails wants monotone slopes, and those with one maximum, within 4 ulp where they are normal numbers.
func TestSlopesInTheTails(t *testing.T) {
	withoutRaceDetector(t)
	onEachPath(t, func(t *testing.T) {
		x := sweep()
		dx, dy := make([]float32, len(x)), make([]float32, len(x))
		Fill(dy, 1)
		for _, f := range activationFunctions {
			switch f.name {
			case "sigmoid", "tanh", "softplus", "logSigmoid", "elu", "softsign":
				f.gradient(dx, dy, x)
				for i, v := range x {
					want := f.slope(float64(v))
					if u := ulps(dx[i], want); want > 0x1p-120 && !(u <= 4) {
						t.Errorf("%s'(%g) is %g, want %g: %.1f ulp", f.name, v, dx[i], want, u)
					}
				}
			}
		}
	})
}
