package kernel

import "golang.org/x/sys/unix"

// adviseHuge asks for huge pages for memory that begins at one. A failure costs speed only.
func adviseHuge(b []byte) { _ = unix.Madvise(b[:len(b)/hugePage*hugePage], unix.MADV_HUGEPAGE) }
