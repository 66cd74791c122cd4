package model

import (
	"fmt"

	"actfn/internal/layer"
)

// plain appends the layers of the plain network, which reads x: blocks of convolution → activation → max-pool, flatten,
// hidden linear layers each with the activation, and a linear output. The layers are called conv1, conv1.activation,
// pool1, …, flatten, fc1, fc1.activation, …
func (net *Net) plain(list *layer.List, x string) error {
	add := func(name string, l layer.Layer) {
		list.Add(name, l, x)
		x = name
	}
	activation := func(at, channels int) {
		a := net.Activations[at]
		name := a.Layer + ".activation"
		add(name, layer.Activation{Name: name, Function: a.Activation, Channels: channels})
	}
	channels := net.Input.Channels
	for i, b := range net.Config.blocks() {
		name := fmt.Sprintf("conv%d", i+1)
		add(name, layer.Convolution{
			Name: name, Channels: channels, Filters: b.filters, Kernel: b.kernel, Stride: b.stride, Padding: b.padding,
		})
		activation(i, b.filters)
		if b.pool > 1 || b.poolStride > 1 {
			add(fmt.Sprintf("pool%d", i+1), layer.MaxPool{Size: b.pool, Stride: b.poolStride})
		}
		channels = b.filters
	}
	add("flatten", layer.Flatten{})
	shapes, err := list.Shapes()
	if err != nil {
		return err
	}
	features := shapes[x].Size()
	linear := func(at, out int) {
		name := fmt.Sprintf("fc%d", at+1)
		add(name, layer.Linear{Name: name, Inputs: features, Features: out})
		features = out
	}
	for i, hidden := range net.Config.Hidden {
		linear(i, hidden)
		activation(len(net.Config.Filters)+i, hidden)
	}
	linear(len(net.Config.Hidden), net.Classes)
	return nil
}

// plainKinds are the kinds of layers of the plain network that have an activation.
var plainKinds = []string{"conv", "fc"}

// activated are the layers that have an activation: conv1, conv2 … are the blocks, fc1 … the hidden linear layers.
func (c Config) activated() []string {
	var names []string
	for i := range c.Filters {
		names = append(names, fmt.Sprint(plainKinds[0], i+1))
	}
	for i := range c.Hidden {
		names = append(names, fmt.Sprint(plainKinds[1], i+1))
	}
	return names
}
