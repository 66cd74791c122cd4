package graph

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

// base is what Gorgonia asks of every op, and the memory of its result. An op owns that memory and overwrites it at
// each run, so a result is valid until the next run and an op belongs to one graph and one machine. That is what the
// tape machine allows without allocating at each step: Reset drops the registers that it would allocate itself.
type base struct {
	name   string
	id     int64
	inputs []int         // dimensions of each input; 0 is a scalar
	shape  tensor.Shape  // of the result
	result *tensor.Dense // nil where the result is a scalar
}

// unique numbers the ops of the process: Gorgonia merges ops of equal hash, say two leaky ReLUs of different slopes.
var unique atomic.Int64

// newBase describes an op by its name, its inputs and the memory of its result, which has the shape; no shape: a
// scalar, without memory.
func newBase(name string, inputs gorgonia.Nodes, memory []float32, shape ...int) base {
	b := base{name: name, id: unique.Add(1), shape: tensor.ScalarShape()}
	for _, n := range inputs {
		b.inputs = append(b.inputs, n.Dims())
	}
	if len(shape) > 0 {
		b.shape = shape
		b.result = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(memory))
	}
	return b
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

// ReturnsPtr is false, CallsExtern false and OverwritesInput −1: the result is the op's own, so Gorgonia must neither
// preallocate it nor hand it to another op to write.
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

// data is the memory of a tensor. Its method Data would allocate an interface each time.
func data(v gorgonia.Value) []float32 { return v.(*tensor.Dense).Float32s() }

// memory is the memory of a node's value, which an op or the caller owns.
func memory(n *gorgonia.Node) []float32 {
	if b, ok := n.Op().(interface{ own() []float32 }); ok {
		return b.own()
	}
	return data(n.Value())
}

func (b *base) own() []float32 { return b.result.Float32s() }

// view publishes memory that another op has filled: Gorgonia's ops have one result, and a layer's backward pass has
// many.
type view struct{ base }

// Do returns the memory as it stands.
func (v *view) Do(...gorgonia.Value) (gorgonia.Value, error) { return v.result, nil }

// publish makes a node of memory that the op of another node fills. It declares the order, which no data gives, by
// an edge: the other node is its input.
func publish(name string, filled []float32, after *gorgonia.Node, shape ...int) (*gorgonia.Node, error) {
	nodes := gorgonia.Nodes{after}
	return gorgonia.ApplyOp(&view{newBase(name, nodes, filled, shape...)}, nodes...)
}

// sum is the gradient of a value or parameter that is read several times, added up in the order of its inputs.
// Gorgonia's own Add would work in place, on the memory of the first.
type sum struct{ base }

// Do computes the sum.
func (s *sum) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	total := s.own()
	copy(total, data(in[0]))
	for _, v := range in[1:] {
		kernel.Add(total, total, data(v))
	}
	return s.result, nil
}

// add is the sum of nodes of one shape; of one node it is that node.
func add(name string, nodes gorgonia.Nodes) (*gorgonia.Node, error) {
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	shape := nodes[0].Shape()
	return gorgonia.ApplyOp(&sum{newBase(name, nodes, kernel.Floats(shape.TotalSize()), shape...)}, nodes...)
}
