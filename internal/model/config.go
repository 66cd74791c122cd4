package model

import (
	"errors"
	"fmt"
	"slices"

	"actfn/internal/setting"
)

// Config describes the classifier: blocks of convolution → activation → max-pool, then
// flatten, hidden linear layers each with the activation, and a linear output.
//
// Filters has one entry for each block. Kernel, Stride, Padding, Pool and PoolStride have one for each
// block or a single one for all. Activation is as Config.Activations reads it.
type Config struct {
	Filters                                   []int
	Kernel, Stride, Padding, Pool, PoolStride []int
	Hidden                                    []int
	Activation                                string
}

// Limits that keep a mistyped size from asking for all memory, and positions in a pooling window
// within a byte.
const (
	maxWidth = 1 << 16 // filters of a block, features of a hidden layer
	maxSide  = 15      // of a filter or a pooling window
)

// Keys are the settings of c: by default one block of 64 filters, 3×3 with padding 1, pooled 2×2, and one hidden layer
// of 256.
func (c *Config) Keys() []setting.Key {
	filters := setting.Key{Name: "filters", Value: &c.Filters, Flag: "filters", Arg: "LIST",
		Default: []int{64}, Rule: setting.Whole(1, maxWidth),
		Help: "filters of each block, as in 32,64",
		More: "A block is convolution → activation → max-pool."}
	hidden := setting.Key{Name: "hidden", Value: &c.Hidden, Flag: "hidden", Arg: "LIST",
		Default: []int{256}, Rule: setting.Whole(1, maxWidth),
		Help: "features of each hidden linear layer, as in 256,128; empty for none"}
	activation := setting.Key{Name: "activation", Value: &c.Activation, Flag: "activation", Arg: "SPEC",
		Default: "relu", Scope: setting.Cell, Lists: "activations",
		Help: "a name, leaky_relu(slope=0.2), a formula, or some by layer: relu,fc1=tanh",
		More: "In x*sigmoid(b*x); b=1! training learns b. A mapping says the same in a file: {default: relu, fc1: tanh}."}
	return slices.Concat([]setting.Key{filters}, c.blockKeys(), []setting.Key{hidden, activation})
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
		{Name: "pool", Value: &c.Pool, Default: []int{2}, Rule: side, Help: "side of the max-pooling window; 1: no pooling"},
		{Name: "pool_stride", Value: &c.PoolStride, Default: []int{2}, Rule: side, Help: "stride of the max-pooling window"},
	}
}

// Default is every key at its default.
func Default() Config { return setting.Default((*Config).Keys) }

// MarshalJSON writes the settings as a weights file has them.
func (c Config) MarshalJSON() ([]byte, error) { return setting.Marshal(c.Keys()) }

// UnmarshalJSON reads what MarshalJSON writes. A key that is not there gets its default.
func (c *Config) UnmarshalJSON(b []byte) error { return setting.Unmarshal(b, c.Keys()) }

// Validate reports every fault of the configuration, each led by its key.
func (c Config) Validate() error {
	faults := setting.Check(c.Keys())
	if len(c.Filters) == 0 {
		faults = append(faults, errors.New("filters: list is empty, want one entry for each block"))
	}
	for _, k := range c.blockKeys() {
		if n := len(k.Get().([]int)); n != 1 && n != len(c.Filters) {
			faults = append(faults, fmt.Errorf("%s: list has %d entries, want 1 or one for each of the %d blocks", k.Name, n, len(c.Filters)))
		}
	}
	if _, err := c.Activations(); err != nil {
		faults = append(faults, fmt.Errorf("activation: %w", err))
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
