package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// reductions writes the kernels that reduce slices to a number, in an order that depends on their length only. The last
// vector is filled up with zeros. The sums of a vector of eight are the same in both instruction sets, so AVX2 serves both.
func reductions() {
	totals := vecs(4) // each of every fourth vector, so that no addition waits for the one before
	reduction("sum", []string{"x"}, "", "float32", totals, len(totals), func(turn int, x []vec, _ vec) {
		VADDPS(x[0], totals[turn], totals[turn])
	}, func() {
		Store(horizontalSum(add(add(totals[0], totals[1]), add(totals[2], totals[3]))), ReturnIndex(0))
	})

	squares := vecs(2)
	reduction("sumSquares", []string{"x"}, "", "float64", squares, 1, func(_ int, x []vec, _ vec) {
		for upper := range 2 {
			v := toDouble(x[0], upper)
			VFMADD231PD(v, v, squares[upper])
		}
	}, func() { returnSum(0, squares) })

	products := vecs(2)
	reduction("sumProducts", []string{"a", "b"}, "", "float64", products, 1, func(_ int, x []vec, _ vec) {
		for upper := range 2 {
			VFMADD231PD(toDouble(x[0], upper), toDouble(x[1], upper), products[upper])
		}
	}, func() { returnSum(0, products) })

	some := YMM()
	reduction("beyond", []string{"x"}, "limit", "bool", []vec{some}, 1, func(_ int, x []vec, limit vec) {
		VORPS(less(limit, abs(x[0])).bits, some, some)
	}, func() {
		lanes := GP32()
		VMOVMSKPS(some, lanes)
		TESTL(lanes, lanes)
		any := GP8()
		SETNE(any)
		Store(any, ReturnIndex(0))
	})
}

// moments writes a kernel that returns Σ (a − p) and Σ (a − p)·(b − q) of whole vectors.
func moments() {
	const signature = "(a, b []float32, p, q float32) (sum, products float64)"
	inOne("reductions", "moments", signature, func() {
		var from [2]reg.Register
		var near [2]vec
		for k, name := range []string{"a", "b"} {
			from[k] = Load(Param(name).Base(), GP64())
			near[k] = YMM()
			VBROADCASTSS(stored([]string{"p", "q"}[k]), near[k].AsX())
			VCVTPS2PD(near[k].AsX(), near[k])
		}
		n := Load(Param("a").Len(), GP64())
		sums, products := vecs(2), vecs(2)
		zero(sums)
		zero(products)
		Label("loop")
		SUBQ(Imm(8), n)
		JLT(LabelRef("done"))
		for upper := range 2 {
			var difference [2]vec
			for k := range from {
				difference[k] = YMM()
				VCVTPS2PD(Mem{Base: from[k], Disp: 16 * upper}, difference[k])
				VSUBPD(near[k], difference[k], difference[k])
			}
			VADDPD(difference[0], sums[upper], sums[upper])
			VFMADD231PD(difference[0], difference[1], products[upper])
		}
		for k := range from {
			ADDQ(Imm(32), from[k])
		}
		JMP(LabelRef("loop"))
		Label("done")
		returnSum(0, sums)
		returnSum(1, products)
	})
}

// returnSum returns the sum of eight doubles.
func returnSum(result int, doubles []vec) {
	sum, high := addD(doubles[0], doubles[1]), XMM()
	VEXTRACTF128(Imm(1), sum, high)
	VADDPD(sum.AsX(), high, high)
	VHADDPD(high, high, high)
	Store(high, ReturnIndex(result))
}

// reduction writes a kernel that accumulates slices, which are as long as the first or longer, in registers that begin at
// zero. It takes vector after vector in turns; the last few values have turn 0.
func reduction(name string, slices []string, number, result string, sums []vec, turns int,
	accumulate func(turn int, x []vec, s vec), finish func()) {
	signature := "(" + strings.Join(slices, ", ") + " []float32"
	if number != "" {
		signature += ", " + number + " float32"
	}
	signature += ") " + result
	inOne("reductions", name, signature, func() {
		n := Load(Param(slices[0]).Len(), GP64())
		from, x := make([]reg.Register, len(slices)), vecs(len(slices))
		for k, name := range slices {
			from[k] = Load(Param(name).Base(), GP64())
		}
		s := YMM()
		if number != "" {
			VBROADCASTSS(stored(number), s)
		}
		zero(sums)
		mask := YMM()
		Label("loop")
		for turn := range turns {
			SUBQ(Imm(8), n)
			JLT(LabelRef("last"))
			for k := range x {
				VMOVUPS(Mem{Base: from[k]}, x[k])
			}
			accumulate(turn, x, s)
			for k := range from {
				ADDQ(Imm(lane), from[k])
			}
		}
		JMP(LabelRef("loop"))
		Label("last")
		CMPQ(n, I8(-8))
		JEQ(LabelRef("done"))
		loadMask(n, mask)
		for k := range x {
			VMASKMOVPS(Mem{Base: from[k]}, mask, x[k])
		}
		accumulate(0, x, s)
		Label("done")
		finish()
	})
}
