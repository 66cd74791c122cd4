package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// This file has what kernels that walk through memory are made of: parameters, pointers and loops.

// parameter is a parameter in a new register.
func parameter(name string) reg.Register { return Load(Param(name), GP64()) }

// stored is a parameter in memory, where the caller put it.
func stored(name string) Mem {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

// local is a parameter that a loop counts down, in a place of the stack. It is moved there through t.
func local(name string, t reg.Register) Mem {
	m := AllocLocal(8)
	Load(Param(name), t)
	MOVQ(t, m)
	return m
}

// increase adds n to r.
func increase(r reg.Register, n int) { ADDQ(Imm(uint64(n)), r) }

// repeat writes a loop, whose turns lower left by step until it is 0.
func repeat(label string, left Op, step int, turn func()) {
	Label(label)
	turn()
	if step == 1 {
		DECQ(left)
	} else {
		SUBQ(Imm(uint64(step)), left)
	}
	JNZ(LabelRef(label))
}

// pointers returns n pointers, to the places whose distances from base, in bytes, are listed at offsets.
func pointers(base, offsets reg.Register, n int) []reg.Register {
	p := make([]reg.Register, n)
	for i := range p {
		p[i] = GP64()
		MOVQ(Mem{Base: offsets, Disp: 8 * i}, p[i])
		ADDQ(base, p[i])
	}
	return p
}

// rowPointers address rows that are a stride apart: every third by a register of its own, the others relative to it.
type rowPointers struct {
	bases  []reg.Register
	stride reg.Register
}

func rowsOf(first, stride reg.Register, rows int) rowPointers {
	begin := GP64()
	MOVQ(first, begin)
	p := rowPointers{[]reg.Register{begin}, stride}
	for r := 3; r < rows; r += 3 {
		next := GP64()
		LEAQ(Mem{Base: p.bases[len(p.bases)-1], Index: stride, Scale: 2}, next)
		ADDQ(stride, next)
		p.bases = append(p.bases, next)
	}
	return p
}

func (p rowPointers) at(row int) Mem {
	m := Mem{Base: p.bases[row/3]}
	if row%3 > 0 {
		m.Index, m.Scale = p.stride, uint8(row%3)
	}
	return m
}

// advance moves all rows by a multiple of step.
func (p rowPointers) advance(step reg.Register, times uint8) {
	for _, b := range p.bases {
		LEAQ(Mem{Base: b, Index: step, Scale: times}, b)
	}
}
