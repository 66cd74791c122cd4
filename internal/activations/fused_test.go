package activations

import (
	"slices"
	"testing"
)

// TestFused checks that functions have fused kernels, however they are written.
func TestFused(t *testing.T) {
	for _, spec := range []string{
		"gelu", "tanh", "silu", "mish", "hardshrink", "softshrink", "softshrink(lambda!)", "shrink", "shrink(bias=0.25)",
		"threshold", "thresholded_relu", "threshold(value!)",
		"where(abs(x) > 2, x, 0)", "where(x > 1, x - 3, where(x < -2, x + 4, 0))", "where(x > -2, x, 5)",
	} {
		a, err := Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		if a.evaluated.fused == nil {
			t.Errorf("%s is computed by a program, want a kernel", spec)
		}
	}
	x, y := []float32{-3, -1.5, 0.5, 1.5}, make([]float32, 4)
	for spec, want := range map[string][]float32{
		"where(x > 1, x - 3, where(x < -2, x + 4, 0))":        {1, 0, 0, -1.5},
		"where(x > 1, x - 3, where(x < -2, x + 4, 0.5))":      {1, 0.5, 0.5, -1.5},
		"where(x > 0.5, x - 3, where(x < -1.5, x + 3, 0.25))": {0, 0.25, 0.25, -1.5},
		"where(x > -2, x, 5)":                                 {5, -1.5, 0.5, 1.5},
	} {
		a, err := Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		if a.Forward(y, x); !slices.Equal(y, want) {
			t.Errorf("%s at %g is %g, want %g", a, x, y, want)
		}
	}
}
