package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// This file is a small language in which the kernels read like their formulas: each function emits an
// instruction or a few and returns a new register with the result. Operands are registers or constants.

type vec = reg.VecVirtual

// register is a, loaded if it is a constant.
func register(a Op) vec {
	if v, ok := a.(vec); ok {
		return v
	}
	return copied(a)
}

// copied is a in a register of its own.
func copied(a Op) vec {
	out := YMM()
	VMOVUPS(a, out)
	return out
}

// apply emits an instruction in the order of the assembler: second operand, first, result.
func apply(instruction func(...Op), a, b Op) vec {
	out := YMM()
	instruction(b, register(a), out)
	return out
}

func add(a, b Op) vec { return apply(VADDPS, a, b) }
func sub(a, b Op) vec { return apply(VSUBPS, a, b) }
func mul(a, b Op) vec { return apply(VMULPS, a, b) }
func div(a, b Op) vec { return apply(VDIVPS, a, b) }
func and(a, b Op) vec { return apply(VANDPS, a, b) }
func or(a, b Op) vec  { return apply(VORPS, a, b) }
func xor(a, b Op) vec { return apply(VXORPS, a, b) }

// without is b with the bits of a cleared.
func without(a, b Op) vec { return apply(VANDNPS, a, b) }

// sqrt is √a.
func sqrt(a Op) vec {
	out := YMM()
	VSQRTPS(a, out)
	return out
}

// round is the integer next to a, the even one of two.
func round(a Op) vec {
	out := YMM()
	VROUNDPS(Imm(8), a, out)
	return out
}

// fma is a·b + c, rounded once.
func fma(a, b, c Op) vec {
	out := copied(c)
	VFMADD231PS(b, register(a), out)
	return out
}

// fnma is c − a·b, rounded once.
func fnma(a, b, c Op) vec {
	out := copied(c)
	VFNMADD231PS(b, register(a), out)
	return out
}

// poly is the polynomial with these coefficients, the highest first, by Horner's rule. To take terms in pairs, as
// Estrin does, is not faster here and rounds worse.
func poly(x vec, coefficients ...float64) vec {
	p := copied(num(coefficients[0]))
	for _, c := range coefficients[1:] {
		VFMADD213PS(num(c), x, p)
	}
	return p
}

// below is min(x, limit) and above max(x, limit); NaN in x stays NaN.
func below(x vec, limit Op) vec { return apply(VMINPS, limit, x) }
func above(x vec, limit Op) vec { return apply(VMAXPS, limit, x) }

// compare is all ones where a comparison holds, else all zeros. Of those below only unordered and notLess hold
// for NaN.
func compare(predicate uint64, a, b Op) vec {
	out := YMM()
	VCMPPS(Imm(predicate), b, register(a), out)
	return out
}

func equal(a, b Op) vec     { return compare(0x00, a, b) }
func unordered(a, b Op) vec { return compare(0x03, a, b) }
func notEqual(a, b Op) vec  { return compare(0x0c, a, b) }
func less(a, b Op) vec      { return compare(0x11, a, b) }
func lessEqual(a, b Op) vec { return compare(0x12, a, b) }
func notLess(a, b Op) vec   { return compare(0x15, a, b) }

// where is a in the lanes in which the sign bit of mask is set, else b.
func where(mask vec, a, b Op) vec {
	out := YMM()
	VBLENDVPS(mask, a, register(b), out)
	return out
}

func abs(x Op) vec      { return without(signBit, x) }
func minusAbs(x Op) vec { return or(x, signBit) }
func signOf(x Op) vec   { return and(x, signBit) }
func negate(x Op) vec   { return xor(x, signBit) }

// keepNaN is v, or NaN where x is.
func keepNaN(x, v vec) vec { return or(v, unordered(x, x)) }

// finite is x with ±Inf replaced by the largest float.
func finite(x vec) vec {
	return below(above(x, num(-math.MaxFloat32)), num(math.MaxFloat32))
}

var (
	one     = num(1)
	two     = num(2)
	half    = num(0.5)
	inf     = num(math.Inf(1))
	signBit = constant(1 << 31)
)

// num is a vector of floats v.
func num(v float64) Mem { return constant(math.Float32bits(float32(v))) }

// What follows takes the bits of floats for integers.

func addInt(a, b Op) vec { return apply(VPADDD, a, b) }
func subInt(a, b Op) vec { return apply(VPSUBD, a, b) }

func shiftLeft(a vec, bits uint64) vec {
	out := YMM()
	VPSLLD(Imm(bits), a, out)
	return out
}

// shiftRight keeps the sign.
func shiftRight(a vec, bits uint64) vec {
	out := YMM()
	VPSRAD(Imm(bits), a, out)
	return out
}

// fromInt is an integer as a float.
func fromInt(a vec) vec {
	out := YMM()
	VCVTDQ2PS(a, out)
	return out
}

var constants = map[uint32]Mem{}

// constant is a vector of dwords with these bits, in either width.
func constant(bits uint32) Mem {
	m, ok := constants[bits]
	if !ok {
		m = GLOBL(fmt.Sprintf("x%08x", bits), attr.RODATA|attr.NOPTR)
		for i := range 16 {
			DATA(4*i, U32(bits))
		}
		constants[bits] = m
	}
	return m
}
