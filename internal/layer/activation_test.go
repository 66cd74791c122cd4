package layer_test

import (
	"math"
	"testing"

	"actfn/internal/activations"
	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

func activation(spec string, channels int) layer.Activation {
	a, err := activations.Parse(spec)
	if err != nil {
		panic(err)
	}
	return layer.Activation{Name: "conv1.activation", Function: a, Channels: channels}
}

// pointwise is y = f(x).
func pointwise(f func(x float64) float64) func(x, p [][]float64) []float64 {
	return func(x, _ [][]float64) []float64 {
		var y []float64
		for _, v := range x[0] {
			y = append(y, f(v))
		}
		return y
	}
}

// prelu is max(x, slope·x), with a slope for all channels or one for each of 4.
func prelu(x, p [][]float64) []float64 {
	var y []float64
	for i, v := range x[0] {
		if v < 0 {
			v *= p[0][i/(len(x[0])/4)%len(p[0])]
		}
		y = append(y, v)
	}
	return y
}

func init() {
	of := func(spec string, params []string, values func(x, p [][]float64) []float64) layertest.Case {
		return layertest.Case{
			Name: spec, Layer: activation(spec, 4), In: shapes(4, 3, 5), Out: layer.Shape{4, 3, 5}, Params: params,
			Refuse: [][]layer.Shape{{{4}, {4}}}, Values: values,
		}
	}
	leaky := func(slope float64) func(float64) float64 {
		return func(x float64) float64 { return max(x, slope*x) }
	}
	addRow("relu", of("relu", nil, pointwise(leaky(0))))
	addRow("leaky_relu", of("leaky_relu", nil, pointwise(leaky(0.01))))
	addRow("gelu", of("gelu", nil, pointwise(func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) })))
	addRow("tanh", of("tanh", nil, pointwise(math.Tanh)))
	addRow("prelu", of("prelu", []string{"conv1.activation.slope [1]"}, prelu))
	addRow("prelu by channel", of("prelu(slope=0.1!channel)", []string{"conv1.activation.slope [4]"}, prelu))
	add(of("a*relu(x) + b*tanh(x); a=0.5!, b=0.1!channel", []string{"conv1.activation.a [1]", "conv1.activation.b [4]"},
		func(x, p [][]float64) []float64 {
			var y []float64
			for i, v := range x[0] {
				y = append(y, p[0][0]*max(v, 0)+p[1][i/15]*math.Tanh(v))
			}
			return y
		}))

	random := of("rrelu", nil, pointwise(leaky((1./8+1./3)/2)))
	random.Modal = true
	add(random)

	// Of values that take several tasks, and whose parts end within a vector.
	large := of("prelu(slope=0.1!channel)", []string{"conv1.activation.slope [4]"}, prelu)
	large.Name, large.In, large.Out = "large", shapes(4, 9, 13), layer.Shape{4, 9, 13}
	features := of("tanh", nil, pointwise(math.Tanh))
	features.Name, features.In, features.Out = "features", shapes(7), layer.Shape{7}
	add(large, features)
}

// In training rrelu multiplies values below zero with a slope drawn for each, uniform on [1/8, 1/3).
func TestRandomActivation(t *testing.T) {
	pool := worker.New(1)
	defer pool.Close()
	const columns = 64
	in := shapes(4, 3, 5)
	a := activation("rrelu", 4)
	op := a.New(layer.Build{In: in, Columns: columns, Training: true, WantDX: []bool{true}, Pool: pool})
	draws := rng.New(1, a.Purpose(), 0)
	c := &layer.Context{Images: columns, Mode: layer.Train, Draws: layer.Draws{
		Draw: func(dst []float32, stream, element int) {
			if stream != 0 {
				t.Errorf("stream is %d, want 0 of the only draw", stream)
			}
			draws.Singles(dst, uint64(element))
		},
	}}
	x := make([]float32, 60*columns)
	layertest.Spread(x, rng.New(1, "x", 0))
	y := make([]float32, len(x))
	op.Forward(c, y, [][]float32{x})
	var u [1]float32
	for i, v := range x {
		draws.Singles(u[:], uint64(i))
		slope := 1.
		if v < 0 {
			slope = 1./8 + (1./3-1./8)*float64(u[0])
		}
		if got, want := float64(y[i]), slope*float64(v); math.Abs(got-want) > 2e-6 {
			t.Fatalf("value %d is %g, want %g", i, got, want)
		}
	}
}
