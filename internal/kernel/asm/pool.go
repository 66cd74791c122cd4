package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// poolWindows picks from each of a row of windows, step bytes apart, for each of n vectors of images, the largest
// key as y, its number as argmax and the value of rows there as z: the first among equals, but NaN above all. Taps
// are where a window's keys lie, in bytes from its corner.
func poolWindows() {
	function("poolWindows", "func(y, z *float32, argmax *uint8, rows, key *float32, taps *uintptr, k, n, windows int, step uintptr)")
	y, z, argmax := Load(Param("y"), GP64()), Load(Param("z"), GP64()), Load(Param("argmax"), GP64())
	rows, key, taps := Load(Param("rows"), GP64()), Load(Param("key"), GP64()), Load(Param("taps"), GP64())
	windows, n, tap, left, offset, skip := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	Load(Param("windows"), windows)
	best, value, at := YMM(), YMM(), YMM()
	v, chosen, nan, number := YMM(), YMM(), YMM(), YMM()
	ones := copied(constant(1))
	Label("window")
	Load(Param("n"), n)
	Label("vector")
	MOVQ(taps, tap)
	MOVQ(Mem{Base: tap}, offset)
	VMOVUPS(Mem{Base: key, Index: offset, Scale: 1}, best)
	VMOVUPS(Mem{Base: rows, Index: offset, Scale: 1}, value)
	VXORPS(at, at, at)
	VXORPS(number, number, number)
	Load(Param("k"), left)
	DECQ(left)
	JZ(LabelRef("store"))
	Label("tap")
	ADDQ(Imm(8), tap)
	VPADDD(ones, number, number)
	MOVQ(Mem{Base: tap}, offset)
	VMOVUPS(Mem{Base: key, Index: offset, Scale: 1}, v)
	VCMPPS(Imm(0x1e), best, v, chosen) // v > best
	VCMPPS(Imm(0x03), v, v, nan)
	VORPS(nan, chosen, chosen)
	VBLENDVPS(chosen, v, best, best)
	VBLENDVPS(chosen, Mem{Base: rows, Index: offset, Scale: 1}, value, value)
	VBLENDVPS(chosen, number, at, at)
	DECQ(left)
	JNZ(LabelRef("tap"))
	Label("store")
	VMOVUPS(value, Mem{Base: z})
	VMOVUPS(best, Mem{Base: y}) // after z, which may be y
	storeBytes(at, argmax)
	for _, p := range []reg.Register{y, z, key, rows} {
		ADDQ(Imm(lane), p)
	}
	ADDQ(Imm(8), argmax)
	DECQ(n)
	JNZ(LabelRef("vector"))
	// On to the next window: the step less what was walked.
	Load(Param("n"), n)
	SHLQ(Imm(5), n)
	Load(Param("step"), skip)
	SUBQ(n, skip)
	ADDQ(skip, key)
	ADDQ(skip, rows)
	DECQ(windows)
	JNZ(LabelRef("window"))
	VZEROUPPER()
	RET()
}
