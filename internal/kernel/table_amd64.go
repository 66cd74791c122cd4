//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// vectorTables returns the generated tables that this processor can run, the fastest first, with their geometry.
func vectorTables() (tables []table) {
	x := &cpu.X86
	avx2 := x.HasAVX2 && x.HasFMA && x.HasBMI1 && x.HasPOPCNT
	if avx2 && x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL && x.HasBMI2 {
		t := vectorsAVX512
		t.instructions = "avx512"
		t.geometry = geometry{forwardDepth: 12 * BlockHeight, stripWidth: 32, packedPanels: 2}
		tables = append(tables, t)
	}
	if avx2 {
		// Processors without AVX-512 have a smaller second-level cache, and read it more slowly.
		t := vectorsAVX2
		t.instructions = "avx2"
		t.geometry = geometry{forwardDepth: 3 * BlockHeight, stripWidth: 16, packedPanels: 1}
		tables = append(tables, t)
	}
	return tables
}
