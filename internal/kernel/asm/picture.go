package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What a weighted sum of bytes is made of: see package kernel's type Taps.
const (
	tapBytes     = 16 // that are taken at a time
	tapLines     = 4  // of bytes, of which the same sums are made
	tapFraction  = 22 // bits of a weight
	tapLowerBits = 11 // of a weight, which is two words
)

// pictures writes the kernels of images in bytes. There is enough for vectors of 32 bytes to do, and no more: both tables
// have them.
func pictures() {
	inOne(assembly, "weighBytes", "(dst *byte, step int, src *byte, line int, first *int, parts *int16, blocks, n int)", weighBytes)
	inOne(assembly, "mixChroma", "(dst *uint32, cb, cr, farCb, farCr *byte, n int)", mixChroma)
	inOne(assembly, "doubleChroma", "(dst, x *uint32, n int, even, odd uint32, bits int)", doubleChroma)
	inOne(assembly, "jfifToRGB", "(red, green, blue, luma *byte, chroma *uint32, n int)", jfifToRGB)
}

// weighBytes computes n sums of each of four lines, which lie line bytes apart. The four bytes of a sum are neighbours, those
// of two sums step bytes apart. A sum takes blocks times 16 bytes from its first on; their weights are 16 lower words and 16
// upper ones a block.
func weighBytes() {
	dst, step, line := parameter("dst"), parameter("step"), parameter("line")
	first, parts, n := parameter("first"), parameter("parts"), parameter("n")
	left, lines, half := GP64(), make([]reg.Register, tapLines), vector()
	lines[0] = parameter("src")
	for l := range lines[1:] {
		lines[l+1] = GP64()
		LEAQ(Mem{Base: lines[l], Index: line, Scale: 1}, lines[l+1])
	}
	at := line // whose register is free now
	VPBROADCASTD(constant(1<<(tapFraction-1)), half)
	lower, upper, sums, higher := vector(), vector(), vecs(tapLines), vecs(tapLines)
	repeat("sum", n, 1, func() {
		MOVQ(Mem{Base: first}, at)
		increase(first, 8)
		zero(sums)
		zero(higher)
		Load(Param("blocks"), left)
		repeat("block", left, 1, func() {
			VMOVDQU(Mem{Base: parts}, lower)
			VMOVDQU(Mem{Base: parts, Disp: 2 * tapBytes}, upper)
			for l := range lines {
				bytes, product := vector(), vector()
				VPMOVZXBW(Mem{Base: lines[l], Index: at, Scale: 1}, bytes)
				VPMADDWD(lower, bytes, product)
				VPADDD(product, sums[l], sums[l])
				VPMADDWD(upper, bytes, product)
				VPADDD(product, higher[l], higher[l])
			}
			increase(at, tapBytes)
			increase(parts, 4*tapBytes)
		})
		for l := range lines {
			VPSLLD(Imm(tapLowerBits), higher[l], higher[l])
			VPADDD(higher[l], sums[l], sums[l])
		}
		VPHADDD(sums[1], sums[0], sums[0])
		VPHADDD(sums[3], sums[2], sums[2])
		VPHADDD(sums[2], sums[0], sums[0]) // a dword of each line, in either half
		bytes := XMM()
		VEXTRACTI128(Imm(1), sums[0], bytes)
		VPADDD(sums[0].AsX(), bytes, bytes)
		VPADDD(half.AsX(), bytes, bytes)
		VPSRLD(Imm(tapFraction), bytes, bytes)
		VPACKUSDW(bytes, bytes, bytes)
		VPACKUSWB(bytes, bytes, bytes)
		VMOVD(bytes, Mem{Base: dst})
		ADDQ(step, dst)
	})
}

// mixChroma computes n values, a multiple of 8.
func mixChroma() {
	dst, n := parameter("dst"), parameter("n")
	cb, cr, farCb, farCr := parameter("cb"), parameter("cr"), parameter("farCb"), parameter("farCr")
	three := copied(constant(3<<16 | 3))
	// pairs has Cb in the lower words and Cr in the upper ones.
	pairs := func(cb, cr reg.Register) vec {
		low, high := vector(), vector()
		VPMOVZXBD(Mem{Base: cb}, low)
		VPMOVZXBD(Mem{Base: cr}, high)
		VPSLLD(Imm(16), high, high)
		VPADDD(high, low, low)
		return low
	}
	repeat("values", n, 8, func() {
		near, far := pairs(cb, cr), pairs(farCb, farCr)
		VPMULLW(three, near, near)
		VPADDW(far, near, near)
		VMOVDQU(near, Mem{Base: dst})
		for _, pointer := range []reg.Register{cb, cr, farCb, farCr} {
			increase(pointer, 8)
		}
		increase(dst, 32)
	})
}

// doubleChroma computes n pairs of values, a multiple of 8.
func doubleChroma() {
	dst, x, n := parameter("dst"), parameter("x"), parameter("n")
	three, even, odd, bits := copied(constant(3<<16|3)), vector(), vector(), XMM()
	for i, v := range []vec{even, odd} {
		VMOVD(Load(Param([]string{"even", "odd"}[i]), GP32()), v.AsX())
		VPBROADCASTD(v.AsX(), v)
	}
	VMOVQ(parameter("bits"), bits)
	repeat("pairs", n, 8, func() {
		here, first, second, low, high := vector(), vector(), vector(), vector(), vector()
		VPMULLW(Mem{Base: x, Disp: 4}, three, here)
		VPADDW(Mem{Base: x}, here, first)
		VPADDW(even, first, first)
		VPSRLW(bits, first, first)
		VPADDW(Mem{Base: x, Disp: 8}, here, second)
		VPADDW(odd, second, second)
		VPSRLW(bits, second, second)
		VPUNPCKLDQ(second, first, low)  // pairs 0, 1 and 4, 5
		VPUNPCKHDQ(second, first, high) // pairs 2, 3 and 6, 7
		VPERM2I128(Imm(0x20), high, low, first)
		VPERM2I128(Imm(0x31), high, low, second)
		VMOVDQU(first, Mem{Base: dst})
		VMOVDQU(second, Mem{Base: dst, Disp: 32})
		increase(x, 32)
		increase(dst, 64)
	})
}

// jfifToRGB converts n pixels, a multiple of 8. A product with a factor beyond 16 bits is one with what is left of it, and
// the whole part of the factor apart.
func jfifToRGB() {
	r, g, b := parameter("red"), parameter("green"), parameter("blue")
	luma, chroma, n := parameter("luma"), parameter("chroma"), parameter("n")
	words := func(u, v int16) vec { return copied(constant(uint32(uint16(v))<<16 | uint32(uint16(u)))) }
	zeroLevel, half := words(128, 128), copied(constant(1<<15))
	ofRed, ofGreen, ofBlue := words(0, 91881-1<<16), words(-22554, 1<<16-46802), words(116130-1<<17, 0)
	repeat("pixels", n, 8, func() {
		c, u, v, y := vector(), vector(), vector(), vector()
		VMOVDQU(Mem{Base: chroma}, c)
		VPSUBW(zeroLevel, c, c)
		VPSRAD(Imm(16), c, v)
		VPSLLD(Imm(16), c, u)
		VPSRAD(Imm(16), u, u)
		VPMOVZXBD(Mem{Base: luma}, y)
		fraction := func(factors vec) vec {
			p := vector()
			VPMADDWD(factors, c, p)
			VPADDD(half, p, p)
			VPSRAD(Imm(16), p, p)
			VPADDD(y, p, p)
			return p
		}
		p := fraction(ofRed)
		VPADDD(v, p, p)
		storeBytes(p, Mem{Base: r})
		p = fraction(ofGreen)
		VPSUBD(v, p, p)
		storeBytes(p, Mem{Base: g})
		p = fraction(ofBlue)
		VPADDD(u, p, p)
		VPADDD(u, p, p)
		storeBytes(p, Mem{Base: b})
		for _, pointer := range []reg.Register{r, g, b, luma} {
			increase(pointer, 8)
		}
		increase(chroma, 32)
	})
}
