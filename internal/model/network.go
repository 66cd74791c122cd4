package model

import (
	"slices"

	"actfn/internal/layer"
	"actfn/internal/setting"
)

// network is a family of networks: its keys, its layers, and what its settings must keep to.
type network struct {
	// keys are those that only this network has; norm and head are what it has by default.
	keys       func(*Config) []setting.Key
	norm, head string
	// activated are the names of the layers that have an activation, in order.
	activated func(Config) []string
	// build appends the layers to a list.
	build func(*builder) error
	// check returns what the settings of a valid configuration must not be together.
	check func(Config) []error
}

// networks are the registry, the default first.
var networks = []named{{"plain", plain}, {"resnet", resnet}}

type named struct {
	name string
	network
}

// networkNames are the names of the networks.
func networkNames() []string {
	var names []string
	for _, n := range networks {
		names = append(names, n.name)
	}
	return names
}

// network is the configured one; of an unknown name, which Validate refuses, the default.
func (c Config) network() network {
	for _, n := range networks {
		if n.name == c.Network {
			return n.network
		}
	}
	return networks[0].network
}

// builder appends layers to a list, each reading the one before.
type builder struct {
	*layer.List
	Config
	classes     int
	activations Activations
	x           string // the last layer
	channels    int    // of its result
}

// add appends a layer that reads the last one.
func (b *builder) add(name string, l layer.Layer) {
	b.Add(name, l, b.x)
	b.x = name
}

// convolution appends one with so many filters of kernel×kernel values.
func (b *builder) convolution(name string, filters, kernel, stride, padding int, bias bool) {
	b.add(name, layer.Convolution{
		Name: name, Channels: b.channels, Filters: filters, Kernel: kernel, Stride: stride, Padding: padding, NoBias: !bias,
	})
	b.channels = filters
}

// norm appends the configured norm, if there is one.
func (b *builder) norm(name string) {
	if b.Norm == "batch" {
		b.add(name, layer.BatchNorm{Name: name, Channels: b.channels})
	}
}

// activation appends the activation of a layer.
func (b *builder) activation(of string) {
	at := slices.IndexFunc(b.activations, func(a Assigned) bool { return a.Layer == of })
	name := of + ".activation"
	b.add(name, layer.Activation{Name: name, Function: b.activations[at].Activation, Channels: b.channels})
}

// dropout appends dropout, if there is any.
func (b *builder) dropout(name string) {
	if b.Dropout > 0 {
		b.add(name, layer.Dropout{Name: name, P: b.Dropout})
	}
}

// features makes one row of features of the channels, by the configured head, and returns their number.
func (b *builder) features() (int, error) {
	if b.Head == "average" {
		b.add("average", layer.GlobalAverage{})
	} else {
		b.add("flatten", layer.Flatten{})
	}
	shapes, err := b.Shapes()
	if err != nil {
		return 0, err
	}
	b.channels = shapes[b.x].Size()
	return b.channels, nil
}

// linear appends a linear layer of all features.
func (b *builder) linear(name string, features int) {
	b.add(name, layer.Linear{Name: name, Inputs: b.channels, Features: features})
	b.channels = features
}

// others are the keys of the other networks; of an unknown network there are none.
func (c *Config) others() []setting.Key {
	var keys []setting.Key
	for _, n := range networks {
		if slices.Contains(networkNames(), c.Network) && n.name != c.Network {
			keys = append(keys, n.keys(c)...)
		}
	}
	return keys
}
