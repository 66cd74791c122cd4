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
			x[i] = old
		}
	}
}
