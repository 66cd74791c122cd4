//go:build !linux && !darwin

package train

// totalMemory is the machine's memory in bytes; 0: not known.
func totalMemory() uint64 { return 0 }
