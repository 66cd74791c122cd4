package kernel

import (
	"math"
	"testing"
)

func TestReductions(t *testing.T) { onEachPath(t, testReductions) }

func testReductions(t *testing.T) {
	nan := float32(math.NaN())
	for n := range 68 {
		behind := make([]float32, n+9)
		Fill(behind, nan)
		x := behind[1 : 1+n]
		copy(x, noise(n, "x"))
		var plain, square float64
		for _, v := range x {
			plain += float64(v)
			square += float64(v) * float64(v)
		}
		if got := float64(sum(x)); !(math.Abs(got-plain) <= 1e-6*float64(n)) {
			t.Errorf("sum of %d values is %g, want %g", n, got, plain)
		}
		if got := impl.sumSquares(x); !(math.Abs(got-square) <= 1e-14*square) {
			t.Errorf("sum of squares of %d values is %g, want %g", n, got, square)
		}
		y := noise(n+9, "y")[5:] // longer, and aligned differently
		var product float64
		for i, v := range x {
			product += float64(v) * float64(y[i])
		}
		if got := SumProducts(x, y); !(math.Abs(got-product) <= 1e-14*float64(n)) {
			t.Errorf("sum of %d products is %g, want %g", n, got, product)
		}
		const p, q = 1e6, -3
		var differences, products float64
		for i, v := range x {
			x[i] = p + v // p + v as float32 rounds it
			differences += float64(x[i]) - p
			products += (float64(x[i]) - p) * (float64(y[i]) - q)
		}
		s, m := Moments(x, y, p, q)
		if !(math.Abs(s-differences) <= 1e-14*float64(n) && math.Abs(m-products) <= 1e-13*float64(n)) {
			t.Errorf("moments of %d values are %g and %g, want %g and %g", n, s, m, differences, products)
		}
		for i := range x {
			old := x[i]
			x[i] = nan
			if got := sum(x); got == got {
				t.Errorf("sum of %d values with NaN at %d is %g, want NaN", n, i, got)
			}
			if got := impl.sumSquares(x); got == got {
				t.Errorf("sum of squares of %d values with NaN at %d is %g, want NaN", n, i, got)
			}
			if got := SumProducts(x, y); got == got {
				t.Errorf("sum of %d products with NaN at %d is %g, want NaN", n, i, got)
			}
			if s, m := Moments(x, y, p, q); s == s || m == m {
				t.Errorf("moments of %d values with NaN at %d are %g and %g, want NaN", n, i, s, m)
			}
			if s, m := Moments(y[:n], x, p, q); s != s || m == m {
				t.Errorf("moments of %d values and NaN at %d are %g and %g, want NaN in the second", n, i, s, m)
			}
			x[i] = old
		}
	}
}
