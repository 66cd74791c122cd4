package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// This file writes the forward pass of convolutions. N images are innermost, so that a vector holds the images of one
// position; F is filters, and a tap is one of the C·Size·Size values that a filter sees.

// positions is the number of output positions in a tile of the convolution, each for a vector of images.
const positions = 4

// tileFilters is the most filters in a tile: their sums fill twelve registers in AVX2 and sixteen in AVX-512, where more are
// no faster.
func tileFilters() int {
	if lanes == 16 {
		return 4
	}
	return 3
}

// convolutions writes the kernels of convolutions and tells package kernel the size of their tiles.
func convolutions() {
	convolution("convMax", "argmax *uint8", storeLargest)
	eachSet(func() { fill(assembly, "tileFilters", "int", fmt.Sprint(tileFilters())) })
	convolution("convRows", "to *[4]uintptr", storeRows)
}

// convolution writes a kernel that sums the taps of some filters at four positions, tile by tile, and passes each tile's
// sums to the function that begin returns. Only the first images of a vector are stored. The weights of a tile are
// (taps, filters), and the tiles follow each other; the last has the filters that are left. Taps and positions are offsets
// in bytes into x. The filters of z are zFilter bytes apart.
func convolution(name, params string, begin func(z, zFilter reg.Register) finishTile) {
	signature := "(x *float32, at *[4]uintptr, images int, taps *uintptr, n int, w, bias *float32, filters int, " +
		"z *float32, zFilter uintptr, " + params + ")"
	inBoth(assembly, name, signature, func() {
		from := pointers(parameter("x"), parameter("at"), positions)
		var part reg.Register // of the images
		if lanes == 16 {
			part = K()
			firstLanes(parameter("images"), part)
		}
		w, filters := parameter("w"), parameter("filters")
		z, zFilter, bias := parameter("z"), parameter("zFilter"), parameter("bias")
		finish := begin(z, zFilter)
		group := func(width int) string { return fmt.Sprint("group", width) }
		for width := tileFilters(); width > 0; width-- {
			Label(group(width))
			CMPQ(filters, Imm(uint64(width)))
			JLT(LabelRef(group(width - 1)))
			finish(sumsOfTile(from, w, width), bias, part)
			increase(bias, 4*width)
			SUBQ(Imm(uint64(width)), filters)
			JMP(LabelRef(group(width)))
		}
		Label(group(0))
	})
}

// sumsOfTile computes Σ w·x over the taps for some filters, each at the positions from.
func sumsOfTile(from []reg.Register, w reg.Register, filters int) [][]vec {
	sums := make([][]vec, filters)
	for f := range sums {
		sums[f] = vecs(positions)
		zero(sums[f])
	}
	taps, n, offset := parameter("taps"), parameter("n"), GP64()
	repeat(fmt.Sprint("tap", filters), n, 1, func() {
		MOVQ(Mem{Base: taps}, offset)
		ws, xv := vecs(filters), vector()
		for f := range ws {
			VBROADCASTSS(Mem{Base: w, Disp: 4 * f}, ws[f])
		}
		for q := range from {
			VMOVUPS(Mem{Base: from[q], Index: offset, Scale: 1}, xv)
			for f := range ws {
				VFMADD231PS(xv, ws[f], sums[f][q])
			}
		}
		increase(taps, 8)
		increase(w, 4*filters)
	})
	return sums
}

// finishTile stores the sums of some filters at the four positions, or only the images of part, and goes past the filters.
type finishTile func(sums [][]vec, bias, part reg.Register)

// storeRows stores the convolution at four positions: z[filter·zFilter + to[q]] = bias + Σ w·x.
func storeRows(z, zFilter reg.Register) finishTile {
	to := parameter("to")
	return func(sums [][]vec, bias, part reg.Register) {
		b, offset := vector(), GP64()
		for f := range sums {
			VBROADCASTSS(Mem{Base: bias, Disp: 4 * f}, b)
			for q, s := range sums[f] {
				VADDPS(b, s, s)
				MOVQ(Mem{Base: to, Disp: 8 * q}, offset)
				store(s, part, Mem{Base: z, Index: offset, Scale: 1})
			}
			ADDQ(zFilter, z)
		}
	}
}

// storeLargest stores the largest of the four sums and its number, the first among equals, NaN above all. The filters of
// argmax are a quarter of zFilter apart.
func storeLargest(z, zFilter reg.Register) finishTile {
	argmax, argmaxFilter := parameter("argmax"), GP64()
	MOVQ(zFilter, argmaxFilter)
	SHRQ(Imm(2), argmaxFilter)
	largest := largestOf
	if lanes == 16 {
		largest = largestOfWide
	}
	return func(sums [][]vec, bias, part reg.Register) {
		for f, s := range sums {
			largest(s, Mem{Base: bias, Disp: 4 * f}, part, Mem{Base: z}, Mem{Base: argmax})
			ADDQ(zFilter, z)
			ADDQ(argmaxFilter, argmax)
		}
	}
}

// largestOf stores the largest of the four sums, with the bias added, and its number.
func largestOf(s []vec, bias Mem, _ reg.Register, z, argmax Mem) {
	greater, unordered := Imm(0x1e), Imm(0x03)
	first, second := constant(1), constant(2)
	odd, top, nan := YMM(), YMM(), YMM()
	VCMPPS(unordered, s[0], s[1], nan)
	VCMPPS(unordered, s[2], s[3], odd)
	VORPS(odd, nan, nan)
	VCMPPS(greater, s[0], s[1], odd) // s1 > s0: number 1
	VMAXPS(s[0], s[1], s[0])
	VANDPS(first, odd, odd)
	VCMPPS(greater, s[2], s[3], top) // s3 > s2: number 3
	VMAXPS(s[2], s[3], s[2])
	VANDPS(first, top, top)
	VPADDD(second, top, top)
	VCMPPS(greater, s[0], s[2], s[1]) // the lower pair's is larger
	VBLENDVPS(s[1], top, odd, odd)
	VMAXPS(s[0], s[2], s[0])
	VORPS(nan, s[0], s[0])
	VBROADCASTSS(bias, top)
	VADDPS(top, s[0], s[0])
	VMOVUPS(s[0], z)
	storeBytes(odd, argmax)
}

// largestOfWide is largestOf in AVX-512; it stores only the images of part.
func largestOfWide(s []vec, bias Mem, part reg.Register, z, argmax Mem) {
	greater, ordered := Imm(0x1e), Imm(0x07)
	defined, odd, below := K(), K(), K()
	upper, lower, top, number := vector(), vector(), vector(), XMM()
	VCMPPS(ordered, s[0], s[1], defined)
	VCMPPS(ordered, s[2], s[3], defined, defined)
	VCMPPS(greater, s[0], s[1], odd) // s1 > s0: number 1
	VMOVDQU8_Z(constant(0x01010101), odd, number)
	VMAXPS(s[0], s[1], upper)
	VMAXPS(s[2], s[3], lower)
	VCMPPS(greater, upper, lower, below) // the lower pair's is larger: number 2
	VMOVDQU8(constant(0x02020202), below, number)
	VCMPPS(greater, s[2], s[3], below, odd) // and s3 > s2: number 3
	VMOVDQU8(constant(0x03030303), odd, number)
	VMAXPS(upper, lower, upper)
	VBROADCASTSS(bias, lower)
	VMOVUPS(constant(math.MaxUint32), top) // NaN
	VADDPS(lower, upper, defined, top)
	VMOVUPS(top, part, z)
	VMOVDQU8(number, part, argmax)
}
