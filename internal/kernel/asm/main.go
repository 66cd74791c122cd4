// Command asm writes the kernels of package kernel in AVX2 and FMA and in AVX-512, as go generate there calls it.
// The Go functions of that package that call them are what each computes, in words and in Go.
package main

import (
	"flag"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
)

func main() {
	build.ConstraintExpr("!purego")
	gemms()
	sparses()
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
