package kernel

import (
	"fmt"
	"os"
)

// PathVariable is the environment variable that chooses the implementation of the kernels: "generic"
// for the portable one, "avx2" or nothing for the fastest that there is.
const PathVariable = "ACTFN_KERNEL"

var asked = os.Getenv(PathVariable)

// Path names the implementation of the kernels that runs: results have the same bits on the same path.
func Path() string {
	if avx2 {
		return "avx2"
	}
	return "generic"
}

// CheckPath says what is wrong with the choice that the environment makes.
func CheckPath() error {
	switch {
	case asked == "" || asked == Path():
		return nil
	case asked == "avx2":
		return fmt.Errorf("%s: value is avx2, which this processor or build does not have, want generic", PathVariable)
	}
	return fmt.Errorf("%s: value is %q, want avx2 or generic", PathVariable, asked)
}
