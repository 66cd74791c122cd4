package main

import (
	"math"
	"reflect"
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elementwise writes a kernel that computes dst[i] = f(x[i], …, s, …) of slices x, … as long as dst or longer and numbers
// s, …, in the order of the declaration "name(dst, x, …; s, …)"; f is a function of as many vectors. The kernel takes a
// vector at a time; the last few values are loaded and stored under a mask and computed by the same instructions as the
// others.
func elementwise(group, declaration string, f any) {
	name, parameters, _ := strings.Cut(strings.TrimSuffix(declaration, ")"), "(")
	all, scalars, _ := strings.Cut(parameters, "; ")
	signature, numbers := "("+all+" []float32", []string(nil)
	if scalars != "" {
		signature, numbers = signature+", "+scalars+" float32", strings.Split(scalars, ", ")
	}
	slices := strings.Split(all, ", ")
	dst, slices := slices[0], slices[1:]
	inBoth(group, name, signature+")", func() {
		to, n := Load(Param(dst).Base(), GP64()), Load(Param(dst).Len(), GP64())
		from, x, s := make([]Mem, len(slices)), vecs(len(slices)), vecs(len(numbers))
		i := GP64()
		at := func(base reg.Register) Mem { return Mem{Base: base, Index: i, Scale: 4} }
		for k, name := range slices {
			from[k] = at(Load(Param(name).Base(), GP64()))
		}
		for k, name := range numbers {
			VBROADCASTSS(stored(name), s[k])
		}
		XORQ(i, i)

		Label("loop")
		SUBQ(Imm(uint64(lanes)), n)
		JLT(LabelRef("last"))
		for k := range x {
			load(from[k], nil, x[k])
		}
		Label("compute")
		operands := each(func(v vec) reflect.Value { return reflect.ValueOf(v) }, append(x[:len(x):len(x)], s...))
		y := reflect.ValueOf(f).Call(operands)[0].Interface().(vec)
		TESTQ(n, n)
		JLT(LabelRef("storeLast"))
		store(y, nil, at(to))
		increase(i, lanes)
		JMP(LabelRef("loop"))

		Label("last") // n is the number that are left, less a vector
		CMPQ(n, I8(-lanes))
		JEQ(LabelRef("done"))
		part := lastLanes(n)
		for k := range x {
			load(from[k], part, x[k])
		}
		JMP(LabelRef("compute"))
		Label("storeLast")
		store(y, lastLanes(n), at(to))
		Label("done")
	})
}

// lastLanes selects the first lanes+n lanes, for n < 0.
func lastLanes(n reg.Register) reg.Register {
	if lanes == 16 {
		count, part := GP64(), K()
		LEAQ(Mem{Base: n, Disp: lanes}, count)
		firstLanes(count, part)
		return part
	}
	part := YMM()
	loadMask(n, part)
	return part
}

// loadMask selects the first 8+n lanes, for n from −7 to −1.
func loadMask(n reg.Register, mask vec) {
	table, back := GP64(), GP64()
	LEAQ(maskTable, table)
	MOVQ(n, back)
	NEGQ(back)
	VMOVUPS(Mem{Base: table, Index: back, Scale: 4}, mask)
}

// maskTable is eight dwords of all ones, then eight of zeros.
var maskTable = data("masks", append(slices.Repeat([]uint32{math.MaxUint32}, 8), make([]uint32, 8)...)...)
