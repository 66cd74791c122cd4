package kernel

import (
	"math"
	"testing"
)

// ulps is the distance of got from want in units of want's last place in float32.
func ulps(got float32, want float64) float64 {
	if float64(got) == want || got == float32(want) && math.IsInf(float64(got), 0) || math.IsNaN(want) && got != got {
		return 0
	}
	w := float32(want)
	unit := math.Max(float64(math.Nextafter32(float32(math.Abs(float64(w))), math.MaxFloat32))-math.Abs(float64(w)), 0x1p-149)
	return math.Abs(float64(got)-want) / unit
}

func TestElementwise(t *testing.T) { onEachPath(t, testElementwise) }

func testElementwise(t *testing.T) {
	inf := math.Inf(1)
	x := []float32{0, float32(math.Copysign(0, -1)), 1e-38, -1e-38, 1e-4, -1e-4, 0.5, -0.5, 1, -1, 9.2, -9.2, 17, -17, 88.8, -88.8, 103, -103, 1e30, -1e30}
	for i := -20_000; i <= 20_000; i++ {
		x = append(x, float32(i)/190+0.0017)
	}
	sech2 := func(v float64) float64 { c := math.Cosh(v); return 1 / (c * c) }
	sigmoid := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	for _, f := range []struct {
		name        string
		value       func(dst, x []float32)
		gradient    func(dx, dy, x []float32)
		exact       func(float64) float64
		slope       func(float64) float64
		atInf, atMn float64
	}{
		{"relu", ReLU, ReLUGrad, func(v float64) float64 { return math.Max(v, 0) }, func(v float64) float64 {
			if v > 0 {
				return 1
			}
			return 0
		}, inf, 0},
		{"leaky", func(dst, x []float32) { LeakyReLU(dst, x, 0.25) }, func(dx, dy, x []float32) { LeakyReLUGrad(dx, dy, x, 0.25) },
			func(v float64) float64 { return math.Max(v, 0.25*v) }, func(v float64) float64 {
				if v > 0 {
					return 1
				}
				return 0.25
			}, inf, -inf},
		{"sigmoid", Sigmoid, SigmoidGrad, sigmoid, func(v float64) float64 { return sigmoid(v) * sigmoid(-v) }, 1, 0},
		{"tanh", Tanh, TanhGrad, math.Tanh, sech2, 1, -1},
	} {
		y, dx, dy := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
		for i := range dy {
			dy[i] = -2
		}
		f.value(y, x)
		f.gradient(dx, dy, x)
		for i, v := range x {
			if u := ulps(y[i], f.exact(float64(v))); u > 2 {
				t.Errorf("%s(%g) is %g, want %g: %.1f ulp", f.name, v, y[i], f.exact(float64(v)), u)
			}
			if u := ulps(dx[i], -2*f.slope(float64(v))); u > 4 && math.Abs(float64(dx[i])+2*f.slope(float64(v))) > 2e-44 { // a few of the smallest denormals
				t.Errorf("%s'(%g) is %g, want %g: %.1f ulp", f.name, v, dx[i]/-2, f.slope(float64(v)), u)
			}
		}
		ends := []float32{float32(inf), float32(-inf), float32(math.NaN())}
		f.gradient(dx[:3], dy[:3], ends)
		if dx[2] == dx[2] {
			t.Errorf("%s'(NaN) is %g, want NaN", f.name, dx[2])
		}
		f.value(ends, ends) // in place
		if float64(ends[0]) != f.atInf || float64(ends[1]) != f.atMn || ends[2] == ends[2] {
			t.Errorf("%s at +Inf, -Inf and NaN is %v, want %g, %g and NaN", f.name, ends, f.atInf, f.atMn)
		}
	}
}
