package fuse_test

import (
	"slices"
	"testing"

	"actfn/internal/fuse"
	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

// repeated is a plane that stands for three channels of a convolution.
func repeated(t *testing.T) layer.List {
	l := input(1, 8, 7)
	stem(t, &l, 1)
	l.Add("channels", layer.Repeat{Channels: 3}, "stem")
	l.Add("conv", layer.Convolution{Name: "conv", Channels: 3, Filters: 6, Kernel: 3, Stride: 1, Padding: 1}, "channels")
	return l
}

func TestGray(t *testing.T) {
	layertest.OnEachPath(t, func(t *testing.T) {
		for _, columns := range []int{8, 40} {
			// By itself: the list is not fused before.
			l := repeated(t)
			classify(t, &l)
			fused := compare(t, l, columns, limits{gradients, gradients}, fuse.Gray)
			checkShape(t, fused, "stem:Activation conv:gray logits:Linear loss:CrossEntropy")
			for _, spec := range []string{"tanh", "rrelu", "prelu(slope=0.1!channel)"} {
				l = repeated(t)
				l.Add("act", activation(t, "conv.activation", spec, 6), "conv")
				l.Add("pool", layer.MaxPool{Size: 2, Stride: 2}, "act")
				classify(t, &l)
				fused = compare(t, l, columns, limits{gradients, gradients}, fuse.ConvPool, fuse.Gray)
				checkShape(t, fused, "stem:Activation pool:gray logits:Linear loss:CrossEntropy")
			}
		}
	})
}

// What something else reads must exist, and nothing but a convolution sums over channels.
func TestGrayIsNotMade(t *testing.T) {
	l := repeated(t)
	l.Add("other", layer.Flatten{}, "channels")
	checkShape(t, apply(t, l, fuse.Gray), shape(l))

	l = repeated(t)
	l.Layers[2] = layer.Named{Name: "flatten", Layer: layer.Flatten{}, Inputs: []string{"channels"}}
	checkShape(t, apply(t, l, fuse.Gray), shape(l))

	l = repeated(t)
	l.Layers[1] = layer.Named{Name: "channels", Layer: layer.Convolution{Name: "first", Channels: 1, Filters: 3, Kernel: 1, Stride: 1}, Inputs: []string{"stem"}}
	checkShape(t, apply(t, l, fuse.Gray), shape(l))
}

// gray by itself does what every layer does.
func TestGrayIsALayer(t *testing.T) {
	in := layer.Shape{3, 8, 7}
	l := repeated(t)
	convolution := l.Layers[2].Layer.(layer.Convolution)
	l = fuse.Gray.Apply(l)
	layertest.Check(t, layertest.Case{
		Name: "gray", Layer: l.Layers[1].Layer, In: []layer.Shape{{1, 8, 7}}, Out: layer.Shape{6, 8, 7}, Step: 0.25,
		Params: []string{"conv.weight [6 3 3 3]", "conv.bias [6]"}, Refuse: [][]layer.Shape{{in}},
		Values: func(x, p [][]float64) []float64 {
			return layertest.Convolve(convolution, in, slices.Repeat(x[0], 3), p[0], p[1])
		},
	})
}
