package model

import (
	"fmt"

	"actfn/internal/layer"
	"actfn/internal/setting"
)

// resnet is the residual network for small images of He et al. 2016 (arXiv:1512.03385, section 4.2), of depth 6n + 2: a
// convolution with 16 filters, three stages of n blocks with 16, 32 and 64 filters (times width/16), global average
// pooling and a linear output. A block is two convolutions 3×3, each with a norm, and the activation after the first and
// after the sum with the block's input. Stages 2 and 3 begin with stride 2; there the input is joined by every second row
// and column, and zeros for the channels that it lacks (the paper's option A, without parameters).
//
// Its layers have torchvision's names: conv1, bn1, layer1.0.conv1, layer1.0.bn1, …, fc.
var resnet = network{
	norm: "batch", head: "average",
	keys: func(c *Config) []setting.Key {
		return []setting.Key{
			{Name: "depth", Value: &c.Depth, Flag: "depth", Arg: "N", Default: 20,
				Rule: setting.Number("6n + 2: 8, 14, 20, … to 1202", func(v float64) bool {
					n := int(v) - 2
					return n >= 6 && n <= 1200 && n%6 == 0
				}),
				Help: "layers with weights of a resnet: 8, 14, 20 or another 6n + 2",
				More: "This and the next two keys are of network resnet."},
			{Name: "width", Value: &c.Width, Flag: "width", Arg: "N", Default: 16, Rule: setting.Whole(1, maxWidth/4),
				Help: "filters of a resnet's first stage; the others have twice and four times as many"},
			{Name: "shortcut", Value: &c.Shortcut, Flag: "shortcut", Default: true,
				Help: "add the input of each block of a resnet to its result"},
		}
	},
	activated: func(c Config) []string {
		names := []string{"conv1"}
		for _, b := range c.residual() {
			names = append(names, b.name+".conv1", b.name+".conv2")
		}
		return names
	},
	build: func(b *builder) error {
		b.convolution("conv1", b.Width, 3, 1, 1, b.Norm == "none")
		b.norm("bn1")
		b.activation("conv1")
		for _, block := range b.residual() {
			b.residualBlock(block)
		}
		if _, err := b.features(); err != nil {
			return err
		}
		b.dropout("dropout")
		b.linear("fc", b.classes)
		return nil
	},
	check: func(c Config) (faults []error) {
		if c.NormOrder == "after" {
			faults = append(faults, fmt.Errorf("norm_order: value is after, want before for network resnet"))
		}
		if c.Head == "flatten" {
			faults = append(faults, fmt.Errorf("head: value is flatten, want average for network resnet"))
		}
		return faults
	},
}

// residual is a block of a resnet.
type residual struct {
	name            string // layer1.0
	filters, stride int
}

// residual are the blocks of a valid configuration.
func (c Config) residual() []residual {
	var blocks []residual
	for stage := range 3 {
		for i := range (c.Depth - 2) / 6 {
			b := residual{fmt.Sprintf("layer%d.%d", stage+1, i), c.Width << stage, 1}
			if stage > 0 && i == 0 {
				b.stride = 2
			}
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// residualBlock appends a block.
func (b *builder) residualBlock(of residual) {
	input, channels := b.x, b.channels
	for i, stride := range []int{of.stride, 1} {
		name, norm := fmt.Sprintf("%s.conv%d", of.name, i+1), fmt.Sprintf("%s.bn%d", of.name, i+1)
		b.convolution(name, of.filters, 3, stride, 1, b.Norm == "none")
		b.norm(norm)
		if i == 1 && b.Shortcut {
			if of.stride > 1 || of.filters != channels {
				b.Add(of.name+".shortcut", layer.Shortcut{Channels: of.filters, Stride: of.stride}, input)
				input = of.name + ".shortcut"
			}
			b.Add(of.name+".add", layer.Add{}, b.x, input)
			b.x = of.name + ".add"
		}
		b.activation(name)
	}
}
