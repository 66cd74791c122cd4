package train

import "golang.org/x/sys/unix"

// Available is the memory of this machine in bytes; 0: not known.
func Available() int64 {
	bytes, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(bytes)
}
