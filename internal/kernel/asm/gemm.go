package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const lane = 32 // bytes of a vector of eight floats

// tallest is the most rows of a tile.
const tallest = 12

// gemmForm is the tiles of some columns: of whole vectors, or masked, of the first columns of them.
type gemmForm struct {
	from          int // the least columns of C that are left where the form is used
	vectors, rows int // of the largest tile
	masked        bool
}

// gemmForms returns the forms, the narrowest first. In AVX2 tiles have 16 columns and up to 6 rows, or 8 columns, of which a
// mask may select the first, and up to 12 rows: as many as the registers hold. In AVX-512 they have up to 12 rows and the
// first of 32 or of 16 columns.
func gemmForms() []gemmForm {
	if lanes == 16 {
		return []gemmForm{{1, 1, tallest, true}, {17, 2, tallest, true}}
	}
	return []gemmForm{{1, 1, tallest, true}, {8, 1, tallest, false}, {16, 2, tallest / 2, false}}
}

// name is that of all kernels of a form, and with rows of one of them.
func (f gemmForm) name(rows string) string {
	name := fmt.Sprintf("gemm%s%d", rows, lanes*f.vectors)
	if f.masked {
		name += "Masked"
	}
	return name
}

// gemms writes the tiles of package kernel's matrix products and the table that finds them: for a number of columns that are
// left, an array of kernels by whether A's columns are listed and by rows.
func gemms() {
	eachSet(func() {
		tiles := []string{"{}"}
		var form gemmForm
		forms := gemmForms()
		for columns := 1; columns <= 2*lanes; columns++ {
			if len(forms) > 0 && columns == forms[0].from {
				form, forms = forms[0], forms[1:]
				arrays = append(arrays, form.name("")+suffix()+" = "+gemmArray(form))
			}
			rows := form.rows
			if lanes == 8 && columns > lanes {
				rows = tallest / 2 // as of the tiles of two vectors beside it
			}
			width := min(columns, form.vectors*lanes)
			tiles = append(tiles, fmt.Sprintf("{%d, %d, &%s}", width, rows, form.name("")+suffix()))
		}
		fill(assembly, "lanes", "int", fmt.Sprint(lanes))
		fill(assembly, "gemm", "[]gemmTile", list("[]gemmTile", tiles))
		fill(assembly, "fetches", "int", fmt.Sprint(lanes*lanes/64)+" /* in two steps of a tile */")
	})
}

// gemmArray writes the kernels of a form and returns the array of them.
func gemmArray(form gemmForm) string {
	var lists []string
	for _, listed := range []bool{false, true} {
		names := []string{"nil"}
		for rows := 1; rows <= form.rows; rows++ {
			names = append(names, gemm(form, rows, listed))
		}
		lists = append(lists, list("", names))
	}
	return list(fmt.Sprintf("[2][%d]gemmKernel", tallest+1), lists)
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
func gemm(form gemmForm, rows int, listed bool) string {
	name := form.name(fmt.Sprint(rows, "x"))
	if listed {
		name += "Listed"
	}
	return function(name, gemmSignature, func() { gemmBody(form.vectors, form.masked, rows, listed) })
}

func gemmBody(vectors int, masked bool, rows int, listed bool) {
	first, rowA, stepA, stepB := parameter("a"), parameter("rowA"), GP64(), parameter("stepB")
	steps := GP64() // the next
	if !listed {
		Load(Param("stepA"), stepA)
	}
	b, c := GP64(), parameter("c")
	parts := make([]reg.Register, vectors) // of the vectors, that are touched
	switch {
	case masked && lanes == 16:
		bits, ones := GP32(), GP32()
		MOVL(U32(math.MaxUint32), ones)
		BZHIL(parameter("columns").(reg.GPVirtual).As32(), ones, bits)
		for v := range parts {
			parts[v] = K()
			KMOVW(bits, parts[v])
			SHRL(Imm(16), bits)
		}
	case masked:
		columns := parameter("columns")
		SUBQ(Imm(uint64(lanes)), columns)
		parts[0] = lastLanes(columns)
	}
	ahead, aheadStep := parameter("ahead"), parameter("aheadStep")
	groups := GP64()
	tiles := local("tiles", groups)
	left, jump := GP64(), GP64()
	if !listed { // from the end of a group to the next: groupA less the columns that were walked
		Load(Param("k"), left)
		IMULQ(stepA, left)
		Load(Param("groupA"), jump)
		SUBQ(left, jump)
	}

	repeat("tile", tiles, 1, func() {
		sums := vecs(rows * vectors)
		row := GP64()
		Load(Param("add"), row)
		TESTQ(row, row)
		JZ(LabelRef("zero"))
		eachOfC := func(row reg.Register, visit func(m Mem, v, sum int)) {
			var apart reg.Register
			if lanes == 16 && vectors == 2 {
				apart = parameter("apartC")
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
				increase(steps, 8)
				a.advance(stepA, 4)
			} else {
				a.advance(stepA, 1)
			}
			ADDQ(stepB, b)
		}
		Load(Param("groups"), groups)
		repeat("group", groups, 1, func() {
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
		})
		eachOfC(c, func(m Mem, v, sum int) { store(sums[sum], parts[v], m) })
		for range rows {
			ADDQ(rowA, first)
		}
	})
}
