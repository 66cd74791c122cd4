package kernel

import (
	"math"
	"testing"
)

// ulps returns the distance of got from want in units of want's last place in float32.
func ulps(got float32, want float64) float64 {
	if float64(got) == want || got == float32(want) && math.IsInf(float64(got), 0) || math.IsNaN(want) && got != got {
		return 0
	}
	w := float32(want)
	unit := math.Max(float64(math.Nextafter32(float32(math.Abs(float64(w))), math.MaxFloat32))-math.Abs(float64(w)), 0x1p-149)
	return math.Abs(float64(got)-want) / unit
}

// sweep returns values from all of float32: every exponent with some mantissas, the neighbours of powers of two and the
// special values, with both signs.
func sweep() []float32 {
	const mantissas = 512
	var x []float32
	add := func(bits uint32) {
		x = append(x, math.Float32frombits(bits), math.Float32frombits(bits|1<<31))
	}
	for exponent := range uint32(255) {
		for m := range uint32(mantissas) {
			// Multiplying spreads the low bits of m over the mantissa.
			add(exponent<<23 | (m*(1<<23/mantissas)+m*0x9e3779b1>>18)&(1<<23-1))
		}
		for _, m := range []uint32{0, 1, 2, 1<<23 - 2, 1<<23 - 1} {
			add(exponent<<23 | m)
		}
	}
	add(0x7f800000) // ∞
	add(0x7fc00000) // NaN
	return x
}

// elementaryFunctions are the functions of one value, each with the bound of its error in ulp.
var elementaryFunctions = []struct {
	name  string
	value func(dst, x []float32)
	exact func(float64) float64
	ulp   float64
}{
	{"exp", Exp, math.Exp, 2},
	{"expm1", Expm1, math.Expm1, 2},
	{"log", Log, math.Log, 2},
	{"log1p", Log1p, math.Log1p, 2},
	{"sin", Sin, math.Sin, 2},
	{"cos", Cos, math.Cos, 2},
	{"atan", Atan, math.Atan, 2},
	{"sinh", Sinh, math.Sinh, 2},
	{"cosh", Cosh, math.Cosh, 2},
	{"tanh", Tanh, math.Tanh, 2},
	{"erf", Erf, math.Erf, 2},
	{"erfc", Erfc, math.Erfc, 1},
	{"sigmoid", Sigmoid, func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }, 2},
	{"softplus", Softplus, func(v float64) float64 { return math.Max(v, 0) + math.Log1p(math.Exp(-math.Abs(v))) }, 2},
	{"logSigmoid", LogSigmoid, func(v float64) float64 { return math.Min(v, 0) - math.Log1p(math.Exp(-math.Abs(v))) }, 2},
	{"sqrt", Sqrt, math.Sqrt, 0.5},
}

func TestElementary(t *testing.T) {
	withoutRaceDetector(t)
	x := sweep()
	for i := -200_000; i <= 200_000; i++ { // where most functions bend
		x = append(x, float32(i)/1900+1e-7*float32(i%7))
	}
	y, exact := make([]float32, len(x)), make([]float64, len(x))
	for _, f := range elementaryFunctions {
		for i, v := range x {
			exact[i] = f.exact(float64(v))
		}
		onEachPath(t, func(t *testing.T) {
			f.value(y, x)
			worst, at := 0.0, float32(0)
			for i, v := range x {
				want := exact[i]
				if u := ulps(y[i], want); !(u <= worst) {
					worst, at = u, v
				}
				if want == 0 && math.Signbit(want) != math.Signbit(float64(y[i])) {
					t.Errorf("%s(%g) is %g, want %g", f.name, v, y[i], want)
				}
			}
			t.Logf("%s: %.3f ulp at %g", f.name, worst, at)
			if !(worst <= f.ulp) {
				t.Errorf("%s(%g): %.2f ulp, want at most %g", f.name, at, worst, f.ulp)
			}
		})
	}
}
