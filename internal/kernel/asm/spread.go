package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// spreadColumns writes rows of 16 numbers, one after the other, of which each four are those of src, from where they
// begin in bytes, that lanes say and mask selects, and 0 elsewhere. Rows of src are rowSrc bytes apart.
func spreadColumns() {
	function("spreadColumns", "func(dst, src *float32, rowSrc uintptr, rows int, begins *[4]int, lanes, mask *[16]int32)")
	dst, src, rowSrc, rows := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("rowSrc"), GP64()), Load(Param("rows"), GP64())
	begins, lanes, mask := Load(Param("begins"), GP64()), Load(Param("lanes"), GP64()), Load(Param("mask"), GP64())
	fours, where, chosen := make([]reg.Register, 4), vecs(2), vecs(2)
	for i := range fours {
		fours[i] = GP64()
		MOVQ(Mem{Base: begins, Disp: 8 * i}, fours[i])
	}
	for half := range 2 {
		VMOVUPS(Mem{Base: lanes, Disp: half * lane}, where[half])
		VMOVUPS(Mem{Base: mask, Disp: half * lane}, chosen[half])
	}
	Label("row")
	for half := range 2 {
		v := vector()
		VMOVUPS(Mem{Base: src, Index: fours[2*half], Scale: 1}, v.AsX())
		VINSERTF128(Imm(1), Mem{Base: src, Index: fours[2*half+1], Scale: 1}, v, v)
		VPERMILPS(where[half], v, v)
		VANDPS(chosen[half], v, v)
		VMOVUPS(v, Mem{Base: dst, Disp: half * lane})
	}
	ADDQ(rowSrc, src)
	ADDQ(Imm(2*lane), dst)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
