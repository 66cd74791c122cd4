// Command asm writes the AVX2 and FMA kernels of package kernel, as go generate there calls it.
// The Go functions of that package that call them are what each computes, in words and in Go.
package main

import (
	"flag"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
)

func main() {
	build.ConstraintExpr("!purego")
	for rows := 1; rows <= 6; rows++ {
		for _, listed := range []bool{false, true} {
			gemm(rows, 2, false, listed)
			gemm(rows, 1, false, listed)
			gemm(rows, 1, true, listed)
		}
	}
	for panels := 1; panels <= 4; panels++ {
		sparse(panels)
	}
	transposeTiles()
	convMax()
	convRows()
	for filters := 1; filters <= 3; filters++ {
		for taps := 1; taps <= 4; taps++ {
			convDot(filters, taps)
		}
	}
	inWide(func() {
		for filters := 2; filters <= 8; filters += 2 {
			for taps := 1; taps <= 6; taps++ {
				convDot(filters, taps)
			}
		}
	})
	expand2x2()
	poolWindows()
	adam()
	steps()
	arithmetic()
	elementary()
	inFloat64()
	activations()
	reductions()
	flag.Parse()
	writeAbsent()
	build.Generate()
}

// function begins a kernel, which keeps no pointer it is given.
func function(name, signature string) {
	build.TEXT(name, attr.NOSPLIT, signature)
	build.Pragma("noescape")
}
