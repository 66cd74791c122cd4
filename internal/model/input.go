package model

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// input is a node whose value is memory of the caller's.
type input struct {
	*gorgonia.Node
	shape tensor.Shape  // as of the node, which gives it away only as a copy
	value *tensor.Dense // nil before the first feed
}

func newInput(g *gorgonia.ExprGraph, name string, shape ...int) *input {
	node := gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...))
	return &input{Node: node, shape: node.Shape()}
}

// feed makes values the node's value, without a copy.
func (in *input) feed(values []float32) error {
	if want := in.shape.TotalSize(); len(values) != want {
		return fmt.Errorf("model: %s has %d values, want %d", in.Name(), len(values), want)
	}
	if in.value != nil {
		tensor.WithBacking(values)(in.value)
		return nil
	}
	in.value = tensor.New(tensor.WithShape(in.shape...), tensor.WithBacking(values))
	return gorgonia.Let(in.Node, in.value)
}
