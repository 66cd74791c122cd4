//go:build !purego

package kernel

import "testing"

// onEachPath runs a test on the AVX2 kernels, where the processor has them, in AVX-512 too, and on the portable ones.
func onEachPath(t *testing.T, test func(t *testing.T)) {
	chosen, widest := avx2, wide
	defer func() { avx2, wide = chosen, widest }()
	if widest {
		t.Run("avx512", test)
	}
	wide = false
	if chosen {
		t.Run("avx2", test)
	}
	avx2 = false
	t.Run("generic", test)
}

// inBothWidths calls f with vectors of 16 floats and then of 8, or skips where there are not both.
func inBothWidths(t *testing.T, f func()) {
	if !wide {
		t.Skip("no AVX-512")
	}
	defer func() { wide = true }()
	f()
	wide = false
	f()
}
