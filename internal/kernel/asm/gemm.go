package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const lane = 32 // bytes of a vector of eight floats

// gemms makes the tiles of package kernel's matrix_amd64.go.
func gemms() {
	for _, listed := range []bool{false, true} {
		for rows := 1; rows <= 12; rows++ {
			if rows <= 6 {
				gemm(rows, 2, false, listed)
			}
			gemm(rows, 1, false, listed)
			gemm(rows, 1, true, listed)
		}
		inWide(func() {
			for rows := 1; rows <= 12; rows++ {
				gemm(rows, 2, true, listed)
				gemm(rows, 1, true, listed)
			}
		})
	}
}

// gemm computes some tiles, one below the other, of rows × some vectors of C (+)= A·B, each in registers over all
// of the inner dimension: groups of k each. Strides are in bytes: A's rows are rowA apart, its columns stepA
// and its groups of columns groupA; B's and C's rows are stepB and rowC apart. With add a tile begins at C, else
// at 0. A cache line at ahead is fetched every two steps, in AVX-512 two every step. Masked, only the columns that
// mask selects of B and C are touched; in AVX-512 C's second vector is apartC bytes from its first, and from the end of
// a group of B's rows to the next it is groupB bytes. Listed, A's columns are where steps says: so many floats from one
// to the next, and from the last to anywhere.
func gemm(rows, vectors int, masked, listed bool) {
	name, mask := fmt.Sprintf("gemm%dx%d", rows, lanes*vectors), ""
	if masked {
		name, mask = name+"masked", ", mask *[8]int32"
		if lanes == 16 {
			mask = ", mask uint32, apartC, groupB uintptr"
		}
	}
	if listed {
		name += "listed"
	}
	function(name, "func(a *float32, rowA, stepA, groupA uintptr, steps *int, b *float32, stepB uintptr, c *float32, rowC uintptr, k, groups, tiles, add int, ahead *float32, aheadStep, aheadGroup uintptr"+mask+")")
	first, rowA := Load(Param("a"), GP64()), Load(Param("rowA"), GP64())
	stepA, stepB := GP64(), Load(Param("stepB"), GP64())
	steps := GP64() // the next
	if !listed {
		Load(Param("stepA"), stepA)
	}
	b, c := GP64(), Load(Param("c"), GP64())
	parts := make([]reg.Register, vectors) // of the vectors, that are touched
	switch {
	case masked && lanes == 16:
		bits := Load(Param("mask"), GP32())
		for v := range parts {
			parts[v] = K()
			KMOVW(bits, parts[v])
			SHRL(Imm(16), bits)
		}
	case masked:
		parts[0] = YMM()
		VMOVDQU(Mem{Base: Load(Param("mask"), GP64())}, parts[0])
	}
	ahead, aheadStep := Load(Param("ahead"), GP64()), Load(Param("aheadStep"), GP64())
	tiles, groups := AllocLocal(8), GP64()
	Load(Param("tiles"), groups)
	MOVQ(groups, tiles)
	left, jump := GP64(), GP64()
	if !listed { // from the end of a group to the next: groupA less the columns that were walked
		Load(Param("k"), left)
		IMULQ(stepA, left)
		Load(Param("groupA"), jump)
		SUBQ(left, jump)
	}

	Label("tile")
	sums := vecs(rows * vectors)
	row := GP64()
	Load(Param("add"), row)
	TESTQ(row, row)
	JZ(LabelRef("zero"))
	eachOfC := func(row reg.Register, visit func(m Mem, v, sum int)) {
		var apart reg.Register
		if lanes == 16 && vectors == 2 {
			apart = Load(Param("apartC"), GP64())
		}
		for r := range rows {
			for v := range vectors {
				m := Mem{Base: row, Disp: v * vectorBytes()}
				if v > 0 && apart != nil {
					m = Mem{Base: row, Index: apart, Scale: 1}
				}
				visit(m, v, r*vectors+v)
			}
			ADDQ(stored("rowC"), row)
		}
	}
	MOVQ(c, row)
	eachOfC(row, func(m Mem, v, sum int) { load(m, parts[v], sums[sum]) })
	JMP(LabelRef("begin"))
	Label("zero")
	zero(sums)
	Label("begin")

	if listed {
		Load(Param("steps"), steps)
	}
	a := rowsOf(first, rowA, rows)
	Load(Param("b"), b)
	bs, x := vecs(vectors), vecs(2)
	fetch := func() {
		PREFETCHT1(Mem{Base: ahead})
		ADDQ(aheadStep, ahead)
	}
	step := func() {
		if lanes == 16 {
			fetch()
			fetch()
		}
		for v := range vectors {
			load(Mem{Base: b, Disp: v * vectorBytes()}, parts[v], bs[v])
		}
		for r := range rows {
			if lanes == 16 && vectors == 1 {
				VFMADD231PS_BCST(a.at(r), bs[0], sums[r])
				continue
			}
			VBROADCASTSS(a.at(r), x[r%2])
			for v := range vectors {
				VFMADD231PS(bs[v], x[r%2], sums[r*vectors+v])
			}
		}
		if listed {
			MOVQ(Mem{Base: steps}, stepA)
			ADDQ(Imm(8), steps)
			a.advance(stepA, 4)
		} else {
			a.advance(stepA, 1)
		}
		ADDQ(stepB, b)
	}
	Load(Param("groups"), groups)
	Label("group")
	Load(Param("k"), left)
	SUBQ(Imm(2), left)
	JLT(LabelRef("last"))
	Label("pair")
	step()
	if lanes == 8 {
		fetch()
	}
	step()
	SUBQ(Imm(2), left)
	JGE(LabelRef("pair"))
	Label("last")
	ADDQ(Imm(1), left) // −1 + 1 where one step is left
	JNZ(LabelRef("next"))
	step()
	Label("next")
	if !listed {
		a.advance(jump, 1)
	}
	if masked && lanes == 16 {
		ADDQ(stored("groupB"), b)
	}
	ADDQ(stored("aheadGroup"), ahead)
	DECQ(groups)
	JNZ(LabelRef("group"))
	eachOfC(c, func(m Mem, v, sum int) { store(sums[sum], parts[v], m) })
	for range rows {
		ADDQ(rowA, first)
	}
	DECQ(tiles)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// stored is a parameter where the caller left it.
func stored(name string) Mem {
	parameter, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return parameter.Addr
}

// rowPointers address rows a stride apart: every third by a register, the others from it.
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

// advance goes on by so many times a step.
func (p rowPointers) advance(step reg.Register, times uint8) {
	for _, b := range p.bases {
		LEAQ(Mem{Base: b, Index: step, Scale: times}, b)
	}
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
