package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

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

// convolution writes a kernel that sums the taps of some filters at four positions, tile by tile, and passes each tile's
// sums to the function that begin returns. Only the first images of a vector are stored. The weights of a tile are (taps,
// filters), and the tiles follow each other; the last has the filters that are left. Taps and positions are offsets in
// bytes into x.
func convolution(name, params string, begin func() func(sums [][]vec, part reg.Register)) {
	signature := "(x *float32, at *[4]uintptr, images int, taps *uintptr, n int, w, bias *float32, filters int, " +
		"z *float32, zFilter uintptr, " + params + ")"
	inBoth(assembly, name, signature, func() {
		fill(assembly, "tileFilters", "int", fmt.Sprint(tileFilters()))
		x := Load(Param("x"), GP64())
		at := Load(Param("at"), GP64())
		var from [positions]reg.GPVirtual
		for q := range from {
			from[q] = GP64()
			MOVQ(Mem{Base: at, Disp: 8 * q}, from[q])
			ADDQ(x, from[q])
		}
		var part reg.Register // of the images
		if lanes == 16 {
			part = K()
			firstLanes(Load(Param("images"), GP64()), part)
		}
		w, filters := Load(Param("w"), GP64()), Load(Param("filters"), GP64())
		finish := begin()
		group := func(width int) string { return fmt.Sprint("group", width) }
		for width := tileFilters(); width > 0; width-- {
			Label(group(width))
			CMPQ(filters, Imm(uint64(width)))
			JLT(LabelRef(group(width - 1)))
			sums := make([][]vec, width)
			for f := range sums {
				sums[f] = vecs(positions)
				zero(sums[f])
			}
			taps, n, offset := Load(Param("taps"), GP64()), Load(Param("n"), GP64()), GP64()
			tap := fmt.Sprint("tap", width)
			Label(tap)
			MOVQ(Mem{Base: taps}, offset)
			ws, xv := vecs(width), vector()
			for f := range ws {
				VBROADCASTSS(Mem{Base: w, Disp: 4 * f}, ws[f])
			}
			for q := range from {
				VMOVUPS(Mem{Base: from[q], Index: offset, Scale: 1}, xv)
				for f := range ws {
					VFMADD231PS(xv, ws[f], sums[f][q])
				}
			}
			ADDQ(Imm(8), taps)
			ADDQ(Imm(uint64(4*width)), w)
			DECQ(n)
			JNZ(LabelRef(tap))
			finish(sums, part)
			SUBQ(Imm(uint64(width)), filters)
			JMP(LabelRef(group(width)))
		}
		Label(group(0))
	})
}

// convRows stores the convolution at four positions: z[filter·zFilter + to[q]] = bias + Σ w·x.
func convRows() {
	convolution("convRows", "to *[4]uintptr", func() func([][]vec, reg.Register) {
		z, zFilter := Load(Param("z"), GP64()), Load(Param("zFilter"), GP64())
		bias, to := Load(Param("bias"), GP64()), Load(Param("to"), GP64())
		return func(sums [][]vec, part reg.Register) {
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
			ADDQ(Imm(uint64(4*len(sums))), bias)
		}
	})
}

// convMax stores the largest of the four sums and its number, the first among equals, NaN above all. The filters of z are
// zFilter bytes apart, those of argmax a quarter of that.
func convMax() {
	convolution("convMax", "argmax *uint8", func() func([][]vec, reg.Register) {
		z, zFilter := Load(Param("z"), GP64()), Load(Param("zFilter"), GP64())
		bias, argmax := Load(Param("bias"), GP64()), Load(Param("argmax"), GP64())
		argmaxFilter := GP64()
		MOVQ(zFilter, argmaxFilter)
		SHRQ(Imm(2), argmaxFilter)
		return func(sums [][]vec, part reg.Register) {
			for f, s := range sums {
				largest := largestOf
				if lanes == 16 {
					largest = largestOfWide
				}
				largest(s, Mem{Base: bias, Disp: 4 * f}, part, Mem{Base: z}, Mem{Base: argmax})
				ADDQ(zFilter, z)
				ADDQ(argmaxFilter, argmax)
			}
			ADDQ(Imm(uint64(4*len(sums))), bias)
		}
	})
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

// convDots writes the kernels of the weights' gradient. In AVX-512 they take filters in pairs; a single filter is left to
// AVX2.
func convDots() {
	tile := func(filters int, row []string) string {
		return fmt.Sprintf("{%d, %s}", filters, list("[]dotKernel", row))
	}
	row := func(filters, taps int) (names []string) {
		for t := 1; t <= taps; t++ {
			name := fmt.Sprintf("convDot%dx%d", filters, t)
			names = append(names, function(name, dotSignature, func() { convDot(filters, t) }))
		}
		return names
	}
	one := tile(1, row(1, 4))
	eachSet(func() {
		tiles := []string{"{}", one} // by the number of filters that are left
		if lanes == 8 {
			tiles = append(tiles, tile(2, row(2, 4)), tile(3, row(3, 4)))
		} else {
			for filters := 2; filters <= 8; filters += 2 {
				t := tile(filters, row(filters, 6))
				tiles = append(tiles, t, t)
			}
			tiles = tiles[:len(tiles)-1]
		}
		fill(assembly, "dots", "[]dotTile", list("[]dotTile", tiles))
	})
}

const dotSignature = "(dw *float32, dwFilter uintptr, dz *float32, dzFilter, dzRow uintptr, " +
	"x *float32, taps *uintptr, xRow uintptr, n, rows int)"

// convDot writes a kernel that adds to dw[f·dwFilter + t] the sum of dz[f]·x[tap t] over rows of n vectors of eight: the
// gradient of some filters' weights from a band of dz. Rows are dzRow and xRow bytes apart. In AVX-512 a vector holds the
// eight sums of a filter and those of the next.
func convDot(filters, taps int) {
	dz := rowsOf(Load(Param("dz"), GP64()), Load(Param("dzFilter"), GP64()), filters)
	x, list := Load(Param("x"), GP64()), Load(Param("taps"), GP64())
	from := make([]reg.GPVirtual, taps)
	for t := range from {
		from[t] = GP64()
		MOVQ(Mem{Base: list, Disp: 8 * t}, from[t])
		ADDQ(x, from[t])
	}
	i, end, rows := GP64(), GP64(), AllocLocal(8)
	Load(Param("rows"), end)
	MOVQ(end, rows)
	xv, d := vector(), vecs(filters*8/lanes)
	sums := vecs(len(d) * taps)
	zero(sums)
	Label("row")
	Load(Param("n"), end)
	SHLQ(Imm(5), end)
	XORQ(i, i)
	Label("vector")
	for k := range d {
		if lanes == 16 {
			VMOVUPS(dz.at(2*k), d[k].AsY())
			VINSERTF32X8(Imm(1), dz.at(2*k+1), d[k], d[k])
		} else {
			VMOVUPS(dz.at(k), d[k])
		}
	}
	for t := range from {
		eight := Mem{Base: from[t], Index: i, Scale: 1}
		if lanes == 16 {
			VBROADCASTF32X8(eight, xv)
		} else {
			VMOVUPS(eight, xv)
		}
		for k := range d {
			VFMADD231PS(xv, d[k], sums[k*taps+t])
		}
	}
	for _, b := range dz.bases {
		ADDQ(Imm(lane), b)
	}
	ADDQ(Imm(lane), i)
	CMPQ(i, end)
	JNE(LabelRef("vector"))
	// Go to the next row: the stride less the distance that was covered.
	Load(Param("dzRow"), end)
	SUBQ(i, end)
	dz.advance(end, 1)
	Load(Param("xRow"), end)
	for t := range from {
		ADDQ(end, from[t])
	}
	DECQ(rows)
	JNZ(LabelRef("row"))

	dw, dwFilter := Load(Param("dw"), GP64()), Load(Param("dwFilter"), GP64())
	for k := range d {
		if lanes == 16 {
			addPair(sums[k*taps:][:taps], dw, dwFilter)
			ADDQ(dwFilter, dw)
		} else {
			for t := range taps {
				s := horizontalSum(sums[k*taps+t])
				VADDSS(Mem{Base: dw, Disp: 4 * t}, s, s)
				VMOVSS(s, Mem{Base: dw, Disp: 4 * t})
			}
		}
		ADDQ(dwFilter, dw)
	}
}

// horizontalSum adds the eight lanes of v, pairs first.
func horizontalSum(v reg.VecVirtual) reg.VecVirtual {
	high := XMM()
	VEXTRACTF128(Imm(1), v, high)
	VADDPS(v.AsX(), high, high)
	VHADDPS(high, high, high)
	VHADDPS(high, high, high)
	return high
}

// addPair adds the horizontal sums of the halves of up to eight vectors to dw: those of the lower halves at dw, those of the
// upper halves dwFilter bytes further on. It adds in the order of horizontalSum.
func addPair(sums []vec, dw, dwFilter reg.Register) {
	at := func(i int) vec { return sums[min(i, len(sums)-1)] }
	quarters := func(a, b vec) vec {
		high, low := ZMM(), ZMM()
		VSHUFF32X4(U8(0xdd), b, a, high)
		VSHUFF32X4(U8(0x88), b, a, low)
		VADDPS(low, high, high)
		return high
	}
	pairs := func(a, b vec) vec {
		first, second := ZMM(), ZMM()
		VSHUFPS(U8(0x88), b, a, first)
		VSHUFPS(U8(0xdd), b, a, second)
		VADDPS(second, first, first)
		return first
	}
	all := pairs(pairs(quarters(at(0), at(4)), quarters(at(1), at(5))), pairs(quarters(at(2), at(6)), quarters(at(3), at(7))))
	for q := range 4 { // the first four of the lower halves, of the upper, then the others
		n := min(4, len(sums)-q/2*4)
		if n <= 0 {
			continue
		}
		to := Mem{Base: dw, Disp: q / 2 * 16}
		if q%2 == 1 {
			to.Index, to.Scale = dwFilter, 1
		}
		four, bits, part := XMM(), GP32(), K()
		VEXTRACTF32X4(Imm(uint64(q)), all, four)
		MOVL(U32(1<<n-1), bits)
		KMOVW(bits, part)
		VADDPS_Z(to, four, part, four)
		store(four, part, to)
	}
}

// expand2x2 writes the gradients dy of a row of 2×2 windows to the places that argmax names, and 0 elsewhere. dz is two rows
// dzRow bytes apart, in each of which a window has two pixels of n images. In dy and argmax the n values of a window are
// followed by skip others.
func expand2x2() {
	name := "expand2x2"
	inBoth(assembly, name, "(dz *float32, dzRow uintptr, dy *float32, argmax *uint8, n, windows, skip int)", func() {
		n := imagesOfVectors(name)
		dz, dzRow, skip := Load(Param("dz"), GP64()), Load(Param("dzRow"), GP64()), Load(Param("skip"), GP64())
		g, argmax := Load(Param("dy"), GP64()), Load(Param("argmax"), GP64())
		windows, left, pixel := Load(Param("windows"), GP64()), GP64(), GP64()
		MOVQ(n, pixel)
		SHLQ(Imm(2), pixel) // bytes
		right, below := GP64(), GP64()
		numbers := vecs(positions)
		for q := range numbers {
			VPBROADCASTD(constant(uint32(q)), numbers[q])
		}
		gv, at, here := vector(), vector(), vector()
		Label("window")
		MOVQ(n, left)
		Label("vector")
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
		ADDQ(Imm(uint64(vectorBytes())), dz)
		ADDQ(Imm(uint64(vectorBytes())), g)
		ADDQ(Imm(uint64(lanes)), argmax)
		SUBQ(Imm(uint64(lanes)), left)
		JNZ(LabelRef("vector"))
		ADDQ(pixel, dz) // the window's second
		ADDQ(skip, argmax)
		LEAQ(Mem{Base: g, Index: skip, Scale: 4}, g)
		DECQ(windows)
		JNZ(LabelRef("window"))
	})
}

// imageUnit divides the number of images that the kernels of convolutions take.
const imageUnit = 8

// imagesOfVectors loads n, the number of images. Where n leaves half of a vector of 16 empty, the kernel in AVX2 takes over.
func imagesOfVectors(name string) reg.Register {
	n := Load(Param("n"), GP64())
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
