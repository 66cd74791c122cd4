package model

import (
	"reflect"
	"unsafe"

	"gorgonia.org/gorgonia"
)

// tape runs a graph on Gorgonia's tape machine, by its loop over the instructions. Its RunAll calls the same loop on
// another thread and waits, while it holds its own: two changes of thread, which take a twelfth of a step of the default
// model and half of the smallest.
type tape struct {
	gorgonia.VM
	failed chan error
	done   chan struct{}
}

func newTape(g *gorgonia.ExprGraph) tape {
	return tape{gorgonia.NewTapeMachine(g), make(chan error, 1), make(chan struct{}, 1)}
}

// RunAll executes the graph once. Without the Reset a second time would do nothing and say nothing.
func (t tape) RunAll() error {
	defer t.Reset()
	runTape(reflect.ValueOf(t.VM).UnsafePointer(), t.failed, t.done)
	select {
	case err := <-t.failed:
		return err
	case <-t.done:
		return nil
	}
}

// runTape sends why it failed, or that it is done.
//
//go:linkname runTape gorgonia.org/gorgonia.(*tapeMachine).runall
func runTape(machine unsafe.Pointer, failed chan error, done chan struct{})
