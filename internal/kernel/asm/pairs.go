package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// pairRows is how many rows gemmPairs computes, as package kernel's.
const pairRows = 24

// gemmPairs computes 24 rows of C = A·B of eight columns, in AVX-512, where a vector is two rows of C. A's rows are 64
// bytes apart, its columns come in groups of eight neighbours: where they begin in bytes, how many of them count, and
// as many picks that say which, 64 times its number. B has a row for each that counts, and C's rows are neighbours as
// well. For each of them two cache lines at ahead are fetched.
func gemmPairs() {
	function("gemmPairs", "func(a *float32, begins, counts *int, groups int, picks *int, lanes *[8][16]uint32, b, c *float32, ahead *float32, aheadStep uintptr)")
	inWide(func() {
		a, begins, counts, picks := Load(Param("a"), GP64()), Load(Param("begins"), GP64()), Load(Param("counts"), GP64()), Load(Param("picks"), GP64())
		groups, table, b := Load(Param("groups"), GP64()), Load(Param("lanes"), GP64()), Load(Param("b"), GP64())
		ahead, aheadStep := Load(Param("ahead"), GP64()), Load(Param("aheadStep"), GP64())
		sums, pairs := vecs(pairRows/2), vecs(pairRows/2)
		lanes, row, weights := vector(), vector(), vecs(2)
		zero(sums)
		group, left, pick := GP64(), GP64(), GP64()
		Label("group")
		MOVQ(Mem{Base: begins}, group)
		ADDQ(Imm(8), begins)
		ADDQ(a, group)
		for r, pair := range pairs { // the eight columns of two rows
			VMOVUPS(Mem{Base: group, Disp: 128 * r}, pair.AsY())
			VINSERTF32X8(Imm(1), Mem{Base: group, Disp: 128*r + 64}, pair, pair)
		}
		MOVQ(Mem{Base: counts}, left)
		ADDQ(Imm(8), counts)
		Label("column")
		MOVQ(Mem{Base: picks}, pick)
		ADDQ(Imm(8), picks)
		VMOVUPS(Mem{Base: table, Index: pick, Scale: 1}, lanes)
		VBROADCASTF32X8(Mem{Base: b}, row)
		ADDQ(Imm(lane), b)
		for range 2 {
			PREFETCHT1(Mem{Base: ahead})
			ADDQ(aheadStep, ahead)
		}
		for r, pair := range pairs {
			VPERMPS(pair, lanes, weights[r%2])
			VFMADD231PS(row, weights[r%2], sums[r])
		}
		DECQ(left)
		JNZ(LabelRef("column"))
		DECQ(groups)
		JNZ(LabelRef("group"))
		c := Load(Param("c"), GP64())
		for r, s := range sums {
			VMOVUPS(s, Mem{Base: c, Disp: vectorBytes() * r})
		}
		VZEROUPPER()
		RET()
	})
}
