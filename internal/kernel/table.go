package kernel

import (
	"fmt"
	"os"
)

// table is the kernels of one instruction set. The portable table has every kernel in Go, on every platform; on amd64 a
// table of assembly replaces it. The functions of a table may assume that the caller has checked the lengths of the slices.
type table struct {
	instructions string // avx512, avx2 or generic
	path         string // avx2 or generic: tables of one path compute the same bits

	geometry
	arithmetic
	elementary
	piecewise
	smooth
	reductions
	steps
	adamStep func(w, m, v, g []float32, c *adamCoefficients, ahead int)
	products
	conv     convPasses // of batches of whole vectors: N is a multiple of Lanes
	pool     poolKernels
	winograd winogradTransforms
	pictures pictureKernels
	assembly // zero in the portable table, whose functions call none
}

// geometry is the sizes in which the linear layer cuts its products to fit the caches and the vectors.
type geometry struct {
	// forwardDepth is the number of inputs of forwardWidth images that the forward product takes at a time: they and a
	// panel of their weights fit the second-level cache.
	forwardDepth int
	// stripWidth is the number of images that dx = W·dy takes at a time: the width of a tile, so that they and a few rows
	// of weights stay in the first-level cache.
	stripWidth int
	// packedPanels is the number of panels that one product computes of a dense dW.
	packedPanels int
	// sparsePanels is the number of panels that a product takes at a time where it skips zeros; 0: it skips none.
	sparsePanels int
}

// portable returns the table of kernels in Go.
func portable() table {
	return table{
		instructions: "generic", path: "generic",
		geometry:   geometry{forwardDepth: 3 * BlockHeight, stripWidth: 16, packedPanels: 1},
		arithmetic: portableArithmetic,
		elementary: portableElementary,
		piecewise:  portablePiecewise,
		smooth:     portableSmooth,
		reductions: portableReductions,
		steps:      portableSteps,
		adamStep:   adamInGo,
		products:   products{transpose: transposeElements, multiply: multiplyRows},
		conv:       rowPasses,
		pool:       portablePool,
		winograd:   portableWinograd,
		pictures:   portablePictures,
	}
}

// PathVariable is the environment variable that chooses the implementation of the kernels: "generic"
// for the portable one, "avx2" for AVX2 and FMA, "avx512" for AVX-512, nothing for the fastest that the
// processor has.
const PathVariable = "ACTFN_KERNEL"

var asked = os.Getenv(PathVariable)

// impl is the table that runs.
var impl table

func init() {
	all := tables()
	impl = all[0]
	for _, t := range all {
		if t.instructions == asked {
			impl = t
		}
	}
}

// tables returns the tables that this processor can run, the fastest first.
func tables() (all []table) {
	for _, t := range vectorTables() {
		all = append(all, completed(t))
	}
	return append(all, portable())
}

// completed returns a vector table with the functions in Go that call its assembly.
func completed(t table) table {
	t.path, t.sparsePanels = "avx2", len(t.assembly.sparse)-1
	t.adamStep = adamVectors
	t.products = products{transpose: transposeVectors, multiply: multiplyTiles}
	t.conv, t.pool, t.winograd, t.pictures = tilePasses, vectorPool, vectorWinograd, vectorPictures
	return t
}

// Use switches to the kernels of one instruction set: avx512, avx2 or generic. It is for tests and benchmarks that compare
// them. It must not be called while kernels run, and a layer, such as a Conv, must not be used on another instruction set
// than the one it was made on. restore switches back.
func Use(instructions string) (restore func(), err error) {
	for _, t := range tables() {
		if t.instructions == instructions {
			before := impl
			impl = t
			return func() { impl = before }, nil
		}
	}
	return nil, fmt.Errorf("kernel: path is %q, which this processor or build does not have", instructions)
}

// Path names the arithmetic that runs, avx2 or generic: results have the same bits on the same path. AVX-512 computes the
// bits of avx2.
func Path() string { return impl.path }

// Instructions names the instruction set that runs: avx512, avx2 or generic.
func Instructions() string { return impl.instructions }

// CheckPath says what is wrong with the choice that the environment makes.
func CheckPath() error {
	switch asked {
	case "", Instructions():
		return nil
	case "avx512", "avx2":
		const format = "%s: value is %s, which this processor or build does not have, want %s"
		return fmt.Errorf(format, PathVariable, asked, Instructions())
	}
	return fmt.Errorf("%s: value is %q, want avx512, avx2 or generic", PathVariable, asked)
}
