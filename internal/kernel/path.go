package kernel

import (
	"fmt"
	"os"
)

// PathVariable is the environment variable that chooses the implementation of the kernels: "generic"
// for the portable one, "avx2" for that in AVX2 and FMA, "avx512" for the same in AVX-512, nothing for the fastest
// that there is.
const PathVariable = "ACTFN_KERNEL"

var asked = os.Getenv(PathVariable)

// Path names the implementation of the kernels that runs: results have the same bits on the same path. That in
// AVX-512 is avx2, whose bits it computes.
func Path() string {
	if avx2 {
		return "avx2"
	}
	return "generic"
}

// Instructions names what the processor computes the kernels with: avx512, avx2 or generic.
func Instructions() string {
	if wide {
		return "avx512"
	}
	return Path()
}

// CheckPath says what is wrong with the choice that the environment makes.
func CheckPath() error {
	switch asked {
	case "", Instructions():
		return nil
	case "avx512":
		return fmt.Errorf("%s: value is avx512, which this processor or build does not have, want %s", PathVariable, Instructions())
	case "avx2":
		return fmt.Errorf("%s: value is avx2, which this processor or build does not have, want generic", PathVariable)
	}
	return fmt.Errorf("%s: value is %q, want avx512, avx2 or generic", PathVariable, asked)
}
