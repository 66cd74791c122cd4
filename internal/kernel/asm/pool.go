package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// poolWindows finds the largest key of each window and image, the first among equals, NaN above all. It stores the key in y,
// its number in argmax and the value of rows at the same place in z. Windows are step bytes apart; taps are the offsets of
// a window's k keys in bytes.
func poolWindows() {
	name := "poolWindows"
	signature := "(y, z *float32, argmax *uint8, rows, key *float32, taps *uintptr, k, n, windows int, step uintptr)"
	inBoth(assembly, name, signature, func() {
		n := imagesOfVectors(name)
		y, z, argmax := Load(Param("y"), GP64()), Load(Param("z"), GP64()), Load(Param("argmax"), GP64())
		rows, key, taps := Load(Param("rows"), GP64()), Load(Param("key"), GP64()), Load(Param("taps"), GP64())
		windows, left, tap, tapsLeft, offset, skip := Load(Param("windows"), GP64()), GP64(), GP64(), GP64(), GP64(), GP64()
		best, value, at, number := vector(), vector(), vector(), vector()
		ones := vector()
		VPBROADCASTD(constant(1), ones)
		Label("window")
		MOVQ(n, left)
		Label("vector")
		MOVQ(taps, tap)
		MOVQ(Mem{Base: tap}, offset)
		VMOVUPS(Mem{Base: key, Index: offset, Scale: 1}, best)
		VMOVUPS(Mem{Base: rows, Index: offset, Scale: 1}, value)
		VXORPS(at, at, at)
		VXORPS(number, number, number)
		Load(Param("k"), tapsLeft)
		DECQ(tapsLeft)
		JZ(LabelRef("store"))
		Label("tap")
		ADDQ(Imm(8), tap)
		VPADDD(ones, number, number)
		MOVQ(Mem{Base: tap}, offset)
		here := func(base reg.Register) Mem { return Mem{Base: base, Index: offset, Scale: 1} }
		takeLarger(best, value, at, number, here(key), here(rows))
		DECQ(tapsLeft)
		JNZ(LabelRef("tap"))
		Label("store")
		VMOVUPS(value, Mem{Base: z})
		VMOVUPS(best, Mem{Base: y}) // after z, which may be y
		storeBytes(at, Mem{Base: argmax})
		for _, p := range []reg.Register{y, z, key, rows} {
			ADDQ(Imm(uint64(vectorBytes())), p)
		}
		ADDQ(Imm(uint64(lanes)), argmax)
		SUBQ(Imm(uint64(lanes)), left)
		JNZ(LabelRef("vector"))
		// Go to the next window: the step less the distance that was covered.
		MOVQ(n, left)
		SHLQ(Imm(2), left)
		Load(Param("step"), skip)
		SUBQ(left, skip)
		ADDQ(skip, key)
		ADDQ(skip, rows)
		DECQ(windows)
		JNZ(LabelRef("window"))
	})
}

// takeLarger sets best to the key, value to its row and at to its number, where the key is larger or NaN.
func takeLarger(best, value, at, number vec, key, row Mem) {
	v := vector()
	VMOVUPS(key, v)
	larger, unordered := Imm(0x1e), Imm(0x03)
	if lanes == 16 {
		chosen, nan := K(), K()
		VCMPPS(larger, best, v, chosen)
		VCMPPS(unordered, v, v, nan)
		KORW(nan, chosen, chosen)
		VMOVAPS(v, chosen, best)
		VMOVUPS(row, chosen, value)
		VMOVAPS(number, chosen, at)
		return
	}
	chosen, nan := YMM(), YMM()
	VCMPPS(larger, best, v, chosen)
	VCMPPS(unordered, v, v, nan)
	VORPS(nan, chosen, chosen)
	VBLENDVPS(chosen, v, best, best)
	VBLENDVPS(chosen, row, value, value)
	VBLENDVPS(chosen, number, at, at)
}
