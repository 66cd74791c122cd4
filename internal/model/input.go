package model

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// input is a node whose value is memory of the caller's.
type input struct {
	*gorgonia.Node
	size  int
	value *tensor.Dense // nil before the first feed
}

func newInput(g *gorgonia.ExprGraph, name string, shape ...int) *input {
	return &input{
		Node: gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...)),
		size: tensor.Shape(shape).TotalSize(),
	}
}

// feed makes values the node's value, without a copy.
func (in *input) feed(values []float32) error {
	if len(values) != in.size {
		return fmt.Errorf("model: %s has %d values, want %d", in.Name(), len(values), in.size)
	}
	if in.value != nil {
		tensor.WithBacking(values)(in.value)
		return nil
	}
	in.value = tensor.New(tensor.WithShape(in.Shape()...), tensor.WithBacking(values))
	return gorgonia.Let(in.Node, in.value)
}
