package graph

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"sync"
	"unsafe"

	"gorgonia.org/gorgonia"
)

// tape runs a graph on Gorgonia's tape machine, by its loop over the instructions. Its RunAll calls the same loop on
// another thread and waits while it holds its own: two changes of thread, which take a twelfth of a step of the
// default model and half of the smallest.
type tape struct {
	gorgonia.VM
	failed chan error
	done   chan struct{}
}

func newTape(g *gorgonia.ExprGraph) tape {
	checkVersion()
	return tape{gorgonia.NewTapeMachine(g), make(chan error, 1), make(chan struct{}, 1)}
}

// run executes the graph once. Without the Reset a second time would do nothing and say nothing.
func (t tape) run() error {
	defer t.Reset()
	runTape(reflect.ValueOf(t.VM).UnsafePointer(), t.failed, t.done)
	select {
	case err := <-t.failed:
		return err
	case <-t.done:
		return nil
	}
}

// runTape is Gorgonia's unexported (*tapeMachine).runall: it sends why it failed, or that it is done. A version in
// which its signature differs would corrupt memory, so checkVersion refuses every other.
//
//go:linkname runTape gorgonia.org/gorgonia.(*tapeMachine).runall
func runTape(machine unsafe.Pointer, failed chan error, done chan struct{})

// tapeVersion is the version of Gorgonia whose signature runTape has.
const tapeVersion = "v0.9.18"

// checkVersion panics if this program was built with another version. The binary of a test does not know: TestVersion asks
// go.mod.
var checkVersion = sync.OnceFunc(func() {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	if err := checkModules(info.Deps); err != nil {
		panic(err)
	}
})

func checkModules(modules []*debug.Module) error {
	for _, m := range modules {
		if m.Path == "gorgonia.org/gorgonia" && (m.Version != tapeVersion || m.Replace != nil) {
			return fmt.Errorf("graph: gorgonia is %s, want %s unreplaced: see runTape in tape.go", m.Version, tapeVersion)
		}
	}
	return nil
}
