// Command asm writes package kernel's assembly, in AVX2 with FMA and in AVX-512, and the Go files that describe it:
// the types and constants that the package shares with the assembly, and a table of functions for each instruction set.
package main

import (
	"flag"

	"github.com/mmcloughlin/avo/build"
)

func main() {
	types := flag.String("types", "", "write the types and constants shared with the assembly to `file`")
	tables := flag.String("tables", "", "write the tables of functions to `file`")
	build.ConstraintExpr("!purego")
	gemms()
	sparses()
	transposeTiles()
	expandLanes()
	convolutions()
	convDots()
	winograds()
	expand2x2()
	poolWindows()
	adam()
	steps()
	arithmetic()
	elementary()
	activations()
	reductions()
	moments()
	pictures()
	flag.Parse()
	writeTypes(*types)
	writeTables(*tables)
	build.Generate()
}
