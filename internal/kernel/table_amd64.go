//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// vectorTables returns the tables of the vector instructions that the processor has, the fastest first.
func vectorTables() (tables []table) {
	x := &cpu.X86
	avx2 := x.HasAVX2 && x.HasFMA && x.HasBMI1 && x.HasPOPCNT
	if avx2 && x.HasAVX512F && x.HasAVX512DQ && x.HasAVX512BW && x.HasAVX512VL && x.HasBMI2 {
		tables = append(tables, completed(vectorsAVX512, "avx512", geometry{
			forwardDepth: 12 * BlockHeight, stripWidth: 32, fetchedBlock: 1 << 16, packedPanels: 2, turnedBelow: 32,
		}))
	}
	if avx2 {
		// Processors without AVX-512 have a smaller second-level cache, and read it more slowly.
		tables = append(tables, completed(vectorsAVX2, "avx2", geometry{
			forwardDepth: 3 * BlockHeight, stripWidth: 16, packedPanels: 1,
		}))
	}
	return tables
}

// completed returns a generated table with the functions in Go that call its assembly.
func completed(t table, instructions string, g geometry) table {
	t.instructions, t.path = instructions, "avx2"
	g.sparsePanels = len(t.assembly.sparse) - 1
	t.geometry = g
	t.adamStep = adamVectors
	t.products = products{transpose: transposeVectors, multiply: multiplyTiles, multiplySparse: multiplySparsePanels}
	t.conv = tilePasses
	t.pool = vectorPool
	return t
}
