package main

import (
	"fmt"
	"math"
	"slices"
	"unsafe"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

// This file is a small language in which kernels read like their formulas: each function emits a few instructions and
// returns a new register with the result. Operands are registers or constants.

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
	out := vector()
	if lanes == 16 && IsMem(a) {
		VBROADCASTSD(a, out) // a float64, or two equal floats
	} else {
		VMOVUPS(a, out)
	}
	return out
}

// instruction is one of package x86.
type instruction func(operands ...Op) (*ir.Instruction, error)

// emit writes an instruction whose operand in memory, if it has one, is a constant. In AVX-512 it broadcasts the constant's
// first number: Go does not align data to 64 bytes, so a constant of a whole vector could cross a cache line, which makes
// exp take twice as long.
func emit(f instruction, operands ...Op) {
	i, err := f(operands...)
	if err != nil {
		panic(err)
	}
	if lanes == 16 && slices.ContainsFunc(operands, IsMem) {
		i.Suffixes = append(i.Suffixes, "BCST")
	}
	Instruction(i)
}

// result emits an instruction of these operands, in the order of the assembler, and returns what it computes.
func result(f instruction, operands ...Op) vec {
	out := vector()
	emit(f, append(operands, out)...)
	return out
}

// apply emits an instruction of two operands, whose order in the assembler is the reverse.
func apply(f instruction, a, b Op) vec {
	out := vector()
	emit(f, b, register(a), out)
	return out
}

// accumulate emits an instruction that adds ±a·b, rounded once, to a copy of c.
func accumulate(f instruction, a, b, c Op) vec {
	out := copied(c)
	emit(f, b, register(a), out)
	return out
}

// horner is the polynomial with these coefficients, the highest first, by Horner's rule: multiplyAdd computes p·x + c. To
// take terms in pairs, as Estrin does, is not faster here and rounds worse.
func horner(multiplyAdd instruction, x vec, coefficients []Mem) vec {
	p := copied(coefficients[0])
	for _, c := range coefficients[1:] {
		emit(multiplyAdd, c, x, p)
	}
	return p
}

func add(a, b Op) vec { return apply(x86.VADDPS, a, b) }
func sub(a, b Op) vec { return apply(x86.VSUBPS, a, b) }
func mul(a, b Op) vec { return apply(x86.VMULPS, a, b) }
func div(a, b Op) vec { return apply(x86.VDIVPS, a, b) }
func and(a, b Op) vec { return apply(x86.VANDPS, a, b) }
func or(a, b Op) vec  { return apply(x86.VORPS, a, b) }
func xor(a, b Op) vec { return apply(x86.VXORPS, a, b) }

// without is b with the bits of a cleared.
func without(a, b Op) vec { return apply(x86.VANDNPS, a, b) }

func sqrt(a Op) vec { return result(x86.VSQRTPS, a) }

// round is the integer next to a, the even one of two.
func round(a Op) vec {
	const toEven = 8
	if lanes == 16 {
		return result(x86.VRNDSCALEPS, Imm(toEven), a)
	}
	out := vector()
	VROUNDPS(Imm(toEven), a, out)
	return out
}

// fma is a·b + c and fnma c − a·b, rounded once.
func fma(a, b, c Op) vec  { return accumulate(x86.VFMADD231PS, a, b, c) }
func fnma(a, b, c Op) vec { return accumulate(x86.VFNMADD231PS, a, b, c) }

// poly is the polynomial with these coefficients, the highest first.
func poly(x vec, coefficients ...float64) vec {
	return horner(x86.VFMADD213PS, x, each(num, coefficients))
}

// below is min(x, limit) and above max(x, limit); NaN in x stays NaN.
func below(x vec, limit Op) vec { return apply(x86.VMINPS, limit, x) }
func above(x vec, limit Op) vec { return apply(x86.VMAXPS, limit, x) }

// mask is a set of lanes: a vector of all ones in them and zeros in the others, in AVX-512 an opmask.
type mask struct{ bits reg.Register }

func newMask() mask {
	if lanes == 16 {
		return mask{K()}
	}
	return mask{YMM()}
}

// compare is the lanes in which a comparison holds. Of the comparisons below, unordered and those that begin with not hold
// for NaN.
func compare(predicate uint64, a, b Op) mask {
	out := newMask()
	emit(x86.VCMPPS, Imm(predicate), b, register(a), out.bits)
	return out
}

func equal(a, b Op) mask        { return compare(0x00, a, b) }
func unordered(a, b Op) mask    { return compare(0x03, a, b) }
func notEqual(a, b Op) mask     { return compare(0x04, a, b) }
func less(a, b Op) mask         { return compare(0x11, a, b) }
func lessEqual(a, b Op) mask    { return compare(0x12, a, b) }
func notLess(a, b Op) mask      { return compare(0x15, a, b) }
func notLessEqual(a, b Op) mask { return compare(0x16, a, b) }

// both is the lanes in a and in b, either those in one of them.
func both(a, b mask) mask   { return combine(KANDW, VANDPS, a, b) }
func either(a, b mask) mask { return combine(KORW, VORPS, a, b) }

func combine(opmasks func(a, b, out Op), vectors func(...Op), a, b mask) mask {
	out := newMask()
	if lanes == 16 {
		opmasks(a.bits, b.bits, out.bits)
	} else {
		vectors(a.bits, b.bits, out.bits)
	}
	return out
}

// where is a in the lanes of m, else b.
func where(m mask, a, b Op) vec {
	out := vector()
	if lanes == 16 {
		emit(x86.VBLENDMPS, a, register(b), m.bits, out)
	} else {
		VBLENDVPS(m.bits, a, register(b), out)
	}
	return out
}

// whereNegative is a in the lanes in which the sign bit of x is set, else b.
func whereNegative(x vec, a, b Op) vec {
	if lanes == 8 {
		return where(mask{x}, a, b) // which looks at that bit alone
	}
	m := newMask()
	VPMOVD2M(x, m.bits)
	return where(m, a, b)
}

// only is a in the lanes of m, else +0.
func only(m mask, a Op) vec {
	out := vector()
	if lanes == 16 {
		VMOVAPS_Z(register(a), m.bits, out)
	} else {
		VANDPS(a, m.bits, out)
	}
	return out
}

// orNaN is NaN, all ones, in the lanes of m, else a.
func orNaN(m mask, a vec) vec {
	if lanes == 16 {
		return where(m, constant(math.MaxUint32), a)
	}
	return or(a, m.bits)
}

func abs(x Op) vec      { return without(signBit, x) }
func minusAbs(x Op) vec { return or(x, signBit) }
func signOf(x Op) vec   { return and(x, signBit) }
func negate(x Op) vec   { return xor(x, signBit) }

// keepNaN is v, or NaN where x is.
func keepNaN(x, v vec) vec { return orNaN(unordered(x, x), v) }

// finite is x with ±Inf replaced by the largest float.
func finite(x vec) vec {
	return below(above(x, num(-math.MaxFloat32)), num(math.MaxFloat32))
}

var (
	sqrtHalf = num(math.Sqrt2 / 2)
	one      = num(1)
	two      = num(2)
	half     = num(0.5)
	inf      = num(math.Inf(1))
	signBit  = constant(1 << 31)
)

// num is a vector of floats v.
func num(v float64) Mem { return constant(math.Float32bits(float32(v))) }

// What follows takes the bits of floats for integers.

func addInt(a, b Op) vec { return apply(x86.VPADDD, a, b) }
func subInt(a, b Op) vec { return apply(x86.VPSUBD, a, b) }

func shiftLeft(a vec, bits uint64) vec { return result(x86.VPSLLD, Imm(bits), a) }

// shiftRight keeps the sign.
func shiftRight(a vec, bits uint64) vec { return result(x86.VPSRAD, Imm(bits), a) }

// fromInt is an integer as a float.
func fromInt(a vec) vec { return result(x86.VCVTDQ2PS, a) }

// constant is a vector of dwords with these bits, in either width.
func constant(bits uint32) Mem {
	return data(fmt.Sprintf("x%08x", bits), slices.Repeat([]uint32{bits}, 16)...)
}

var constants = map[string]Mem{}

// data is read-only memory of this name.
func data[T uint32 | uint64](name string, values ...T) Mem {
	m, ok := constants[name]
	if !ok {
		m = GLOBL(name, attr.RODATA|attr.NOPTR)
		for i, v := range values {
			size := int(unsafe.Sizeof(v))
			DATA(size*i, map[int]Constant{4: U32(v), 8: U64(v)}[size])
		}
		constants[name] = m
	}
	return m
}

// each is f of some values.
func each[T, R any](f func(T) R, values []T) (results []R) {
	for _, v := range values {
		results = append(results, f(v))
	}
	return results
}
