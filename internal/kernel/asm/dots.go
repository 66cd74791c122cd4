package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// This file writes the gradient of a convolution's weights.

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
				pairs := tile(filters, row(filters, 6))
				tiles = append(tiles, pairs, pairs) // of filters + 1 the last is left
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
	dz := rowsOf(parameter("dz"), parameter("dzFilter"), filters)
	from := pointers(parameter("x"), parameter("taps"), taps)
	i, end := GP64(), GP64()
	rows := local("rows", end)
	xv, d := vector(), vecs(filters*8/lanes)
	sums := vecs(len(d) * taps)
	zero(sums)
	repeat("row", rows, 1, func() {
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
		for _, b := range append(dz.bases, i) {
			increase(b, lane)
		}
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
	})

	dw, dwFilter := parameter("dw"), parameter("dwFilter")
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
