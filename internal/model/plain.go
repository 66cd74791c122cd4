package model

import (
	"errors"
	"fmt"

	"actfn/internal/layer"
	"actfn/internal/setting"
)

// plain is the network of blocks of convolution → [norm] → activation → pooling, then hidden linear layers each with the
// activation, and a linear output. Its layers are called conv1, bn1, conv1.activation, pool1, …, flatten, fc1,
// fc1.activation, fc1.dropout, …
var plain = network{
	norm: "none", head: "flatten",
	keys: func(c *Config) []setting.Key {
		filters := setting.Key{Name: "filters", Value: &c.Filters, Flag: "filters", Arg: "LIST",
			Default: []int{64}, Rule: setting.Whole(1, maxWidth),
			Help: "filters of each block, as in 32,64",
			More: "A block is convolution → activation → pooling. This and the next seven keys are of network plain."}
		pooling := setting.Key{Name: "pooling", Value: &c.Pooling, Default: "max", Rule: setting.OneOf("max", "average"),
			Help: "what a pooling window yields"}
		hidden := setting.Key{Name: "hidden", Value: &c.Hidden, Flag: "hidden", Arg: "LIST",
			Default: []int{256}, Rule: setting.Whole(1, maxWidth),
			Help: "features of each hidden linear layer, as in 256,128; empty for none"}
		return append(append([]setting.Key{filters}, c.blockKeys()...), pooling, hidden)
	},
	activated: func(c Config) []string {
		var names []string
		for i := range c.Filters {
			names = append(names, fmt.Sprint("conv", i+1))
		}
		for i := range c.Hidden {
			names = append(names, fmt.Sprint("fc", i+1))
		}
		return names
	},
	build: buildPlain,
	check: func(c Config) (faults []error) {
		if len(c.Filters) == 0 {
			faults = append(faults, errors.New("filters: list is empty, want one entry for each block"))
		}
		for _, k := range c.blockKeys() {
			if n := len(k.Get().([]int)); n != 1 && n != len(c.Filters) {
				faults = append(faults, fmt.Errorf("%s: list has %d entries, want 1 or one for each of the %d blocks",
					k.Name, n, len(c.Filters)))
			}
		}
		return faults
	},
}

func buildPlain(b *builder) error {
	after := b.NormOrder == "after"
	for i, block := range b.blocks() {
		name, norm := fmt.Sprint("conv", i+1), fmt.Sprint("bn", i+1)
		b.convolution(name, block.filters, block.kernel, block.stride, block.padding, b.Norm == "none" || after)
		if !after {
			b.norm(norm)
		}
		b.activation(name)
		if after {
			b.norm(norm)
		}
		if block.pool > 1 || block.poolStride > 1 {
			b.add(fmt.Sprint("pool", i+1), b.pool(block))
		}
	}
	if _, err := b.features(); err != nil {
		return err
	}
	for i, hidden := range b.Hidden {
		name := fmt.Sprint("fc", i+1)
		b.linear(name, hidden)
		b.activation(name)
		b.dropout(name + ".dropout")
	}
	if len(b.Hidden) == 0 {
		b.dropout("dropout")
	}
	b.linear(fmt.Sprint("fc", len(b.Hidden)+1), b.classes)
	return nil
}

// pool is the pooling of a block.
func (b *builder) pool(of block) layer.Layer {
	if b.Pooling == "average" {
		return layer.AveragePool{Size: of.pool, Stride: of.poolStride}
	}
	return layer.MaxPool{Size: of.pool, Stride: of.poolStride}
}

// block is the configuration of one block.
type block struct{ filters, kernel, stride, padding, pool, poolStride int }

// blocks spreads the lists of a valid configuration over its blocks.
func (c Config) blocks() []block {
	of := func(list []int, i int) int {
		if len(list) == 1 {
			return list[0]
		}
		return list[i]
	}
	var blocks []block
	for i, filters := range c.Filters {
		blocks = append(blocks, block{
			filters, of(c.Kernel, i), of(c.Stride, i), of(c.Padding, i), of(c.Pool, i), of(c.PoolStride, i),
		})
	}
	return blocks
}

// blockKeys have one entry for all blocks or one for each.
func (c *Config) blockKeys() []setting.Key {
	side := setting.Whole(1, maxSide)
	return []setting.Key{
		{Name: "kernel", Value: &c.Kernel, Default: []int{3}, Rule: side, Help: "side of a filter",
			More: "This and the next four keys have one entry for all blocks or one for each."},
		{Name: "stride", Value: &c.Stride, Default: []int{1}, Rule: side, Help: "stride of the convolution"},
		{Name: "padding", Value: &c.Padding, Default: []int{1}, Rule: setting.Whole(0, maxSide),
			Help: "rows and columns of zeros on each side of the convolution's input"},
		{Name: "pool", Value: &c.Pool, Default: []int{2}, Rule: side, Help: "side of the pooling window; 1: no pooling"},
		{Name: "pool_stride", Value: &c.PoolStride, Default: []int{2}, Rule: side, Help: "stride of the pooling window"},
	}
}
