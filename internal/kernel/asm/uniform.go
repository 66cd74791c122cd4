package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

// golden is by how much the counter of package rng's SplitMix64 grows from draw to draw.
const golden = 0x9e3779b97f4a7c15

// uniforms makes the draws of package rng in AVX-512, sixteen at a time: those of a counter on, and those at some places
// from there. How many there are is a multiple of 16.
func uniforms() {
	inWide(func() {
		drawing("uniform", "(dst []float32, counter uint64)", func(i reg.Register) [2]vec {
			next := vector()
			VPBROADCASTQ(i, next)
			var at [2]vec
			for half := range at {
				at[half] = vector()
				VPADDQ(firstSixteen.Offset(64*half), next, at[half])
			}
			return at
		})
		drawing("uniformAt", "(dst []float32, at []int, counter uint64)", func(i reg.Register) [2]vec {
			list := Load(Param("at").Base(), GP64())
			var at [2]vec
			for half := range at {
				at[half] = vector()
				VMOVUPS(Mem{Base: list, Index: i, Scale: 8, Disp: 64 * half}, at[half])
			}
			return at
		})
	})
}

// drawing makes a kernel that draws at the places that it is given for the draws from number i on.
func drawing(name, signature string, places func(i reg.Register) [2]vec) {
	function(name, "func"+signature)
	portable = append(portable, name+signature)
	dst, n := Load(Param("dst").Base(), GP64()), Load(Param("dst").Len(), GP64())
	first := vector()
	counter, err := Param("counter").Resolve()
	if err != nil {
		panic(err)
	}
	VPBROADCASTQ(counter.Addr, first)
	i := GP64()
	XORQ(i, i)
	Label("loop")
	var halves [2]vec
	for half, at := range places(i) {
		bits := mix(addQ(first, mulQ(at, quad(golden))))
		VPSRLQ(Imm(40), bits, bits)
		halves[half] = vector()
		VPMOVQD(bits, halves[half].AsY())
	}
	VINSERTI32X8(Imm(1), halves[1].AsY(), halves[0], halves[0])
	VMOVUPS(mul(fromInt(halves[0]), num(0x1p-24)), Mem{Base: dst, Index: i, Scale: 4})
	ADDQ(Imm(16), i)
	CMPQ(i, n)
	JL(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// mix is package rng's.
func mix(z vec) vec {
	z = mulQ(shifted(z, 30), quad(0xbf58476d1ce4e5b9))
	z = mulQ(shifted(z, 27), quad(0x94d049bb133111eb))
	return shifted(z, 31)
}

// shifted is z ^ z>>bits.
func shifted(z vec, bits uint64) vec {
	out := vector()
	VPSRLQ(Imm(bits), z, out)
	VPXORQ(out, z, out)
	return out
}

func addQ(a, b Op) vec { return apply(x86.VPADDQ, a, b) }
func mulQ(a, b Op) vec { return apply(x86.VPMULLQ, a, b) }

// firstSixteen is the integers from 0 on.
var firstSixteen = func() Mem {
	m := GLOBL("firstSixteen", attr.RODATA|attr.NOPTR)
	for i := range 16 {
		DATA(8*i, U64(i))
	}
	return m
}()
