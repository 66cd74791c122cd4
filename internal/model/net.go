// Package model turns a Config into a classifier: a list of named layers, from which the parameters, the graphs that
// train and evaluate it, and their memory are read. The graphs share the parameters.
package model

import (
	"fmt"
	"slices"

	"actfn/internal/fuse"
	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/worker"
)

// Input is the shape of one image.
type Input struct {
	Channels int `json:"channels"`
	Height   int `json:"height"`
	Width    int `json:"width"`
}

// Net is a classifier with its parameters. One goroutine may use it at a time.
type Net struct {
	Config      Config
	Input       Input
	Classes     int
	Activations Activations
	Parameters  []*Parameter // in the order of the layers, buffers included

	pool *worker.Pool
}

// Declare describes the classifier for images of one shape: its parameters have names and shapes but no values, and
// take no memory. The pool's workers will run it.
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
	activations, err := cfg.Activations()
	if err != nil {
		return nil, err
	}
	net := &Net{Config: cfg, Input: in, Classes: classes, Activations: activations, pool: pool}
	list, err := net.List(in.Channels)
	if err != nil {
		return nil, err
	}
	params, err := list.Params()
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	for _, p := range params {
		net.Parameters = append(net.Parameters, &Parameter{Param: p})
	}
	return net, nil
}

// images and labels are what a network is fed.
const (
	images = "images"
	labels = "labels"
)

// List is the network as it is declared, from images to logits. The images have as many planes as channels, or one that
// stands for all of them.
func (net *Net) List(planes int) (layer.List, error) {
	list := layer.List{Inputs: []layer.Input{{Name: images, Shape: layer.Shape{planes, net.Input.Height, net.Input.Width}}}}
	b := builder{
		List: &list, Config: net.Config, activations: net.Activations, classes: net.Classes, x: images,
		channels: net.Input.Channels,
	}
	if planes == 1 && net.Input.Channels > 1 {
		b.add("channels", layer.Repeat{Channels: net.Input.Channels})
	}
	if err := net.Config.network().build(&b); err != nil {
		return list, fmt.Errorf("model: %w", err)
	}
	return list, nil
}

// Initialise gives every parameter its initial value, drawn from the seed where it is a matter of chance.
func (net *Net) Initialise(seed uint64) {
	for _, p := range net.Parameters {
		p.initialise(seed)
	}
}

// Size is the number of trainable values.
func (net *Net) Size() int { return net.count(func(p *Parameter) bool { return !p.Buffer }) }

// Learnt is the number of those that belong to activations.
func (net *Net) Learnt() int { return net.count(func(p *Parameter) bool { return p.OfActivation }) }

func (net *Net) count(which func(*Parameter) bool) int {
	n := 0
	for _, p := range net.Parameters {
		if which(p) {
			n += p.Size()
		}
	}
	return n
}

// Memory estimates the bytes that training in batches takes: for each parameter its value, its gradient or a share of
// it, the optimiser's moments, as much again while they are saved, and the value at the start of the epoch, to fall back
// on; for each column of a batch the result of each
// layer, its gradient, and what the layer works with; and the images of the batches.
func (net *Net) Memory(batch, moments int) int64 {
	bytes := int64(0)
	for _, p := range net.Parameters {
		bytes += kept(p.Size(), moments)
	}
	for _, n := range net.work(batch, rewrites(true)) {
		bytes += n
	}
	return bytes
}

// ProbeMemory estimates the bytes that a probe in batches takes, beside the parameters.
func (net *Net) ProbeMemory(batch int) int64 {
	bytes := int64(0)
	for _, n := range net.work(batch, probeRewrites()) {
		bytes += n
	}
	return bytes
}

const floatBytes = 4 // of a float32

// kept are the bytes that so many values of parameters take.
func kept(values, moments int) int64 { return floatBytes * int64(values) * int64(2*(1+moments)+1) }

// work is what each layer of the rewritten list takes to train in batches, and images the images.
func (net *Net) work(batch int, rewrites []fuse.Rewrite) map[string]int64 {
	list, err := net.List(net.Input.Channels)
	if err != nil {
		return nil // Declare has refused it
	}
	list = fuse.Apply(list, rewrites...)
	shapes, err := list.Shapes()
	if err != nil {
		return nil
	}
	columns := columns(batch) + kernel.Lanes
	work := map[string]int64{
		images: floatBytes * 4 * int64(shapes[images].Size()) * int64(columns), // two batches on their way, and the one at work
	}
	for _, n := range list.Layers {
		work[n.Name] = 2*floatBytes*int64(shapes[n.Name].Size())*int64(columns) + n.Bytes(n.In(shapes), columns, true)
	}
	return work
}

// rewrites are those that every graph for training or for evaluation has, unless the environment asks for the plain list.
func rewrites(training bool) []fuse.Rewrite {
	all := fuse.Except(fuse.Update)
	switch {
	case fuse.Off():
		return nil
	case training:
		return all
	}
	return slices.Concat(fuse.Evaluation, all)
}

// probeRewrites are those that leave every layer in its place.
func probeRewrites() []fuse.Rewrite {
	if fuse.Off() {
		return nil
	}
	return []fuse.Rewrite{fuse.Winograd}
}

// Arithmetic names the class of arithmetic that computes: results of equal settings have equal bits in one class.
func Arithmetic() string {
	if fuse.Off() {
		return kernel.Path() + "-plain"
	}
	return kernel.Path()
}

// columns is the number of columns for a batch: rounded up to what the kernels take at a time.
func columns(batch int) int { return (batch + kernel.Lanes - 1) / kernel.Lanes * kernel.Lanes }
