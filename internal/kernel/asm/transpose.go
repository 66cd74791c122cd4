package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// transposeTiles writes a kernel that transposes a multiple of 8 rows and columns. Strides are in bytes.
func transposeTiles() {
	inOne(assembly, "transposeTiles", "(dst *float32, rowDst uintptr, src *float32, rowSrc uintptr, rows, columns int)", transposeBody)
}

func transposeBody() {
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	rowDst, rowSrc := Load(Param("rowDst"), GP64()), Load(Param("rowSrc"), GP64())
	rows, columns := Load(Param("rows"), GP64()), GP64()
	Label("rows")
	from, to := GP64(), GP64()
	MOVQ(src, from)
	MOVQ(dst, to)
	Load(Param("columns"), columns)
	Label("columns")
	below := GP64() // the next rows
	LEAQ(Mem{Base: from, Index: rowSrc, Scale: 8}, below)
	next := rowsOf(below, rowSrc, 8)
	for i := range 8 {
		PREFETCHT0(next.at(i))
	}
	in, out := rowsOf(from, rowSrc, 8), rowsOf(to, rowDst, 8)
	for half := range 2 { // rows i and i+4 side by side, columns 0 to 3 and then 4 to 7; pairs of them, and fours
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
	ADDQ(Imm(lane), from)
	LEAQ(Mem{Base: to, Index: rowDst, Scale: 8}, to)
	SUBQ(Imm(8), columns)
	JNZ(LabelRef("columns"))
	LEAQ(Mem{Base: src, Index: rowSrc, Scale: 8}, src)
	ADDQ(Imm(lane), dst)
	SUBQ(Imm(8), rows)
	JNZ(LabelRef("rows"))
}
