package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

// This file writes the transforms of Winograd's convolution F(4×4, 3×3): see package kernel's winograd.go, which has the
// same formulas in Go.

const winogradSignature = "(dst *float32, dstAt int, dstRow, dstColumn, dstStep uintptr, " +
	"src *float32, srcAt int, srcRow, srcColumn, srcStep uintptr, " +
	"rows, columns, images, n int, bias, scratch *float32)"

// winograd is one of the transforms of tiles.
type winograd struct {
	name    string
	in, out int // the sides of the tiles
	line    func(d []vec) []vec
	cut     bool // what is written may be cut off at the border, else what is read
	bias    bool // is added to what is written
}

func winograds() {
	for _, t := range []winograd{
		{name: "winogradFilters", in: 3, out: 6, line: filterLine},
		{name: "winogradData", in: 6, out: 6, line: dataLine},
		{name: "winogradResult", in: 6, out: 4, line: resultLine, cut: true, bias: true},
		{name: "winogradGradient", in: 4, out: 6, line: gradientLine},
		{name: "winogradFilterGradient", in: 6, out: 3, line: filterGradientLine, cut: true},
	} {
		inBoth(assembly, t.name, winogradSignature, t.body)
	}
}

// body transforms n tiles of vectors, step bytes apart, first their columns and then their rows. Elements of a tile are row
// and column bytes apart, and the first is at bytes from its slice. Rows and columns have a bit for each that exists: others
// are read as 0 and not touched. In AVX-512 only the first images of a vector are. Scratch has room for 48 vectors. What the
// next tile reads or writes on the side that may be cut off is fetched: no hardware sees the pattern.
func (t winograd) body() {
	scratch, rows, columns := parameter("scratch"), parameter("rows"), parameter("columns")
	from, srcRow, to := parameter("src"), parameter("srcRow"), parameter("dst")
	ADDQ(stored("srcAt"), from)
	ADDQ(stored("dstAt"), to)
	step := GP64()
	if t.cut {
		Load(Param("dstStep"), step)
	} else {
		Load(Param("srcStep"), step)
	}
	images := reg.Register(nil)
	if lanes == 16 {
		images = K()
		firstLanes(parameter("images"), images)
	}
	between := func(i, j int) Mem { return Mem{Base: scratch, Disp: (i*t.in + j) * vectorBytes()} }
	load := func(i int, m Mem, v vec) { VMOVUPS(m, v) }
	if !t.cut {
		load = t.loadInside(rows, images, scratch)
	}
	n := local("n", GP64())
	repeat("tile", n, 1, func() {
		column, at := GP64(), GP64()
		MOVQ(from, column)
		for j := range t.in {
			absent, next := fmt.Sprint("absent", j), fmt.Sprint("column", j+1)
			if !t.cut {
				BTQ(Imm(uint64(j)), columns)
				JCC(LabelRef(absent))
			}
			MOVQ(column, at)
			d := vecs(t.in)
			for i := range d {
				load(i, Mem{Base: at}, d[i])
				if !t.cut {
					PREFETCHT0(Mem{Base: at, Index: step, Scale: 1})
				}
				if i < t.in-1 {
					ADDQ(srcRow, at)
				}
			}
			for i, v := range t.line(d) {
				VMOVUPS(v, between(i, j))
			}
			if !t.cut {
				JMP(LabelRef(next))
				Label(absent)
				none := vecs(1)
				zero(none)
				for i := range t.out {
					VMOVUPS(none[0], between(i, j))
				}
				Label(next)
			}
			ADDQ(stored("srcColumn"), column)
		}
		var bias vec
		if t.bias {
			p := parameter("bias")
			bias = vector()
			VBROADCASTSS(Mem{Base: p}, bias)
			ADDQ(Imm(4), stored("bias"))
		}
		row := GP64()
		MOVQ(to, row)
		for i := range t.out {
			skip := fmt.Sprint("row", i+1)
			if t.cut {
				BTQ(Imm(uint64(i)), rows)
				JCC(LabelRef(skip))
			}
			d := vecs(t.in)
			for j := range d {
				VMOVUPS(between(i, j), d[j])
			}
			MOVQ(row, at)
			for j, v := range t.line(d) {
				if bias != nil {
					v = add(v, bias)
				}
				beside := fmt.Sprintf("element%d%d", i, j)
				if t.cut {
					BTQ(Imm(uint64(j)), columns)
					JCC(LabelRef(beside))
				}
				store(v, images, Mem{Base: at})
				if t.cut {
					PREFETCHT0(Mem{Base: at, Index: step, Scale: 1})
					Label(beside)
				}
				if j < t.out-1 {
					ADDQ(stored("dstColumn"), at)
				}
			}
			if t.cut {
				Label(skip)
			}
			ADDQ(stored("dstRow"), row)
		}
		ADDQ(stored("srcStep"), from)
		ADDQ(stored("dstStep"), to)
	})
}

// loadInside returns a function that loads from a row, or 0 where rows lacks its bit.
func (t winograd) loadInside(rows, images, scratch reg.Register) func(i int, m Mem, v vec) {
	masks := make([]reg.Register, t.in) // in AVX2 they are behind the vectors of scratch
	at := func(i int) Mem { return Mem{Base: scratch, Disp: (36 + i) * vectorBytes()} }
	for i := range masks {
		bits := GP32()
		BTQ(Imm(uint64(i)), rows)
		SBBL(bits, bits)
		if lanes == 16 {
			masks[i] = K()
			KMOVW(bits, masks[i])
			KANDW(images, masks[i], masks[i])
			continue
		}
		v := vector()
		VMOVD(bits, v.AsX())
		VPBROADCASTD(v.AsX(), v)
		VMOVUPS(v, at(i))
	}
	return func(i int, m Mem, v vec) {
		if lanes == 16 {
			load(m, masks[i], v)
			return
		}
		VMOVUPS(at(i), v)
		VMASKMOVPS(m, v, v)
	}
}

var (
	third     = num(1. / 3)
	sixth     = num(1. / 6)
	sqrt2     = num(math.Sqrt2)
	sqrt8     = num(2 * math.Sqrt2)
	sqrt2By6  = num(math.Sqrt2 / 6)
	fiveHalfs = num(2.5)
)

// fms is a·b − c, rounded once.
func fms(a, b, c Op) vec { return accumulate(x86.VFMSUB231PS, a, b, c) }

// filterLine is u = G g.
func filterLine(g []vec) []vec {
	odd := mul(g[1], sqrt2By6)
	a, b := fma(g[0], third, mul(g[2], sixth)), fma(g[2], third, mul(g[0], sixth))
	return []vec{g[0], add(a, odd), sub(a, odd), add(b, odd), sub(b, odd), g[2]}
}

// dataLine is v = Bᵀ d.
func dataLine(d []vec) []vec {
	a, oddA := fms(d[2], two, d[4]), fms(d[1], two, d[3])
	b, oddB := fnma(d[2], half, d[4]), fnma(d[1], half, d[3])
	return []vec{
		add(d[0], fnma(d[2], fiveHalfs, d[4])),
		fma(oddA, sqrtHalf, a), fnma(oddA, sqrtHalf, a),
		fma(oddB, sqrt2, b), fnma(oddB, sqrt2, b),
		add(d[1], fnma(d[3], fiveHalfs, d[5])),
	}
}

// resultLine is y = Aᵀ m.
func resultLine(m []vec) []vec {
	a, oddA := add(m[1], m[2]), sub(m[1], m[2])
	b, oddB := add(m[3], m[4]), sub(m[3], m[4])
	return []vec{
		fma(a, two, add(m[0], b)), mul(add(oddA, oddB), sqrt2),
		fma(b, two, a), fma(oddA, sqrtHalf, fma(oddB, sqrt8, m[5])),
	}
}

// gradientLine is v = A y.
func gradientLine(y []vec) []vec {
	first := mul(y[1], sqrt2)
	a, oddA := fma(y[0], two, y[2]), fma(y[3], sqrtHalf, first)
	b, oddB := fma(y[2], two, y[0]), fma(y[3], sqrt8, first)
	return []vec{y[0], add(a, oddA), sub(a, oddA), add(b, oddB), sub(b, oddB), y[3]}
}

// filterGradientLine is g = Gᵀ u.
func filterGradientLine(u []vec) []vec {
	a, oddA := add(u[1], u[2]), sub(u[1], u[2])
	b, oddB := add(u[3], u[4]), sub(u[3], u[4])
	return []vec{
		fma(b, sixth, fma(a, third, u[0])), mul(add(oddA, oddB), sqrt2By6),
		fma(b, third, fma(a, sixth, u[5])),
	}
}
