package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// expandLanes writes a kernel that writes rows of 16 numbers, one behind the other. Of each the first eight are picked from
// eight at low, by the distances in from, and the others from eight at high; they are 0 where mask is. The rows of low and
// high are row bytes apart.
func expandLanes() {
	inOne(assembly, "expandLanes", "(dst, low, high *float32, row uintptr, rows int, from, mask *[16]int32)", func() {
		dst, row, rows := Load(Param("dst"), GP64()), Load(Param("row"), GP64()), Load(Param("rows"), GP64())
		halves := []reg.Register{Load(Param("low"), GP64()), Load(Param("high"), GP64())}
		from, mask := Load(Param("from"), GP64()), Load(Param("mask"), GP64())
		where, live := vecs(2), vecs(2)
		for half := range 2 {
			VMOVUPS(Mem{Base: from, Disp: half * lane}, where[half])
			VMOVUPS(Mem{Base: mask, Disp: half * lane}, live[half])
		}
		Label("row")
		for half, at := range halves {
			v := vector()
			VPERMPS(Mem{Base: at}, where[half], v)
			VANDPS(live[half], v, v)
			VMOVUPS(v, Mem{Base: dst, Disp: half * lane})
			ADDQ(row, at)
		}
		ADDQ(Imm(2*lane), dst)
		DECQ(rows)
		JNZ(LabelRef("row"))
	})
}
