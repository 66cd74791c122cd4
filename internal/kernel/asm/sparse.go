package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	panelWidth   = 16
	sparseChunk  = 32
	sparseChunks = 4
)

// sparses writes the products that skip zeros, for up to as many panels as keep both multipliers busy: a multiplication
// takes four cycles.
func sparses() {
	eachSet(func() {
		names := []string{"nil"}
		for panels := 1; panels <= lanes/2; panels++ {
			names = append(names, function(fmt.Sprint("sparse", panels), sparseSignature, func() { sparse(panels) }))
		}
		fill(assembly, "sparse", "[]sparseKernel", list("[]sparseKernel", names)+" /* by the number of panels */")
	})
}

const sparseSignature = "(a *float32, rowA uintptr, b *float32, panelB uintptr, c *float32, rowC, panelC uintptr, " +
	"chunks, rows, add int, ahead *float32, lines int)"

// sparse writes a kernel that computes rows of C (+)= A·B without the terms in which A is 0. A row of A has up to
// sparseChunks chunks of sparseChunk numbers. B has a row for each number, with panelWidth columns in each of some panels,
// which are panelB bytes apart; C's panels are panelC bytes apart. The sums of a row of C stay in registers. With add they
// begin at C, else at 0. Each row prefetches some cache lines at ahead.
//
// One loop takes all numbers of a row that are not 0, since its end is always mispredicted. They are found while the row
// before is computed.
func sparse(panels int) {
	const row, column = 4 * panelWidth, 4 // bytes of a row of a panel, and of a number of A
	a, b, c := parameter("a"), parameter("b"), parameter("c")
	panelB := multiplesOf(parameter("panelB"), panels)
	left, nextLow, nextHigh := AllocLocal(8), AllocLocal(8), AllocLocal(8)
	vectors := row / vectorBytes()
	sums := vecs(vectors * panels)
	low, high := GP64(), GP64() // a bit for each number that is left: 64 and the next 64
	past := GP64()              // how many numbers are before those of low

	// find sets nextLow and nextHigh: a bit for each number of the row at a that is not 0.
	find := func(name string, a reg.Register) {
		low, high, t, chunks := GP64(), GP64(), GP64(), GP64()
		Load(Param("chunks"), chunks)
		XORQ(high, high)
		for chunk := range sparseChunks {
			if chunk > 0 {
				CMPQ(chunks, Imm(uint64(chunk+1)))
				JLT(LabelRef(name))
			}
			half := []reg.Register{low, high}[chunk/2]
			if chunk%2 == 0 {
				nonzero(a, chunk*sparseChunk*column, half)
				continue
			}
			nonzero(a, chunk*sparseChunk*column, t)
			SHLQ(Imm(sparseChunk), t)
			ORQ(t, half)
		}
		Label(name)
		MOVQ(low, nextLow)
		MOVQ(high, nextHigh)
	}
	// each visits the sums with their places in memory, from at on.
	each := func(at reg.Register, panel multiples, visit func(m Mem, sum reg.VecVirtual)) {
		for i, sum := range sums {
			m := panel.from(at, i/vectors)
			m.Disp = i % vectors * vectorBytes()
			visit(m, sum)
		}
	}
	rowOfC := func(visit func(m Mem, sum reg.VecVirtual)) {
		each(c, multiplesOf(parameter("panelC"), panels), visit)
	}

	find("first", a)
	t := parameter("rows")
	MOVQ(t, left)
	repeat("row", left, 1, func() {
		ahead := parameter("ahead")
		Load(Param("lines"), t)
		TESTQ(t, t)
		JZ(LabelRef("fetched"))
		repeat("fetch", t, 1, func() {
			PREFETCHT1(Mem{Base: ahead})
			increase(ahead, row)
		})
		MOVQ(ahead, stored("ahead"))
		Label("fetched")
		Load(Param("add"), t)
		TESTQ(t, t)
		JZ(LabelRef("zero"))
		rowOfC(func(m Mem, sum reg.VecVirtual) { VMOVUPS(m, sum) })
		JMP(LabelRef("begin"))
		Label("zero")
		zero(sums)
		Label("begin")
		MOVQ(nextLow, low)
		MOVQ(nextHigh, high)
		next := GP64()
		MOVQ(a, next)
		CMPQ(left, Imm(1))
		JEQ(LabelRef("last"))
		ADDQ(stored("rowA"), next)
		Label("last")
		find("found", next)

		count, beyond := GP64(), GP64()
		POPCNTQ(low, count)
		POPCNTQ(high, t)
		ADDQ(t, count)
		JZ(LabelRef("done"))
		XORQ(past, past)
		MOVQ(U32(64), beyond)
		TESTQ(low, low)
		CMOVQEQ(high, low)
		CMOVQEQ(beyond, past)
		x, at := vector(), GP64()
		repeat("number", count, 1, func() {
			TZCNTQ(low, at)
			ADDQ(past, at)
			VBROADCASTSS(Mem{Base: a, Index: at, Scale: column}, x)
			SHLQ(Imm(6), at)
			ADDQ(b, at)
			each(at, panelB, func(m Mem, sum reg.VecVirtual) { VFMADD231PS(m, x, sum) })
			BLSRQ(low, low)
			CMOVQEQ(high, low)
			CMOVQEQ(beyond, past)
		})
		Label("done")
		rowOfC(func(m Mem, sum reg.VecVirtual) { VMOVUPS(sum, m) })
		ADDQ(stored("rowC"), c)
		MOVQ(next, a)
	})
}

// multiples address places up to seven strides away: by the stride and its odd multiples.
type multiples map[int]reg.Register

// multiplesOf returns the multiples of a stride below n.
func multiplesOf(stride reg.Register, n int) multiples {
	m := multiples{1: stride}
	for odd := 3; odd < n; odd += 2 {
		m[odd] = GP64()
		LEAQ(Mem{Base: m[odd-2], Index: stride, Scale: 2}, m[odd])
	}
	return m
}

// from addresses the place n strides from at.
func (m multiples) from(at reg.Register, n int) Mem {
	if n == 0 {
		return Mem{Base: at}
	}
	scale := n & -n
	return Mem{Base: at, Index: m[n/scale], Scale: uint8(scale)}
}

// nonzero sets a bit for each of the 32 floats disp bytes after a that is not 0.
func nonzero(a reg.Register, disp int, bits reg.Register) {
	notEqual := Imm(0x04)
	z, v := vector(), vecs(4)
	VXORPS(z, z, z)
	if lanes == 16 {
		low, high := K(), K()
		VCMPPS(notEqual, Mem{Base: a, Disp: disp}, z, low)
		VCMPPS(notEqual, Mem{Base: a, Disp: disp + vectorBytes()}, z, high)
		KUNPCKWD(low, high, low)
		KMOVD(low, bits.(reg.GPVirtual).As32())
		return
	}
	for i := range v {
		VCMPPS(notEqual, Mem{Base: a, Disp: disp + i*vectorBytes()}, z, v[i])
	}
	VPACKSSDW(v[1], v[0], v[0])
	VPACKSSDW(v[3], v[2], v[2])
	VPACKSSWB(v[2], v[0], v[0])
	order := copied(interleaved)
	VPERMD(v[0], order, v[0])
	VPMOVMSKB(v[0], bits.(reg.GPVirtual).As32())
}

// interleaved is the order that undoes the interleaving of lower and upper halves by the packs of nonzero.
var interleaved = data[uint32]("interleaved", 0, 4, 1, 5, 2, 6, 3, 7)
