package fuse_test

import (
	"strings"
	"testing"

	"actfn/internal/fuse"
	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

// deep is stem → convolution → norm → activation → pooling → convolution → activation.
func deep(t *testing.T) layer.List {
	l := input(16, 10, 12)
	stem(t, &l, 16)
	l.Add("conv1", layer.Convolution{Name: "conv1", Channels: 16, Filters: 20, Kernel: 3, Stride: 1, Padding: 1, NoBias: true}, "stem")
	l.Add("bn1", layer.BatchNorm{Name: "bn1", Channels: 20}, "conv1")
	l.Add("act1", activation(t, "conv1.activation", "gelu", 20), "bn1")
	l.Add("pool", layer.AveragePool{Size: 2, Stride: 1}, "act1")
	l.Add("conv2", layer.Convolution{Name: "conv2", Channels: 20, Filters: 16, Kernel: 3, Stride: 1, Padding: 1}, "pool")
	l.Add("act2", activation(t, "conv2.activation", "tanh", 16), "conv2")
	l.Add("max", layer.MaxPool{Size: 2, Stride: 2}, "act2")
	return l
}

func TestWinograd(t *testing.T) {
	layertest.OnEachPath(t, func(t *testing.T) {
		for _, rewrites := range [][]fuse.Rewrite{
			{fuse.Winograd}, {fuse.Winograd, fuse.ConvPool},
		} {
			l := deep(t)
			classify(t, &l)
			fused := compare(t, l, 24, limits{1e-5, 1e-5}, rewrites...)
			if got := strings.Count(strings.Join(transformed(fused), " "), "conv"); len(rewrites) == 1 && got != 2 {
				t.Errorf("convolutions by Winograd's transforms are %v, want 2", transformed(fused))
			}
		}
	})
}

// transformed names the convolutions of a list that are computed by Winograd's transforms.
func transformed(l layer.List) (names []string) {
	for _, n := range l.Layers {
		if c, ok := n.Layer.(layer.Convolution); ok && c.Winograd {
			names = append(names, n.Name)
		}
	}
	return names
}

// In evaluation the convolution has its norm folded into it.
func TestWinogradOfFolded(t *testing.T) {
	layertest.OnEachPath(t, func(t *testing.T) {
		l := deep(t)
		classify(t, &l)
		direct, fused := fuse.Apply(l, fuse.Fold), fuse.Apply(l, fuse.Fold, fuse.Winograd)
		a, b := build(t, direct, 24, false), build(t, fused, 24, false)
		a.run(t, layer.Evaluate)
		b.run(t, layer.Evaluate)
		for _, n := range direct.Layers {
			if err := near(b.Value(n.Name), a.Value(n.Name), 1e-5); err != nil {
				t.Errorf("%s: %v", n.Name, err)
			}
		}
		if near(b.Value("bn1"), a.Value("bn1"), 0) == nil {
			t.Error("the folded convolution has the bits of the direct one")
		}
	})
}

// The geometry of a layer alone decides.
func TestWinogradByGeometry(t *testing.T) {
	for _, c := range []struct {
		conv layer.Convolution
		h, w int
		want bool
	}{
		{layer.Convolution{Channels: 16, Filters: 16, Kernel: 3, Stride: 1, Padding: 1}, 32, 32, true},
		{layer.Convolution{Channels: 256, Filters: 256, Kernel: 3, Stride: 1, Padding: 1}, 4, 4, true},
		{layer.Convolution{Channels: 16, Filters: 16, Kernel: 3, Stride: 1, Padding: 1}, 7, 7, true},
		{layer.Convolution{Channels: 16, Filters: 16, Kernel: 3, Stride: 1, Padding: 1}, 6, 6, true},
		{layer.Convolution{Channels: 64, Filters: 64, Kernel: 3, Stride: 1, Padding: 1}, 5, 5, false},
		{layer.Convolution{Channels: 16, Filters: 16, Kernel: 3, Stride: 1, Padding: 1}, 32, 5, true},
		{layer.Convolution{Channels: 3, Filters: 64, Kernel: 3, Stride: 1, Padding: 1}, 32, 32, false},
		{layer.Convolution{Channels: 64, Filters: 8, Kernel: 3, Stride: 1, Padding: 1}, 32, 32, false},
		{layer.Convolution{Channels: 64, Filters: 64, Kernel: 3, Stride: 2, Padding: 1}, 32, 32, false},
		{layer.Convolution{Channels: 64, Filters: 64, Kernel: 3, Stride: 1, Padding: 0}, 32, 32, false},
		{layer.Convolution{Channels: 64, Filters: 64, Kernel: 5, Stride: 1, Padding: 1}, 32, 32, false},
	} {
		l := input(c.conv.Channels, c.h, c.w)
		l.Add("conv", c.conv, "images")
		if got := len(transformed(fuse.Winograd.Apply(l))) == 1; got != c.want {
			t.Errorf("%+v of %d×%d: transformed is %v, want %v", c.conv, c.h, c.w, got, c.want)
		}
	}
}
