// Package model turns a Config into the classifier: its named parameters and the Gorgonia graphs that
// train it and evaluate it. The graphs share the parameters.
package model

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"actfn/internal/op"
	"actfn/internal/worker"
)

// Input is the shape of one image.
type Input struct {
	Channels int `json:"channels"`
	Height   int `json:"height"`
	Width    int `json:"width"`
}

// Net is a classifier with its parameters. It may be used by one goroutine at a time.
type Net struct {
	Config     Config
	Input      Input
	Classes    int
	Layers     Layers
	Parameters []*Parameter // in the order of the layers, weight before bias before those of the activation

	pool *worker.Pool
}

// Declare describes the classifier for images of one shape: its parameters have names and shapes but
// no values, and take no memory. The pool's workers will run it.
func Declare(cfg Config, in Input, classes int, pool *worker.Pool) (*Net, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if in.Channels < 1 || in.Height < 1 || in.Width < 1 {
		return nil, fmt.Errorf("model: image is %d×%d×%d, want channels, height and width of 1 or more", in.Channels, in.Height, in.Width)
	}
	if classes < 1 {
		return nil, fmt.Errorf("model: number of classes is %d, want at least 1", classes)
	}
	layers, err := cfg.Layers()
	if err != nil {
		return nil, err
	}
	net := &Net{Config: cfg, Input: in, Classes: classes, Layers: layers, pool: pool}
	features, err := net.addBlocks(cfg.blocks())
	if err != nil {
		return nil, err
	}
	for i, out := range append(append([]int{}, cfg.Hidden...), classes) {
		net.addLinear(fmt.Sprintf("fc%d", i+1), features, out)
		if i < len(cfg.Hidden) {
			net.addActivation(len(cfg.Filters)+i, out)
		}
		features = out
	}
	return net, nil
}

// Initialise gives every parameter PyTorch's default initialisation, drawn from seed, or, where it is an
// activation's, the value that its spec says.
func (net *Net) Initialise(seed uint64) {
	for _, p := range net.Parameters {
		p.initialise(seed)
	}
}

// addBlocks declares the convolutions' parameters and returns the number of features they leave.
func (net *Net) addBlocks(blocks []block) (features int, err error) {
	shape := net.Input
	for i, b := range blocks {
		name := fmt.Sprintf("conv%d", i+1)
		next, err := b.output(shape)
		if err != nil {
			return 0, fmt.Errorf("model: %s %w", name, err)
		}
		fanIn := shape.Channels * b.kernel * b.kernel
		net.add(newParameter(name+".weight", fanIn, b.filters, shape.Channels, b.kernel, b.kernel))
		net.add(newParameter(name+".bias", fanIn, b.filters))
		net.addActivation(i, b.filters)
		shape = next
	}
	return shape.Channels * shape.Height * shape.Width, nil
}

func (net *Net) addLinear(name string, in, out int) {
	net.add(newPanels(name+".weight", out, in))
	net.add(newParameter(name+".bias", in, out))
}

// addActivation declares what is learnt of a layer's activation.
func (net *Net) addActivation(layer, channels int) {
	l := net.Layers[layer]
	for _, p := range l.Activation.Learnable() {
		net.add(newActivationParameter(l.Name, p, channels))
	}
}

func (net *Net) add(p *Parameter) { net.Parameters = append(net.Parameters, p) }

// Size is the number of trainable values.
func (net *Net) Size() int {
	n := 0
	for _, p := range net.Parameters {
		n += p.Size()
	}
	return n
}

// Learnt is the number of those that belong to activations.
func (net *Net) Learnt() int {
	n := 0
	for _, p := range net.Parameters {
		if p.OfActivation {
			n += p.Size()
		}
	}
	return n
}

// graph is the classifier for batches of one size: from images, (planes, H, W, N), to logits, (Classes, N).
type graph struct {
	*gorgonia.ExprGraph
	images     *input
	logits     *gorgonia.Node
	parameters gorgonia.Nodes
	chances    []*chance // of the layers whose activation draws; none where it does not train
	layers     []layer
}

// layer is the result of one layer under a name that errors can show.
type layer struct {
	name string
	*gorgonia.Node
}

// build lays the classifier out for batches of n images of as many planes as channels, or of one that
// stands for all of them. In training the activations draw what is a matter of chance.
func (net *Net) build(n, planes int, training bool) (*graph, error) {
	g := &graph{ExprGraph: gorgonia.NewGraph()}
	for _, p := range net.Parameters {
		g.parameters = append(g.parameters, p.node(g.ExprGraph))
	}
	g.images = newInput(g.ExprGraph, "images", planes, net.Input.Height, net.Input.Width, n)

	x, next := g.images.Node, g.parameters
	take := func(n int) (taken gorgonia.Nodes) {
		taken, next = next[:n], next[n:]
		return taken
	}
	apply := func(name string, node *gorgonia.Node, err error) error {
		if err != nil {
			return fmt.Errorf("model: %s: %w", name, err)
		}
		x = node
		g.layers = append(g.layers, layer{name, node})
		return nil
	}
	linear := func(name string) error {
		p := take(2)
		node, err := op.Linear(net.pool, x, p[0], p[1])
		return apply(name, node, err)
	}
	for i, b := range net.Config.blocks() {
		p := take(2)
		f := g.function(net.Layers[i], take, training)
		node, err := op.ConvPool(net.pool, f, b.stride, b.padding, op.Window{Size: b.pool, Stride: b.poolStride}, x, p[0], p[1])
		if err := apply(fmt.Sprintf("output of block %d", i+1), node, err); err != nil {
			return nil, err
		}
	}
	for i := range net.Config.Hidden {
		if err := linear(fmt.Sprintf("output of fc%d", i+1)); err != nil {
			return nil, err
		}
		f := g.function(net.Layers[len(net.Config.Filters)+i], take, training)
		node, err := op.Activation(net.pool, f, x)
		if err := apply(fmt.Sprintf("activation after fc%d", i+1), node, err); err != nil {
			return nil, err
		}
	}
	if err := linear("logits"); err != nil {
		return nil, err
	}
	g.logits = x
	return g, nil
}

// function is the activation of a layer in the graph, with the nodes of what is learnt of it.
func (g *graph) function(l Layer, take func(n int) gorgonia.Nodes, training bool) op.Function {
	f := op.Function{Activation: l.Activation, Parameters: take(len(l.Activation.Learnable()))}
	if training && l.Activation.Random() {
		c := &chance{layer: l.Name}
		g.chances = append(g.chances, c)
		f.Chance = &c.Chance
	}
	return f
}
