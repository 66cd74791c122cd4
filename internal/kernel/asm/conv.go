package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// positions is how many places of the output a convolution tile computes at once; with eight images
// and up to three filters they fill twelve registers.
const positions = 4

// convTile begins a convolution kernel: for each of a number of groups of filters it sums the taps at
// four positions into registers, for eight images, and hands the sums to finish. The weights of a
// group lie (taps, filters), those of the groups after each other. Taps and positions are offsets in
// bytes into x.
func convTile(filters int, finish func(sums [][]reg.VecVirtual, temps []reg.VecVirtual)) {
	x := Load(Param("x"), GP64())
	at := Load(Param("at"), GP64())
	var from [positions]reg.GPVirtual
	for q := range from {
		from[q] = GP64()
		MOVQ(Mem{Base: at, Disp: 8 * q}, from[q])
		ADDQ(x, from[q])
	}
	w := Load(Param("w"), GP64())
	groups := GP64()
	Load(Param("groups"), groups)
	sums := make([][]reg.VecVirtual, filters)
	for f := range sums {
		sums[f] = vecs(positions)
	}
	ws, xv := vecs(filters), YMM()
	Label("group")
	for f := range sums {
		zero(sums[f])
	}
	taps, n, offset := GP64(), GP64(), GP64()
	Load(Param("taps"), taps)
	Load(Param("n"), n)
	Label("tap")
	MOVQ(Mem{Base: taps}, offset)
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
	ADDQ(Imm(uint64(4*filters)), w)
	DECQ(n)
	JNZ(LabelRef("tap"))
	finish(sums, append(ws, xv))
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

const convParams = "x *float32, at *[4]uintptr, taps *uintptr, n int, w, bias *float32, groups int"

// convRows stores the convolution at four positions: z[filter·zFilter + to[q]] = bias + Σ w·x.
func convRows(filters int) {
	function(fmt.Sprintf("convRows%d", filters), "func("+convParams+", z *float32, zFilter uintptr, to *[4]uintptr)")
	z, zFilter, bias, to := GP64(), GP64(), GP64(), GP64()
	Load(Param("z"), z)
	Load(Param("zFilter"), zFilter)
	Load(Param("bias"), bias)
	Load(Param("to"), to)
	convTile(filters, func(sums [][]reg.VecVirtual, temps []reg.VecVirtual) {
		b, offset := temps[0], GP64()
		for f := range sums {
			VBROADCASTSS(Mem{Base: bias, Disp: 4 * f}, b)
			for q, s := range sums[f] {
				VADDPS(b, s, s)
				MOVQ(Mem{Base: to, Disp: 8 * q}, offset)
				VMOVUPS(s, Mem{Base: z, Index: offset, Scale: 1})
			}
			ADDQ(zFilter, z)
		}
		ADDQ(Imm(uint64(4*filters)), bias)
	})
}

// convMax stores the largest of the four and its number, the first among equals; NaN is larger than
// all. z's filters are zFilter bytes apart, those of argmax a quarter of it.
func convMax(filters int) {
	function(fmt.Sprintf("convMax%d", filters), "func("+convParams+", z *float32, zFilter uintptr, argmax *uint8)")
	z, argmax, zFilter, argmaxFilter, bias := GP64(), GP64(), GP64(), GP64(), GP64()
	Load(Param("z"), z)
	Load(Param("zFilter"), zFilter)
	Load(Param("bias"), bias)
	Load(Param("argmax"), argmax)
	MOVQ(zFilter, argmaxFilter)
	SHRQ(Imm(2), argmaxFilter)
	first, second := constant(1), constant(2)
	convTile(filters, func(sums [][]reg.VecVirtual, temps []reg.VecVirtual) {
		for f, s := range sums {
			greater, unordered := Imm(0x1e), Imm(0x03)
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
			VBROADCASTSS(Mem{Base: bias, Disp: 4 * f}, top)
			VADDPS(top, s[0], s[0])
			VMOVUPS(s[0], Mem{Base: z})
			storeBytes(odd, argmax)
			ADDQ(zFilter, z)
			ADDQ(argmaxFilter, argmax)
		}
		ADDQ(Imm(uint64(4*filters)), bias)
	})
}

// storeBytes stores eight dwords below 256 as bytes.
func storeBytes(v reg.VecVirtual, to reg.Register) {
	high := XMM()
	VEXTRACTI128(Imm(1), v, high)
	VPACKUSDW(high, v.AsX(), high)
	VPACKUSWB(high, high, high)
	VMOVQ(high, Mem{Base: to})
}

// convDot adds to dw[f·dwFilter + t] the sums over rows of n vectors of dz[f]·x[tap t]: the gradient
// of some filters' weights from a band of dz. Rows are dzRow and xRow bytes apart.
func convDot(filters, taps int) {
	function(fmt.Sprintf("convDot%dx%d", filters, taps), "func(dw *float32, dwFilter uintptr, dz *float32, dzFilter, dzRow uintptr, x *float32, taps *uintptr, xRow uintptr, n, rows int)")
	dz := rowsOf(Load(Param("dz"), GP64()), Load(Param("dzFilter"), GP64()), filters)
	x, list := Load(Param("x"), GP64()), Load(Param("taps"), GP64())
	from := make([]reg.GPVirtual, taps)
	for t := range from {
		from[t] = GP64()
		MOVQ(Mem{Base: list, Disp: 8 * t}, from[t])
		ADDQ(x, from[t])
	}
	sums := vecs(filters * taps)
	zero(sums)
	xv, d := YMM(), vecs(filters)
	rows, n, skip := GP64(), GP64(), GP64()
	Load(Param("rows"), rows)
	vector := GP64()
	MOVQ(U32(lane), vector)
	Label("row")
	Load(Param("n"), n)
	Label("vector")
	for f := range d {
		VMOVUPS(dz.at(f), d[f])
	}
	for t := range from {
		VMOVUPS(Mem{Base: from[t]}, xv)
		for f := range d {
			VFMADD231PS(xv, d[f], sums[f*taps+t])
		}
		ADDQ(vector, from[t])
	}
	dz.advance(vector, 1)
	DECQ(n)
	JNZ(LabelRef("vector"))
	// On to the next row: the stride less what was walked.
	Load(Param("n"), n)
	SHLQ(Imm(5), n)
	Load(Param("dzRow"), skip)
	SUBQ(n, skip)
	dz.advance(skip, 1)
	Load(Param("xRow"), skip)
	SUBQ(n, skip)
	for t := range from {
		ADDQ(skip, from[t])
	}
	DECQ(rows)
	JNZ(LabelRef("row"))

	dw, dwFilter := GP64(), GP64()
	Load(Param("dw"), dw)
	Load(Param("dwFilter"), dwFilter)
	for f := range filters {
		for t := range taps {
			s := horizontalSum(sums[f*taps+t])
			VADDSS(Mem{Base: dw, Disp: 4 * t}, s, s)
			VMOVSS(s, Mem{Base: dw, Disp: 4 * t})
		}
		ADDQ(dwFilter, dw)
	}
	VZEROUPPER()
	RET()
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

// expand2x2 puts the gradients g of a row of 2×2 windows where argmax says: dz is two rows dzRow bytes
// apart, in which each window has two pixels of n vectors in each. Everything else becomes 0.
func expand2x2() {
	function("expand2x2", "func(dz *float32, dzRow uintptr, dy *float32, argmax *uint8, n, windows int)")
	dz, dzRow := Load(Param("dz"), GP64()), Load(Param("dzRow"), GP64())
	g, argmax := Load(Param("dy"), GP64()), Load(Param("argmax"), GP64())
	windows, n, pixel := GP64(), GP64(), GP64()
	Load(Param("windows"), windows)
	Load(Param("n"), pixel)
	SHLQ(Imm(5), pixel) // bytes
	right, below := GP64(), GP64()
	numbers := vecs(positions)
	for q := range numbers {
		v := GP32()
		MOVL(U32(q), v)
		VMOVD(v, numbers[q].AsX())
		VPBROADCASTD(numbers[q].AsX(), numbers[q])
	}
	gv, at, m := YMM(), YMM(), YMM()
	Label("window")
	Load(Param("n"), n)
	Label("vector")
	VMOVUPS(Mem{Base: g}, gv)
	VPMOVZXBD(Mem{Base: argmax}, at)
	LEAQ(Mem{Base: dz, Index: pixel, Scale: 1}, right)
	LEAQ(Mem{Base: dz, Index: dzRow, Scale: 1}, below)
	for q, to := range []Mem{{Base: dz}, {Base: right}, {Base: below}, {Base: below, Index: pixel, Scale: 1}} {
		VPCMPEQD(numbers[q], at, m)
		VANDPS(m, gv, m)
		VMOVUPS(m, to)
	}
	ADDQ(Imm(lane), dz)
	ADDQ(Imm(lane), g)
	ADDQ(Imm(8), argmax)
	DECQ(n)
	JNZ(LabelRef("vector"))
	ADDQ(pixel, dz) // the right pixel is done
	DECQ(windows)
	JNZ(LabelRef("window"))
	VZEROUPPER()
	RET()
}
