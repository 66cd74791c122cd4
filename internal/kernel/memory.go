package kernel

import (
	"fmt"
	"unsafe"
)

// hugePage is the size in bytes of a huge page.
const hugePage = 2 << 20

// Floats returns n zeros. An array of two huge pages or more begins at a huge page and uses them where the system has them,
// as Linux does: then the kernels need not look up a page for every thousand floats.
func Floats(n int) []float32 {
	const size = 4
	if n*size < 2*hugePage {
		return make([]float32, n)
	}
	all := make([]float32, n+hugePage/size)
	skip := -uintptr(unsafe.Pointer(&all[0])) % hugePage / size
	x := all[skip : int(skip)+n : int(skip)+n]
	adviseHuge(unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), n*size))
	return x
}

// cacheLine is the number of floats in a cache line.
const cacheLine = 16

// rooms returns count arrays of at least n floats. It reuses those of all that are large enough.
func rooms(all [][]float32, count, n int) [][]float32 {
	for len(all) < count {
		all = append(all, nil)
	}
	for i, r := range all {
		if len(r) < n {
			all[i] = make([]float32, n)
		}
	}
	return all
}

// atLeast panics unless a slice of some length holds n values: the assembly checks no lengths.
func atLeast(name string, length, n int) {
	if length < n {
		panic(fmt.Sprintf("kernel: length of %s is %d, want at least %d", name, length, n))
	}
}
