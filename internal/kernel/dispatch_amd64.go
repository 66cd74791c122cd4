//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// avx2 says that the AVX2 and FMA kernels run, chosen once: where the processor has both, unless
// PathVariable asks for the portable ones. Every function with two implementations asks it in
// one place.
var avx2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA && cpu.X86.HasBMI1 && cpu.X86.HasPOPCNT && asked != "generic"

// wide says that they use the vectors of AVX-512, of 16 floats: with the same bits, at the same places. It is asked
// in the kernels themselves, but for those whose tiles differ.
var wide = avx2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL && cpu.X86.HasBMI2 && asked != "avx2"
