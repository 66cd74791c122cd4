package train

import "golang.org/x/sys/unix"

// totalMemory is the machine's memory in bytes; 0: not known.
func totalMemory() uint64 {
	bytes, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return bytes
}
