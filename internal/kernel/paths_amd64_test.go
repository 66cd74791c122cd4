//go:build !purego

package kernel

import "testing"

// onEachPath runs a test on the AVX2 kernels, where the processor has them, and on the portable ones.
func onEachPath(t *testing.T, test func(t *testing.T)) {
	chosen := avx2
	defer func() { avx2 = chosen }()
	if chosen {
		t.Run("avx2", test)
	}
	avx2 = false
	t.Run("generic", test)
}
