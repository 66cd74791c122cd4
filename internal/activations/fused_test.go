package activations

import "testing"

// TestFused wants functions computed by the kernels made for them, however they are written.
func TestFused(t *testing.T) {
	for _, spec := range []string{
		"gelu", "tanh", "silu", "mish", "hardshrink", "softshrink", "softshrink(lambda!)", "shrink", "shrink(bias=0.25)",
		"where(abs(x) > 2, x, 0)", "where(x > 1, x - 3, where(x < -2, x + 4, 0))",
	} {
		a, err := Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		if !a.Fused() {
			t.Errorf("%s is computed by a program, want a kernel", spec)
		}
	}
	x, y := []float32{-3, -1.5, 0.5, 1.5}, make([]float32, 4)
	a, err := Parse("where(x > 1, x - 3, where(x < -2, x + 4, 0))")
	if err != nil {
		t.Fatal(err)
	}
	a.Forward(y, x)
	for i, want := range []float32{1, 0, 0, -1.5} {
		if y[i] != want {
			t.Errorf("%s at %g is %g, want %g", a, x[i], y[i], want)
		}
	}
}
