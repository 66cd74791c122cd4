package main

import (
	"math"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elementwise makes a kernel that computes dst[i] = f(x[i], …; s, …) for any number of values, where x, …
// are slices as long as dst, or longer, and s, … are numbers. It takes eight values at a time; the last
// few are loaded and stored under a mask and computed by the same instructions as the others.
func elementwise(name, dst string, slices, numbers []string, f func(x, s []vec) vec) {
	signature := "(" + strings.Join(append([]string{dst}, slices...), ", ") + " []float32"
	if len(numbers) > 0 {
		signature += ", " + strings.Join(numbers, ", ") + " float32"
	}
	signature += ")"
	function(name, "func"+signature)
	portable = append(portable, name+signature)
	to, n := Load(Param(dst).Base(), GP64()), Load(Param(dst).Len(), GP64())
	from, x, s := make([]Mem, len(slices)), vecs(len(slices)), vecs(len(numbers))
	i, mask := GP64(), YMM()
	at := func(base reg.Register) Mem { return Mem{Base: base, Index: i, Scale: 4} }
	for k, name := range slices {
		from[k] = at(Load(Param(name).Base(), GP64()))
	}
	for k, name := range numbers {
		broadcast(name, s[k])
	}
	XORQ(i, i)

	Label("loop")
	SUBQ(Imm(8), n)
	JLT(LabelRef("last"))
	for k := range x {
		VMOVUPS(from[k], x[k])
	}
	Label("compute")
	y := f(x, s)
	TESTQ(n, n)
	JLT(LabelRef("storeLast"))
	VMOVUPS(y, at(to))
	ADDQ(Imm(8), i)
	JMP(LabelRef("loop"))

	Label("last") // n is how many are left, less 8
	CMPQ(n, I8(-8))
	JEQ(LabelRef("done"))
	loadMask(n, mask)
	for k := range x {
		VMASKMOVPS(from[k], mask, x[k])
	}
	JMP(LabelRef("compute"))
	Label("storeLast")
	loadMask(n, mask)
	VMASKMOVPS(y, mask, at(to))
	Label("done")
	VZEROUPPER()
	RET()
}

// broadcast fills v with the number of this name.
func broadcast(name string, v vec) {
	number, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(number.Addr, v)
}

// loadMask selects the first 8+n lanes, for n from −7 to −1.
func loadMask(n reg.Register, mask vec) {
	table, back := GP64(), GP64()
	LEAQ(maskTable, table)
	MOVQ(n, back)
	NEGQ(back)
	VMOVUPS(Mem{Base: table, Index: back, Scale: 4}, mask)
}

// maskTable is eight dwords of ones, then eight of zeros.
var maskTable = func() Mem {
	m := GLOBL("masks", attr.RODATA|attr.NOPTR)
	for i := range 8 {
		DATA(4*i, U32(math.MaxUint32))
	}
	for i := range 8 {
		DATA(4*(8+i), U32(0))
	}
	return m
}()
