package model

import (
	"errors"
	"fmt"
	"slices"

	"actfn/internal/setting"
)

// Config describes the classifier: a network and its settings. Of the lists of network plain, Filters has one entry for
// each block; Kernel, Stride, Padding, Pool and PoolStride have one for each block or a single one for all. Activation is
// as Config.Activations reads it.
type Config struct {
	Network string

	Filters                                   []int
	Kernel, Stride, Padding, Pool, PoolStride []int
	Pooling                                   string
	Hidden                                    []int

	Depth, Width int
	Shortcut     bool

	Norm, NormOrder string
	Head            string
	Dropout         float64
	Activation      string
	Initialization  string // pytorch, he or matched: see Net.Scale
}

// Limits that keep a mistyped size from asking for all memory, and positions in a pooling window
// within a byte.
const (
	maxWidth = 1 << 16 // filters of a block, features of a hidden layer
	maxSide  = 15      // of a filter or a pooling window
)

// Keys are the settings of c: by default network plain with one block of 64 filters, 3×3 with padding 1, pooled 2×2, and
// one hidden layer of 256. The defaults of norm and head are those of c.Network.
func (c *Config) Keys() []setting.Key {
	own := c.network()
	name := setting.Key{Name: "network", Value: &c.Network, Flag: "network",
		Default: networks[0].name, Rule: setting.OneOf(networkNames()...),
		Help: "family of the network",
		More: "plain: blocks of convolution, activation and pooling, then linear layers. " +
			"resnet: the residual network for small images of He et al. 2016 (arXiv:1512.03385)."}
	keys := []setting.Key{name}
	for _, n := range networks {
		keys = append(keys, n.keys(c)...)
	}
	return append(keys,
		setting.Key{Name: "norm", Value: &c.Norm, Flag: "norm", Default: own.norm, Rule: setting.OneOf("none", "batch"),
			Help: "normalization after each convolution",
			More: "batch: Ioffe and Szegedy 2015 (arXiv:1502.03167), as PyTorch's BatchNorm2d. " +
				"By default a plain network has none and a resnet has batch."},
		setting.Key{Name: "norm_order", Value: &c.NormOrder, Flag: "norm-order",
			Default: "before", Rule: setting.OneOf("before", "after"),
			Help: "whether the norm comes before or after the activation",
			More: "before: convolution without bias → norm → activation → pooling. " +
				"after: convolution → activation → norm → pooling, for network plain."},
		setting.Key{Name: "head", Value: &c.Head, Flag: "head", Default: own.head, Rule: setting.OneOf("flatten", "average"),
			Help: "what the linear layers see: all values, or the average of each channel",
			More: "By default flatten for a plain network; a resnet has average."},
		setting.Key{Name: "dropout", Value: &c.Dropout, Flag: "dropout", Arg: "P", Default: 0.0, Rule: setting.Share,
			Help: "probability of setting a feature to 0 in training",
			More: "It acts after the activation of each hidden linear layer; without one, on what enters the output layer."},
		setting.Key{Name: "activation", Value: &c.Activation, Flag: "activation", Arg: "SPEC",
			Default: "relu", Scope: setting.Cell, Lists: "activations",
			Help: "a name, leaky_relu(slope=0.2), a formula, or some by layer: relu,fc1=tanh",
			More: "In x*sigmoid(b*x); b=1! training learns b. A mapping says the same in a file: {default: relu, fc1: tanh}."},
		setting.Key{Name: "initialization", Value: &c.Initialization, Flag: "initialization",
			Default: Uniform, Rule: setting.OneOf(Uniform, He, Matched),
			Help: "how the weights are drawn at the start",
			More: "he: N(0, 2/fan_in), biases 0. matched: N(0, 1/(fan_in·E[f(z)²])), biases 0; z is standard normal and f the " +
				"activation whose values enter the layer, so that each layer's result begins with a variance near 1."},
	)
}

// Default is every key at its default.
func Default() Config { return setting.Default((*Config).Keys) }

// MarshalJSON writes the settings as a weights file has them.
func (c Config) MarshalJSON() ([]byte, error) { return setting.Marshal(c.Keys()) }

// UnmarshalJSON reads what MarshalJSON writes. A key that is not there gets its default.
func (c *Config) UnmarshalJSON(b []byte) error { return setting.Unmarshal(b, c.Keys()) }

// Validate reports every fault of the configuration, each led by its key.
func (c Config) Validate() error {
	others := c.others()
	faults := setting.Check(slices.DeleteFunc(c.Keys(), func(k setting.Key) bool {
		_, other := setting.Named(k.Name, others)
		return other
	}))
	for _, k := range others {
		if k.Changed() {
			faults = append(faults, fmt.Errorf("%s: value is %v, want it left out: network is %s", k.Name, k.Get(), c.Network))
		}
	}
	faults = append(faults, c.network().check(c)...)
	if c.Norm == "none" && c.NormOrder == "after" {
		faults = append(faults, errors.New("norm_order: value is after, want before where norm is none"))
	}
	if len(setting.Check(c.network().keys(&c))) == 0 { // else there may be no end of layers
		if _, err := c.Activations(); err != nil {
			faults = append(faults, fmt.Errorf("activation: %w", err))
		}
	}
	return errors.Join(faults...)
}
