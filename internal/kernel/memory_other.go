//go:build !linux

package kernel

// adviseHuge does nothing: only Linux has the call.
func adviseHuge([]byte) {}
