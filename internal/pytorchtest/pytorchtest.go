// Package pytorchtest finds the PyTorch that tests compare with.
package pytorchtest

import (
	"os/exec"
	"testing"
)

// Interpreter returns a Python that has torch and PIL, or skips the test. It looks for the modules and does not import
// them, which takes seconds.
func Interpreter(t testing.TB) string {
	t.Helper()
	const debian = "/usr/bin/python3" // python3-torch installs for this one
	const find = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ('torch', 'PIL'))))"
	if exec.Command(debian, "-c", find).Run() != nil {
		t.Skip("no PyTorch here: apt-get install python3-torch python3-pil")
	}
	return debian
}
