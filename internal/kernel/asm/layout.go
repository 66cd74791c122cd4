package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// This file writes the kernels that move numbers without computing.

// transposeTiles writes a kernel that transposes a multiple of 8 rows and columns. Strides are in bytes.
func transposeTiles() {
	inOne(assembly, "transposeTiles", "(dst *float32, rowDst uintptr, src *float32, rowSrc uintptr, rows, columns int)", func() {
		dst, src, rowDst, rowSrc := parameter("dst"), parameter("src"), parameter("rowDst"), parameter("rowSrc")
		rows, columns := parameter("rows"), GP64()
		repeat("rows", rows, 8, func() {
			from, to := GP64(), GP64()
			MOVQ(src, from)
			MOVQ(dst, to)
			Load(Param("columns"), columns)
			repeat("columns", columns, 8, func() {
				below := GP64() // the next rows
				LEAQ(Mem{Base: from, Index: rowSrc, Scale: 8}, below)
				next := rowsOf(below, rowSrc, 8)
				for i := range 8 {
					PREFETCHT0(next.at(i))
				}
				transpose8x8(rowsOf(from, rowSrc, 8), rowsOf(to, rowDst, 8))
				increase(from, lane)
				LEAQ(Mem{Base: to, Index: rowDst, Scale: 8}, to)
			})
			LEAQ(Mem{Base: src, Index: rowSrc, Scale: 8}, src)
			increase(dst, lane)
		})
	})
}

// transpose8x8 takes rows i and i+4 side by side, columns 0 to 3 and then 4 to 7, and turns pairs of them, then fours.
func transpose8x8(in, out rowPointers) {
	for half := range 2 {
		x, y := vecs(4), vecs(4)
		for i := range x {
			low, high := in.at(i), in.at(i+4)
			low.Disp, high.Disp = half*lane/2, half*lane/2
			VMOVUPS(low, x[i].AsX())
			VINSERTF128(Imm(1), high, x[i], x[i])
		}
		for i := 0; i < 4; i += 2 {
			VUNPCKLPS(x[i+1], x[i], y[i])
			VUNPCKHPS(x[i+1], x[i], y[i+1])
		}
		for k := range 2 {
			VSHUFPS(Imm(0x44), y[2+k], y[k], x[2*k])
			VSHUFPS(Imm(0xee), y[2+k], y[k], x[2*k+1])
		}
		for i := range x {
			VMOVUPS(x[i], out.at(4*half+i))
		}
	}
}

// expandLanes writes a kernel that writes rows of 16 numbers, one behind the other. Of each the first eight are picked from
// eight at low, by the distances in from, and the others from eight at high; they are 0 where mask is. The rows of low and
// high are row bytes apart.
func expandLanes() {
	inOne(assembly, "expandLanes", "(dst, low, high *float32, row uintptr, rows int, from, mask *[16]int32)", func() {
		dst, row, rows := parameter("dst"), parameter("row"), parameter("rows")
		halves := []reg.Register{parameter("low"), parameter("high")}
		from, mask := parameter("from"), parameter("mask")
		where, live := vecs(2), vecs(2)
		for half := range 2 {
			VMOVUPS(Mem{Base: from, Disp: half * lane}, where[half])
			VMOVUPS(Mem{Base: mask, Disp: half * lane}, live[half])
		}
		repeat("row", rows, 1, func() {
			for half, at := range halves {
				v := vector()
				VPERMPS(Mem{Base: at}, where[half], v)
				VANDPS(live[half], v, v)
				VMOVUPS(v, Mem{Base: dst, Disp: half * lane})
				ADDQ(row, at)
			}
			increase(dst, 2*lane)
		})
	})
}
