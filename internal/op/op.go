// Package op holds the operations of the model's graph: each a Gorgonia op over the kernels, with
// its derivative beside it. Gorgonia sees the graph, differentiates it through SymDiff and runs it.
//
// Activations lie batch-innermost, (C, H, W, N) after convolutions and (Features, N) after linear
// layers; see package kernel.
//
// Every op owns the memory of its result and overwrites it at each run, so a result is valid until
// the next run and an op belongs to one graph and one machine. That is what Gorgonia's tape machine
// allows without allocating at each step: Reset drops the registers it would allocate itself.
package op

import (
	"fmt"
	"hash"
	"hash/fnv"
	"sync/atomic"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"actfn/internal/kernel"
)

// base is what Gorgonia wants to know of every op, and the memory of its result.
type base struct {
	name   string
	id     int64
	inputs []int         // dimensions of each input; 0 is a scalar
	shape  tensor.Shape  // of the result
	result *tensor.Dense // nil before the first run, and for a scalar, which the op holds itself
}

// unique numbers the ops of the process: Gorgonia takes ops of equal hash for the same op and would
// merge, say, two leaky ReLUs of different slopes.
var unique atomic.Int64

// newBase describes an op by its name, the shape of its result (none: a scalar) and its inputs'
// dimensions.
func newBase(name string, shape tensor.Shape, inputs ...int) base {
	if len(shape) == 0 {
		shape = tensor.ScalarShape()
	}
	return base{name: name, id: unique.Add(1), inputs: inputs, shape: shape}
}

// Arity is the number of inputs.
func (b *base) Arity() int { return len(b.inputs) }

// Type is the op's signature. Its variable must not be called b: Gorgonia reserves that name.
func (b *base) Type() hm.Type {
	var types []hm.Type
	for _, dims := range append(b.inputs, b.shape.Dims()) {
		var t hm.Type = hm.TypeVariable('a')
		if dims > 0 {
			t = gorgonia.TensorType{Dims: dims, Of: t}
		}
		types = append(types, t)
	}
	return hm.NewFnType(types...)
}

// InferShape is the shape of the result, which an op knows from its construction.
func (b *base) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) { return b.shape.Clone(), nil }

// ReturnsPtr is false, CallsExtern false and OverwritesInput −1: the result is the op's own, so
// Gorgonia must neither preallocate it nor hand it to another op to write.
func (b *base) ReturnsPtr() bool      { return false }
func (b *base) CallsExtern() bool     { return false }
func (b *base) OverwritesInput() int  { return -1 }
func (b *base) WriteHash(h hash.Hash) { fmt.Fprint(h, b.String()) }
func (b *base) String() string        { return fmt.Sprintf("%s#%d", b.name, b.id) }

// Hashcode is unique to the op.
func (b *base) Hashcode() uint32 {
	h := fnv.New32a()
	b.WriteHash(h)
	return h.Sum32()
}

// out is the memory of the result.
func (b *base) out() []float32 {
	if b.result == nil {
		b.result = tensor.New(tensor.WithShape(b.shape...), tensor.WithBacking(kernel.Floats(b.shape.TotalSize())))
	}
	return b.result.Float32s()
}

// view publishes memory that another op has filled, as the further result of an op that has several:
// Gorgonia's ops have one. It is a child of that op, which fixes their order.
type view struct{ base }

func newView(name string, memory []float32, shape tensor.Shape, dims int) *view {
	v := &view{newBase(name, shape, dims)}
	v.result = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(memory))
	return v
}

// Do returns the memory as it stands.
func (v *view) Do(...gorgonia.Value) (gorgonia.Value, error) { return v.result, nil }

// data is the memory of a tensor. Its method Data would allocate an interface each time.
func data(v gorgonia.Value) []float32 { return v.(*tensor.Dense).Float32s() }

// computed reports that a node is the result of an op, so that a gradient may have to flow into it.
func computed(n *gorgonia.Node) bool { return n.Op() != nil }

// shapeError reports an input of the wrong shape.
func shapeError(op, input string, got tensor.Shape, want ...int) error {
	return fmt.Errorf("%s: %s has shape %v, want %v", op, input, got, tensor.Shape(want))
}
