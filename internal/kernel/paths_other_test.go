//go:build !amd64 || purego

package kernel

import "testing"

// onEachPath runs a test on the portable kernels, the only ones here.
func onEachPath(t *testing.T, test func(t *testing.T)) { t.Run("generic", test) }
