package kernel

import "golang.org/x/sys/unix"

// adviseHuge asks for huge pages for memory that begins at one. Where there are none nothing is lost.
func adviseHuge(b []byte) { _ = unix.Madvise(b[:len(b)/hugePage*hugePage], unix.MADV_HUGEPAGE) }
