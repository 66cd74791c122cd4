//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// avx2 says that the AVX2 and FMA kernels run, chosen once: where the processor has both, unless
// PathVariable asks for the portable ones. Every function with two implementations asks it in
// one place.
var avx2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasBMI1 && cpu.X86.HasPOPCNT && asked != "generic"
