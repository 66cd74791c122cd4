package model

import (
	"errors"
	"fmt"
)

// Config describes the classifier: blocks of convolution → activation → max-pool, then
// flatten, hidden linear layers each with the activation, and a linear output.
//
// Filters has one entry a block. Kernel, Stride, Padding, Pool and PoolStride have one entry for
// every block or a single one for all; a Pool of 1 pools nothing. Activation is as Config.Activations reads it.
type Config struct {
	Filters    []int  `mapstructure:"filters" yaml:"filters,flow" json:"filters"`
	Kernel     []int  `mapstructure:"kernel" yaml:"kernel,flow" json:"kernel"`
	Stride     []int  `mapstructure:"stride" yaml:"stride,flow" json:"stride"`
	Padding    []int  `mapstructure:"padding" yaml:"padding,flow" json:"padding"`
	Pool       []int  `mapstructure:"pool" yaml:"pool,flow" json:"pool"`
	PoolStride []int  `mapstructure:"pool_stride" yaml:"pool_stride,flow" json:"pool_stride"`
	Hidden     []int  `mapstructure:"hidden" yaml:"hidden,flow" json:"hidden"`
	Activation string `mapstructure:"activation" yaml:"activation" json:"activation"`
}

// Default is one block of 64 filters, 3×3 with padding 1, pooled 2×2, and one hidden layer of 256.
func Default() Config {
	return Config{
		Filters: []int{64}, Kernel: []int{3}, Stride: []int{1}, Padding: []int{1},
		Pool: []int{2}, PoolStride: []int{2}, Hidden: []int{256}, Activation: "relu",
	}
}

// Limits that keep a mistyped size from asking for all memory, and positions in a pooling window
// within a byte.
const (
	maxWidth = 1 << 16 // filters of a block, features of a hidden layer
	maxSide  = 15      // of a filter or a pooling window
)

// Validate reports every fault of the configuration.
func (c Config) Validate() error {
	var faults []error
	if len(c.Filters) == 0 {
		faults = append(faults, errors.New("model.filters: list is empty, want one entry a block"))
	}
	for _, list := range []struct {
		key      string
		values   []int
		low, top int
		perBlock bool
	}{
		{"model.filters", c.Filters, 1, maxWidth, false},
		{"model.kernel", c.Kernel, 1, maxSide, true},
		{"model.stride", c.Stride, 1, maxSide, true},
		{"model.padding", c.Padding, 0, maxSide, true},
		{"model.pool", c.Pool, 1, maxSide, true},
		{"model.pool_stride", c.PoolStride, 1, maxSide, true},
		{"model.hidden", c.Hidden, 1, maxWidth, false},
	} {
		if n := len(list.values); list.perBlock && n != 1 && n != len(c.Filters) {
			faults = append(faults, fmt.Errorf("%s: list has %d entries, want 1 or one for each of the %d blocks", list.key, n, len(c.Filters)))
		}
		for i, v := range list.values {
			if v < list.low || v > list.top {
				faults = append(faults, fmt.Errorf("%s: entry %d is %d, want %d to %d", list.key, i+1, v, list.low, list.top))
			}
		}
	}
	if _, err := c.Activations(); err != nil {
		faults = append(faults, fmt.Errorf("model.activation: %w", err))
	}
	return errors.Join(faults...)
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
