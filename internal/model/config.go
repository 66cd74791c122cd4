package model

// Config is the shape of the classifier: blocks of convolution → activation → max-pool, then
// flatten, hidden linear layers each with the activation, and a linear output.
//
// Filters has one entry a block. Kernel, Stride, Padding, Pool and PoolStride have one entry for
// every block or a single one for all; Pool 1 means no pooling.
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
