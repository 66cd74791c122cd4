package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"actfn/internal/fault"
)

// configured is the default configuration with changes.
func configured(change func(*Config)) Config {
	c := Default()
	change(&c)
	return c
}

// ofResnet has the defaults of a resnet, as config.Load gives them.
func ofResnet(change func(*Config)) Config {
	return configured(func(c *Config) {
		c.Network, c.Norm, c.Head = "resnet", "batch", "average"
		change(c)
	})
}

// listed shows the layers of a network by name, kind and what they read where that is not the layer before.
func listed(t *testing.T, c Config) string {
	t.Helper()
	net, err := Declare(c, Input{3, 8, 8}, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	list, err := net.List(3)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	before := []string{images}
	for _, n := range list.Layers {
		word := n.Name + ":" + strings.TrimPrefix(fmt.Sprintf("%T", n.Layer), "layer.")
		if !slices.Equal(n.Inputs, before) {
			word += "(" + strings.Join(n.Inputs, " ") + ")"
		}
		words, before = append(words, word), []string{n.Name}
	}
	return strings.Join(words, " ")
}

func TestLists(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		want string
	}{
		"plain": {Default(), "conv1:Convolution conv1.activation:Activation pool1:MaxPool flatten:Flatten " +
			"fc1:Linear fc1.activation:Activation fc2:Linear"},
		"norm before": {configured(func(c *Config) {
			c.Norm, c.Filters, c.Pool, c.PoolStride = "batch", []int{4, 5}, []int{1, 2}, []int{1, 2}
		}),
			"conv1:Convolution bn1:BatchNorm conv1.activation:Activation conv2:Convolution bn2:BatchNorm conv2.activation:Activation " +
				"pool2:MaxPool flatten:Flatten fc1:Linear fc1.activation:Activation fc2:Linear"},
		"norm after": {configured(func(c *Config) { c.Norm, c.NormOrder, c.Pooling, c.Head = "batch", "after", "average", "average" }),
			"conv1:Convolution conv1.activation:Activation bn1:BatchNorm pool1:AveragePool average:GlobalAverage " +
				"fc1:Linear fc1.activation:Activation fc2:Linear"},
		"dropout": {configured(func(c *Config) { c.Dropout = 0.5 }), "conv1:Convolution conv1.activation:Activation pool1:MaxPool " +
			"flatten:Flatten fc1:Linear fc1.activation:Activation fc1.dropout:Dropout fc2:Linear"},
		"dropout, nothing hidden": {configured(func(c *Config) { c.Dropout, c.Hidden = 0.5, nil }),
			"conv1:Convolution conv1.activation:Activation pool1:MaxPool flatten:Flatten dropout:Dropout fc1:Linear"},
		"resnet": {ofResnet(func(c *Config) { c.Depth, c.Dropout = 8, 0.1 }), "conv1:Convolution bn1:BatchNorm conv1.activation:Activation " +
			"layer1.0.conv1:Convolution layer1.0.bn1:BatchNorm layer1.0.conv1.activation:Activation " +
			"layer1.0.conv2:Convolution layer1.0.bn2:BatchNorm layer1.0.add:Add(layer1.0.bn2 conv1.activation) layer1.0.conv2.activation:Activation " +
			"layer2.0.conv1:Convolution layer2.0.bn1:BatchNorm layer2.0.conv1.activation:Activation " +
			"layer2.0.conv2:Convolution layer2.0.bn2:BatchNorm layer2.0.shortcut:Shortcut(layer1.0.conv2.activation) " +
			"layer2.0.add:Add(layer2.0.bn2 layer2.0.shortcut) layer2.0.conv2.activation:Activation " +
			"layer3.0.conv1:Convolution layer3.0.bn1:BatchNorm layer3.0.conv1.activation:Activation " +
			"layer3.0.conv2:Convolution layer3.0.bn2:BatchNorm layer3.0.shortcut:Shortcut(layer2.0.conv2.activation) " +
			"layer3.0.add:Add(layer3.0.bn2 layer3.0.shortcut) layer3.0.conv2.activation:Activation " +
			"average:GlobalAverage dropout:Dropout fc:Linear"},
		"resnet without shortcuts and norm": {ofResnet(func(c *Config) { c.Depth, c.Shortcut, c.Norm = 8, false, "none" }),
			"conv1:Convolution conv1.activation:Activation " +
				"layer1.0.conv1:Convolution layer1.0.conv1.activation:Activation layer1.0.conv2:Convolution layer1.0.conv2.activation:Activation " +
				"layer2.0.conv1:Convolution layer2.0.conv1.activation:Activation layer2.0.conv2:Convolution layer2.0.conv2.activation:Activation " +
				"layer3.0.conv1:Convolution layer3.0.conv1.activation:Activation layer3.0.conv2:Convolution layer3.0.conv2.activation:Activation " +
				"average:GlobalAverage fc:Linear"},
	} {
		if got := listed(t, c.cfg); got != c.want {
			t.Errorf("%s: layers are\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// The numbers of trained parameters for CIFAR-10 are those of Y. Idelbayev's pytorch_resnet_cifar10, which agree with the
// paper's table 6.
func TestResnetParameters(t *testing.T) {
	for depth, want := range map[int]int{20: 269722, 32: 464154, 44: 658586, 56: 853018, 110: 1727962} {
		net, err := Declare(ofResnet(func(c *Config) { c.Depth = depth }), Input{3, 32, 32}, 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		if net.Size() != want {
			t.Errorf("depth %d has %d parameters, want %d", depth, net.Size(), want)
		}
	}
}

// The names are those of torchvision's ResNet.
func TestResnetNames(t *testing.T) {
	net, err := Declare(ofResnet(func(c *Config) { c.Depth, c.Activation = 8, "relu,layer2.0.conv1=prelu(slope!channel)" }), Input{3, 8, 8}, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range net.Parameters {
		if strings.HasPrefix(p.Name, "layer2") || !strings.HasPrefix(p.Name, "layer") {
			names = append(names, fmt.Sprint(p))
		}
	}
	norm := func(name string, channels int) string {
		return fmt.Sprintf("%[1]s.weight [%[2]d] %[1]s.bias [%[2]d] %[1]s.running_mean [%[2]d] %[1]s.running_var [%[2]d]", name, channels)
	}
	want := strings.Join([]string{
		"conv1.weight [16 3 3 3]", norm("bn1", 16), "layer2.0.conv1.weight [32 16 3 3]", norm("layer2.0.bn1", 32),
		"layer2.0.conv1.activation.slope [32]", "layer2.0.conv2.weight [32 32 3 3]", norm("layer2.0.bn2", 32),
		"fc.weight [10 64]", "fc.bias [10]",
	}, " ")
	if got := strings.Join(names, " "); got != want {
		t.Errorf("parameters are\n%s\nwant\n%s", got, want)
	}
}

// A spec for a layer comes before one for its block, that before one for its stage.
func TestActivationsOfResnet(t *testing.T) {
	c := ofResnet(func(c *Config) {
		c.Depth, c.Activation = 14, "tanh, layer=elu, layer1=relu, layer1.0=silu, layer1.0.conv2=gelu, conv1=mish"
	})
	all, err := c.Activations()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range all {
		got = append(got, a.Layer+"="+a.Activation.Name())
	}
	want := "conv1=mish layer1.0.conv1=silu layer1.0.conv2=gelu layer1.1.conv1=relu layer1.1.conv2=relu " +
		"layer2.0.conv1=elu layer2.0.conv2=elu layer2.1.conv1=elu layer2.1.conv2=elu " +
		"layer3.0.conv1=elu layer3.0.conv2=elu layer3.1.conv1=elu layer3.1.conv2=elu"
	if strings.Join(got, " ") != want {
		t.Errorf("activations are %v, want %s", got, want)
	}
}

func TestNetworksRefused(t *testing.T) {
	for want, c := range map[string]Config{
		"depth: value is 9, want 6n + 2: 8, 14, 20, … to 1202":             ofResnet(func(c *Config) { c.Depth = 9 }),
		"filters: value is [8], want it left out: network is resnet":       ofResnet(func(c *Config) { c.Filters = []int{8} }),
		"hidden: value is [], want it left out: network is resnet":         ofResnet(func(c *Config) { c.Hidden = nil }),
		"norm_order: value is after, want before for network resnet":       ofResnet(func(c *Config) { c.NormOrder = "after" }),
		"head: value is flatten, want average for network resnet":          ofResnet(func(c *Config) { c.Head = "flatten" }),
		"shortcut: value is false, want it left out: network is plain":     configured(func(c *Config) { c.Shortcut = false }),
		"depth: value is 8, want it left out: network is plain":            configured(func(c *Config) { c.Depth = 8 }),
		"norm_order: value is after, want before where norm is none":       configured(func(c *Config) { c.NormOrder = "after" }),
		"depth: value is 9, want it left out: network is plain":            configured(func(c *Config) { c.Depth = 9 }),
		"dropout: value is 1, want 0 to below 1":                           configured(func(c *Config) { c.Dropout = 1 }),
		`network: value is "vgg", want one of plain, resnet`:               configured(func(c *Config) { c.Network = "vgg" }),
		`norm: value is "layer", want one of none, batch`:                  configured(func(c *Config) { c.Norm = "layer" }),
		"filters: list is empty, want one entry for each block":            configured(func(c *Config) { c.Filters = nil }),
		"pool: list has 3 entries, want 1 or one for each of the 2 blocks": configured(func(c *Config) { c.Filters, c.Pool = []int{4, 4}, []int{1, 2, 2} }),
		"activation: layer is layer4, which has no activation or does not exist, want conv1, layer1, layer2, layer3, conv, layer or a part of one, as layer1.0.conv1": ofResnet(func(c *Config) {
			c.Depth, c.Activation = 8, "relu,layer4=tanh"
		}),
	} {
		if faults := fault.Each(c.Validate()); len(faults) != 1 || faults[0].Error() != want {
			t.Errorf("faults are %v, want %s", faults, want)
		}
	}
	c := configured(func(c *Config) { c.Filters, c.Pool, c.PoolStride = []int{4, 4, 4, 4}, []int{2}, []int{2} })
	_, err := Declare(c, Input{3, 8, 8}, 10, nil)
	if want := "model: pool4: pooling window is 2×2 over 1×1 values, want one that fits"; fmt.Sprint(err) != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}
