package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// reductions makes the kernels that reduce a slice to a number, in an order that depends on its length
// only. What fills up the last vector is 0.
func reductions() {
	total := YMM()
	reduction("sumValues", "", "float32", []vec{total}, func(x, _ vec) { VADDPS(x, total, total) }, func() {
		Store(horizontalSum(total), ReturnIndex(0))
	})

	squares := vecs(2)
	reduction("sumSquares", "", "float64", squares, func(x, _ vec) {
		for upper := range 2 {
			v := toDouble(x, upper)
			VFMADD231PD(v, v, squares[upper])
		}
	}, func() {
		sum, high := addD(squares[0], squares[1]), XMM()
		VEXTRACTF128(Imm(1), sum, high)
		VADDPD(sum.AsX(), high, high)
		VHADDPD(high, high, high)
		Store(high, ReturnIndex(0))
	})

	some := YMM()
	reduction("beyond", "limit", "bool", []vec{some}, func(x, limit vec) {
		VORPS(less(limit, abs(x)), some, some)
	}, func() {
		lanes := GP32()
		VMOVMSKPS(some, lanes)
		TESTL(lanes, lanes)
		any := GP8()
		SETNE(any)
		Store(any, ReturnIndex(0))
	})
}

// reduction makes a kernel that accumulates a slice in registers that begin with zeros.
func reduction(name, number, result string, sums []vec, accumulate func(x, s vec), finish func()) {
	signature := "(x []float32"
	if number != "" {
		signature += ", " + number + " float32"
	}
	signature += ") " + result
	function(name, "func"+signature)
	portable = append(portable, name+signature)
	x, n := Load(Param("x").Base(), GP64()), Load(Param("x").Len(), GP64())
	s := YMM()
	if number != "" {
		broadcast(number, s)
	}
	zero(sums)
	v, mask := YMM(), YMM()
	Label("loop")
	SUBQ(Imm(8), n)
	JLT(LabelRef("last"))
	VMOVUPS(Mem{Base: x}, v)
	accumulate(v, s)
	ADDQ(Imm(lane), x)
	JMP(LabelRef("loop"))
	Label("last")
	CMPQ(n, I8(-8))
	JEQ(LabelRef("done"))
	loadMask(n, mask)
	VMASKMOVPS(Mem{Base: x}, mask, v)
	accumulate(v, s)
	Label("done")
	finish()
	VZEROUPPER()
	RET()
}
