//go:build !linux

package kernel

// adviseHuge does nothing: only Linux is asked.
func adviseHuge([]byte) {}
