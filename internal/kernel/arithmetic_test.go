package kernel

import (
	"math"
	"testing"
)

// pairs returns two slices with every combination of special and ordinary values.
func pairs() (a, b []float32) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	values := []float32{0, 1, 2, 3, 0.5, 0.75, 1.5, 1e-45, 1e-38, 1e-20, 1e20, 7, 8388609, 16777216, math.MaxFloat32, inf}
	for _, v := range values {
		values = append(values, -v)
	}
	values = append(values, nan, float32(math.Copysign(0, -1)))
	for _, x := range values {
		for _, y := range values {
			a, b = append(a, x), append(b, y)
		}
	}
	for i, x := range noise(4000, "pairs") {
		a, b = append(a, 4*x), append(b, float32(i%81)/16-2.5)
	}
	return a, b
}

// binaryFunctions are the functions of two values: of two slices, and of a slice and a number on either side where there is
// such a form.
var binaryFunctions = []struct {
	name          string
	f             func(dst, a, b []float32)
	second, first func(dst, x []float32, s float32)
	exact         func(a, b float64) float64
	ulp           float64
}{
	{"add", Add, AddScalar, AddScalar, func(a, b float64) float64 { return a + b }, 0.5},
	{"sub", Sub, SubScalar, numberFirst(ScalarSub), func(a, b float64) float64 { return a - b }, 0.5},
	{"mul", Mul, MulScalar, MulScalar, func(a, b float64) float64 { return a * b }, 0.5},
	{"div", Div, DivScalar, numberFirst(ScalarDiv), func(a, b float64) float64 { return a / b }, 0.5000001},
	{"min", Min, MinScalar, MinScalar, func(a, b float64) float64 { return min(a, b) }, 0},
	{"max", Max, MaxScalar, MaxScalar, func(a, b float64) float64 { return max(a, b) }, 0},
	{"less", Less, LessScalar, numberFirst(ScalarLess), func(a, b float64) float64 { return compared(a, b, a < b) }, 0},
	{"lessEqual", LessEqual, LessEqualScalar, numberFirst(ScalarLessEqual), func(a, b float64) float64 { return compared(a, b, a <= b) }, 0},
	{"equal", Equal, EqualScalar, EqualScalar, func(a, b float64) float64 { return compared(a, b, a == b) }, 0},
	{"hypot", Hypot, nil, nil, math.Hypot, 0.5000001},
	{"pow", Pow, PowScalar, nil, math.Pow, 1},
}

func numberFirst(f func(dst []float32, a float32, b []float32)) func(dst, x []float32, s float32) {
	return func(dst, x []float32, s float32) { f(dst, s, x) }
}

func compared(a, b float64, holds bool) float64 {
	switch {
	case math.IsNaN(a) || math.IsNaN(b):
		return math.NaN()
	case holds:
		return 1
	}
	return 0
}

func TestArithmetic(t *testing.T) {
	withoutRaceDetector(t)
	onEachPath(t, testArithmetic)
}

func testArithmetic(t *testing.T) {
	a, b := pairs()
	y := make([]float32, len(a))
	for _, f := range binaryFunctions {
		check := func(form string, got float32, a, b float32, ulp float64) {
			t.Helper()
			want := f.exact(float64(a), float64(b))
			if u := ulps(got, want); !(u <= ulp) || want == 0 && math.Signbit(want) != math.Signbit(float64(got)) {
				t.Errorf("%s%s(%g, %g) is %g, want %g", f.name, form, a, b, got, want)
			}
		}
		f.f(y, a, b)
		for i := range y {
			check("", y[i], a[i], b[i], f.ulp)
		}
		for _, s := range []float32{-1.5, 0, 1, 3, 0.5, 2, 4, 5, 6, 7, 8, -1, float32(math.Inf(1)), float32(math.NaN())} {
			if f.second != nil {
				bound := f.ulp
				switch {
				case f.name == "pow" && s >= 5 && s <= 8:
					bound = 4
				case f.name == "pow":
					bound = 2
				}
				f.second(y, a, s)
				for i := range y {
					if f.name == "pow" && s == 0.5 && math.IsInf(float64(a[i]), -1) {
						continue // documented
					}
					check("Scalar", y[i], a[i], s, bound)
				}
			}
			if f.first != nil {
				f.first(y, b, s)
				for i := range y {
					check("Scalar first", y[i], s, b[i], f.ulp)
				}
			}
		}
	}
}

func TestSignsAndChoices(t *testing.T) { onEachPath(t, testSignsAndChoices) }

func testSignsAndChoices(t *testing.T) {
	x, z := pairs()
	y := make([]float32, len(x))
	same := func(name string, want func(i int) float64, ulp float64) {
		t.Helper()
		for i, v := range x {
			if w := want(i); !(ulps(y[i], w) <= ulp) || w == 0 && v == 0 && name != "sign" && math.Signbit(w) != math.Signbit(float64(y[i])) {
				t.Errorf("%s of %g and %g is %g, want %g", name, v, z[i], y[i], w)
			}
		}
	}
	Neg(y, x)
	same("neg", func(i int) float64 { return -float64(x[i]) }, 0)
	Abs(y, x)
	same("abs", func(i int) float64 { return math.Abs(float64(x[i])) }, 0)
	Sign(y, x)
	same("sign", func(i int) float64 {
		if x[i] == 0 || x[i] != x[i] {
			return float64(x[i])
		}
		return math.Copysign(1, float64(x[i]))
	}, 0)
	MulAdd(y, x, z, x)
	same("mulAdd", func(i int) float64 { return math.FMA(float64(x[i]), float64(z[i]), float64(x[i])) }, 0.5000001)
	MulAddScalar(y, x, 1.7, z)
	same("mulAddScalar", func(i int) float64 { return math.FMA(float64(x[i]), float64(float32(1.7)), float64(z[i])) }, 0.5000001)
	Affine(y, x, 1.7, -0.3)
	same("affine", func(i int) float64 {
		return math.FMA(float64(x[i]), float64(float32(1.7)), float64(float32(-0.3)))
	}, 0.5000001)
	nan := make([]float32, len(x))
	Fill(nan, float32(math.NaN()))
	c := make([]float32, len(x))
	Less(c, x, z)
	Where(y, c, x, z)
	same("where", func(i int) float64 {
		switch {
		case x[i] != x[i] || z[i] != z[i]:
			return math.NaN()
		case x[i] < z[i]:
			return float64(x[i])
		}
		return float64(z[i])
	}, 0)
	Where(y, c, x, nan) // the operand that is not chosen has no effect
	same("where", func(i int) float64 {
		if c[i] == 1 {
			return float64(x[i])
		}
		return math.NaN()
	}, 0)
	Fill(c, 0)
	Where(y, c, nan, x)
	same("where", func(i int) float64 { return float64(x[i]) }, 0)
}
