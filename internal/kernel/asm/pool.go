package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// imageUnit divides the number of images that the kernels of convolutions take.
const imageUnit = 8

// imagesOfVectors loads n, the number of images. Where n leaves half of a vector of 16 empty, the kernel in AVX2 takes over.
func imagesOfVectors(name string) reg.Register {
	n := parameter("n")
	if lanes == 16 {
		TESTQ(U32(imageUnit), n)
		JZ(LabelRef("whole"))
		// Neither function has a frame, and both have the same parameters: this is a tail call.
		narrow := NewDataAddr(Symbol{Name: "·" + name + "AVX2"}, 0)
		Instruction(&ir.Instruction{Opcode: "JMP", Operands: []Op{narrow}, IsTerminal: true})
		Label("whole")
	}
	return n
}

// poolWindows finds the largest key of each window and image, the first among equals, NaN above all. It stores the key in y,
// its number in argmax and the value of rows at the same place in z. Windows are step bytes apart; taps are the offsets of
// a window's k keys in bytes.
func poolWindows() {
	name := "poolWindows"
	signature := "(y, z *float32, argmax *uint8, rows, key *float32, taps *uintptr, k, n, windows int, step uintptr)"
	inBoth(assembly, name, signature, func() {
		n := imagesOfVectors(name)
		y, z, argmax := parameter("y"), parameter("z"), parameter("argmax")
		rows, key, taps := parameter("rows"), parameter("key"), parameter("taps")
		windows, left, tap, tapsLeft, offset, skip := parameter("windows"), GP64(), GP64(), GP64(), GP64(), GP64()
		best, value, at, number, ones := vector(), vector(), vector(), vector(), vector()
		VPBROADCASTD(constant(1), ones)
		here := func(base reg.Register) Mem { return Mem{Base: base, Index: offset, Scale: 1} }
		repeat("window", windows, 1, func() {
			MOVQ(n, left)
			repeat("vector", left, lanes, func() {
				MOVQ(taps, tap)
				MOVQ(Mem{Base: tap}, offset)
				VMOVUPS(here(key), best)
				VMOVUPS(here(rows), value)
				zero([]vec{at, number})
				Load(Param("k"), tapsLeft)
				DECQ(tapsLeft)
				JZ(LabelRef("store"))
				repeat("tap", tapsLeft, 1, func() {
					increase(tap, 8)
					VPADDD(ones, number, number)
					MOVQ(Mem{Base: tap}, offset)
					takeLarger(best, value, at, number, here(key), here(rows))
				})
				Label("store")
				VMOVUPS(value, Mem{Base: z})
				VMOVUPS(best, Mem{Base: y}) // after z, which may be y
				storeBytes(at, Mem{Base: argmax})
				for _, p := range []reg.Register{y, z, key, rows} {
					increase(p, vectorBytes())
				}
				increase(argmax, lanes)
			})
			// Go to the next window: the step less the distance that was covered.
			MOVQ(n, left)
			SHLQ(Imm(2), left)
			Load(Param("step"), skip)
			SUBQ(left, skip)
			ADDQ(skip, key)
			ADDQ(skip, rows)
		})
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

// storeBytes stores a vector of dwords below 256 as bytes.
func storeBytes(v vec, to Mem) {
	if lanes == 16 {
		VPMOVDB(v, to)
		return
	}
	high := XMM()
	VEXTRACTI128(Imm(1), v, high)
	VPACKUSDW(high, v.AsX(), high)
	VPACKUSWB(high, high, high)
	VMOVQ(high, to)
}

// expand2x2 writes the gradients dy of a row of 2×2 windows to the places that argmax names, and 0 elsewhere. dz is two rows
// dzRow bytes apart, in each of which a window has two pixels of n images. In dy and argmax the n values of a window are
// followed by skip others.
func expand2x2() {
	name := "expand2x2"
	inBoth(assembly, name, "(dz *float32, dzRow uintptr, dy *float32, argmax *uint8, n, windows, skip int)", func() {
		n := imagesOfVectors(name)
		dz, dzRow, skip := parameter("dz"), parameter("dzRow"), parameter("skip")
		g, argmax := parameter("dy"), parameter("argmax")
		windows, left, pixel := parameter("windows"), GP64(), GP64()
		MOVQ(n, pixel)
		SHLQ(Imm(2), pixel) // bytes
		right, below := GP64(), GP64()
		numbers := vecs(positions)
		for q := range numbers {
			VPBROADCASTD(constant(uint32(q)), numbers[q])
		}
		gv, at, here := vector(), vector(), vector()
		repeat("window", windows, 1, func() {
			MOVQ(n, left)
			repeat("vector", left, lanes, func() {
				VMOVUPS(Mem{Base: g}, gv)
				VPMOVZXBD(Mem{Base: argmax}, at)
				LEAQ(Mem{Base: dz, Index: pixel, Scale: 1}, right)
				LEAQ(Mem{Base: dz, Index: dzRow, Scale: 1}, below)
				for q, to := range []Mem{{Base: dz}, {Base: right}, {Base: below}, {Base: below, Index: pixel, Scale: 1}} {
					if lanes == 16 {
						k := K()
						VPCMPEQD(numbers[q], at, k)
						VMOVAPS_Z(gv, k, here)
					} else {
						VPCMPEQD(numbers[q], at, here)
						VANDPS(here, gv, here)
					}
					VMOVUPS(here, to)
				}
				increase(dz, vectorBytes())
				increase(g, vectorBytes())
				increase(argmax, lanes)
			})
			ADDQ(pixel, dz) // the window's second
			ADDQ(skip, argmax)
			LEAQ(Mem{Base: g, Index: skip, Scale: 4}, g)
		})
	})
}
