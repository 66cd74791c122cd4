package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const lane = 32 // bytes of a vector of eight floats

// gemms writes the tiles of package kernel's matrix products. In AVX2 they have 16 columns and up to 6 rows, or 8 columns,
// of which a mask may select the first, and up to 12 rows: as many as the registers hold. In AVX-512 they have up to 12
// rows and the first of 32 or of 16 columns.
func gemms() {
	const tallest = 12
	eachSet(func() {
		forms := []gemmForm{
			{vectors: 1, masked: true, rows: tallest}, {vectors: 1, rows: tallest}, {vectors: 2, rows: tallest / 2},
		}
		if lanes == 16 {
			forms = []gemmForm{{vectors: 1, masked: true, rows: tallest}, {vectors: 2, masked: true, rows: tallest}}
		}
		for _, f := range forms {
			var lists []string
			for _, listed := range []bool{false, true} {
				names := []string{"nil"}
				for rows := 1; rows <= f.rows; rows++ {
					names = append(names, f.name(rows, listed)+suffix())
					gemm(f, rows, listed)
				}
				lists = append(lists, list("", names))
			}
			kernels := list(fmt.Sprintf("[2][%d]gemmKernel", tallest+1), lists)
			arrays = append(arrays, f.array()+" = "+kernels)
		}
		widest := 2 * lanes
		tiles := []string{"{}"} // by the number of columns that are left
		for columns := 1; columns <= widest; columns++ {
			f, rows := forms[len(forms)-1], tallest
			switch {
			case lanes == 16 && columns <= 16:
				f = forms[0]
			case lanes == 8 && columns < 8:
				f = forms[0]
			case lanes == 8 && columns < 16:
				f = forms[1]
			}
			if lanes == 8 && columns > 8 {
				rows = tallest / 2
			}
			width := min(columns, f.vectors*lanes)
			tiles = append(tiles, fmt.Sprintf("{%d, %d, &%s}", width, rows, f.array()))
		}
		fill(assembly, "lanes", "int", fmt.Sprint(lanes))
		fill(assembly, "gemm", "[]gemmTile", list("[]gemmTile", tiles))
		fill(assembly, "fetches", "int", fmt.Sprint(lanes*lanes/64)+" /* in two steps of a tile */")
	})
}

// gemmForm is the tiles of one width.
type gemmForm struct {
	vectors, rows int
	masked        bool
}

func (f gemmForm) name(rows int, listed bool) string {
	name := fmt.Sprintf("gemm%dx%d", rows, lanes*f.vectors)
	if f.masked {
		name += "Masked"
	}
	if listed {
		name += "Listed"
	}
	return name
}

// array is the name of the array of its kernels, by whether they are listed and by rows.
func (f gemmForm) array() string {
	name := fmt.Sprintf("gemm%d", lanes*f.vectors)
	if f.masked {
		name += "Masked"
	}
	return name + suffix()
}

const gemmSignature = "(a *float32, rowA, stepA, groupA uintptr, steps *int, b *float32, stepB, groupB uintptr, " +
	"c *float32, rowC, apartC uintptr, columns, k, groups, tiles, add int, " +
	"ahead *float32, aheadStep, aheadGroup uintptr)"

// gemm writes a kernel that computes some tiles, one below the other, of rows × some vectors of C (+)= A·B, each in
// registers over all of the inner dimension: groups of k each. Strides are in bytes: A's rows are rowA apart, its columns
// stepA and its groups of columns groupA; B's and C's rows are stepB and rowC apart; from the end of a group of B's rows to
// the next it is groupB bytes. With add a tile begins at C, else at 0. It prefetches a cache line at ahead every two
// steps, in AVX-512 two lines every step. If masked, it touches only the first columns of B and C; in AVX-512 C's second
// vector is apartC bytes from its first. If listed, steps has the distance from each column of A to the next, in floats;
// the last may be any number.
func gemm(form gemmForm, rows int, listed bool) {
	vectors, masked := form.vectors, form.masked
	begin(form.name(rows, listed), gemmSignature)
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
		bits, ones := GP32(), GP32()
		MOVL(U32(math.MaxUint32), ones)
		BZHIL(Load(Param("columns"), GP64()).(reg.GPVirtual).As32(), ones, bits)
		for v := range parts {
			parts[v] = K()
			KMOVW(bits, parts[v])
			SHRL(Imm(16), bits)
		}
	case masked:
		parts[0] = lastLanes(subtracted(Load(Param("columns"), GP64()), lanes))
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
	ADDQ(stored("groupB"), b)
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

// subtracted is r less n.
func subtracted(r reg.Register, n int) reg.Register {
	SUBQ(Imm(uint64(n)), r)
	return r
}

// stored is a parameter in memory, where the caller put it.
func stored(name string) Mem {
	parameter, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return parameter.Addr
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
