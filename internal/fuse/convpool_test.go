package fuse_test

import (
	"fmt"
	"math"
	"testing"

	"actfn/internal/fuse"
	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

// pools are the layers of pooling that are fused; the first is none.
var pools = []layer.MaxPool{{}, {Size: 2, Stride: 2}, {Size: 3, Stride: 2}, {Size: 2, Stride: 1}}

// convolved is stem → convolution → activation → pooling.
func convolved(t *testing.T, spec string, stride int, pool layer.MaxPool) layer.List {
	l := input(3, 9, 11)
	stem(t, &l, 3)
	l.Add("conv", layer.Convolution{Name: "conv", Channels: 3, Filters: 5, Kernel: 3, Stride: stride, Padding: 1}, "stem")
	l.Add("act", activation(t, "conv.activation", spec, 5), "conv")
	if pool.Size > 0 {
		l.Add("pool", pool, "act")
	}
	return l
}

func TestConvPool(t *testing.T) {
	layertest.OnEachPath(t, func(t *testing.T) {
		for _, spec := range []string{
			"relu", "leaky_relu", "tanh", "gelu", "x*x", "prelu(slope=0.1!channel)", "rrelu", "-x", "sin(3*x)",
			"a*relu(x) + b*tanh(x); a=0.5!, b=-0.1!channel",
		} {
			for _, pool := range pools {
				for _, stride := range []int{1, 2} {
					if stride == 2 && pool.Size == 3 {
						continue // leaves little
					}
					t.Run(fmt.Sprintf("%s/%d,%d/%d", spec, pool.Size, pool.Stride, stride), func(t *testing.T) {
						l := convolved(t, spec, stride, pool)
						last := l.Output()
						classify(t, &l)
						fused := compare(t, l, []int{40, 8}[stride-1], limits{0, gradients}, fuse.ConvPool)
						checkShape(t, fused, "stem:Activation "+last+":convPool logits:Linear loss:CrossEntropy")
					})
				}
			}
		}
	})
}

// What something else reads must exist, and what does not follow at once is not part of it.
func TestConvPoolIsNotMade(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*layer.List)
		want   string
	}{
		"the convolution is read twice": {
			func(l *layer.List) { l.Add("other", layer.Flatten{}, "conv") },
			"stem:Activation conv:Convolution act:Activation pool:MaxPool other:Flatten",
		},
		"the activation is read twice": {
			func(l *layer.List) { l.Add("other", layer.Flatten{}, "act") },
			"stem:Activation act:convPool pool:MaxPool other:Flatten",
		},
		"pooling comes first": {
			func(l *layer.List) {
				act, pool := &l.Layers[2], &l.Layers[3]
				act.Name, act.Layer, pool.Name, pool.Layer = "pool", pool.Layer, "act", act.Layer
				pool.Inputs = []string{"pool"}
			},
			"stem:Activation conv:Convolution pool:MaxPool act:Activation",
		},
		"a layer is between convolution and activation": {
			func(l *layer.List) {
				l.Layers[3] = l.Layers[2]
				l.Layers[2] = layer.Named{Name: "between", Layer: layer.Flatten{}, Inputs: []string{"conv"}}
				l.Layers[3].Inputs = []string{"between"}
			},
			"stem:Activation conv:Convolution between:Flatten act:Activation",
		},
		"a layer is between activation and pooling": {
			func(l *layer.List) {
				between := layer.Named{Name: "between", Layer: activation(t, "between", "tanh", 5), Inputs: []string{"act"}}
				l.Layers = append(l.Layers[:3], between, l.Layers[3])
				l.Layers[4].Inputs = []string{"between"}
			},
			"stem:Activation act:convPool between:Activation pool:MaxPool",
		},
		"nothing follows": {
			func(l *layer.List) { l.Layers = l.Layers[:2] },
			"stem:Activation conv:Convolution",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := convolved(t, "gelu", 1, layer.MaxPool{Size: 2, Stride: 2})
			c.change(&l)
			checkShape(t, apply(t, l, fuse.ConvPool), c.want)
			classify(t, &l)
			compare(t, l, 8, limits{0, gradients}, fuse.ConvPool)
		})
	}
}

// convPool by itself does what every layer does.
func TestConvPoolIsALayer(t *testing.T) {
	for _, c := range []struct {
		spec   string
		f      func(x, p float64) float64
		pool   layer.MaxPool
		params []string
		stride int
	}{
		{"tanh", func(x, _ float64) float64 { return math.Tanh(x) }, layer.MaxPool{Size: 1, Stride: 1}, nil, 1},
		{"tanh", func(x, _ float64) float64 { return math.Tanh(x) }, layer.MaxPool{Size: 3, Stride: 2}, nil, 1},
		{"x*x", func(x, _ float64) float64 { return x * x }, layer.MaxPool{Size: 2, Stride: 2}, nil, 1},
		{"b*tanh(x); b=0.8!channel", func(x, p float64) float64 { return p * math.Tanh(x) }, layer.MaxPool{Size: 2, Stride: 2}, []string{"conv.activation.b [5]"}, 1},
		{"b*tanh(x); b=0.8!channel", func(x, p float64) float64 { return p * math.Tanh(x) }, layer.MaxPool{Size: 1, Stride: 1}, []string{"conv.activation.b [5]"}, 2},
	} {
		in := layer.Shape{2, 6, 7}
		l := layer.List{Inputs: []layer.Input{{Name: "images", Shape: in}}}
		convolution := layer.Convolution{Name: "conv", Channels: 2, Filters: 5, Kernel: 3, Stride: c.stride, Padding: 1}
		l.Add("conv", convolution, "images")
		l.Add("act", activation(t, "conv.activation", c.spec, 5), "conv")
		if c.pool.Size > 1 {
			l.Add("pool", c.pool, "act")
		}
		l = fuse.ConvPool.Apply(l)
		z, err := convolution.Out([]layer.Shape{in})
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.pool.Out([]layer.Shape{z})
		if err != nil {
			t.Fatal(err)
		}
		step := 0.
		if c.pool.Size > 1 {
			step = layertest.NoSlopes // the plain list's gradients are what TestConvPool compares with
		}
		layertest.Check(t, layertest.Case{
			Name: fmt.Sprintf("%s, stride %d, pool %d, %d", c.spec, c.stride, c.pool.Size, c.pool.Stride), Layer: l.Layers[0].Layer,
			In: []layer.Shape{in}, Out: out, Step: step, Refuse: [][]layer.Shape{{{3, 6, 7}}, {{2, 0, 0}}},
			Params: append([]string{"conv.weight [5 2 3 3]", "conv.bias [5]"}, c.params...),
			Values: func(x, p [][]float64) []float64 {
				y := layertest.Convolve(convolution, in, x[0], p[0], p[1])
				for i, v := range y {
					var parameter float64
					if len(p) > 2 {
						parameter = p[2][i/(len(y)/5)]
					}
					y[i] = c.f(v, parameter)
				}
				return layertest.MaxPool(c.pool, z, y)
			},
		})
	}
}
