package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// lanes is the number of floats in a vector of the code that is being written: 8 in AVX2, 16 in AVX-512.
var lanes = 8

// vectorBytes is the size of a vector in bytes.
func vectorBytes() int { return 4 * lanes }

// vector returns a new register.
func vector() vec {
	if lanes == 16 {
		return ZMM()
	}
	return YMM()
}

// load fills v from memory, or only the lanes of part; the others become 0 and are not read.
func load(m Mem, part reg.Register, v vec) {
	switch {
	case part == nil:
		VMOVUPS(m, v)
	case lanes == 16:
		VMOVUPS_Z(m, part, v)
	default:
		VMASKMOVPS(m, part, v)
	}
}

// store writes v to memory, or only the lanes of part.
func store(v vec, part reg.Register, m Mem) {
	switch {
	case part == nil:
		VMOVUPS(v, m)
	case lanes == 16:
		VMOVUPS(v, part, m)
	default:
		VMASKMOVPS(v, part, m)
	}
}

// firstLanes sets part to the first n ≤ 16 lanes, in AVX-512.
func firstLanes(n, part reg.Register) {
	bits := GP32()
	ones := GP32()
	MOVL(U32(math.MaxUint32), ones)
	BZHIL(n.(reg.GPVirtual).As32(), ones, bits)
	KMOVW(bits, part)
}

func vecs(n int) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = vector()
	}
	return v
}

func zero(v []reg.VecVirtual) {
	for _, r := range v {
		VXORPS(r, r, r)
	}
}
