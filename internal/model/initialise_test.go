package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"actfn/internal/activations"
	"actfn/internal/fault"
	"actfn/internal/worker"
)

// scaled is a net with values, drawn for images of a mean square.
func scaled(t *testing.T, cfg Config, images float64) *Net {
	t.Helper()
	pool := worker.New(1)
	t.Cleanup(pool.Close)
	net, err := Declare(cfg, Input{3, 12, 12}, 200, pool)
	if err == nil {
		err = net.Scale(images)
	}
	if err != nil {
		t.Fatal(err)
	}
	net.Initialise(5)
	return net
}

func TestScale(t *testing.T) {
	of := func(initialization, activation string) Config {
		cfg := complete(Config{Filters: []int{40, 32}, Hidden: []int{100}}, activation)
		cfg.Initialization = initialization
		return cfg
	}
	const fanIns = 4
	n := [fanIns]float64{27, 40 * 9, 32 * 9, 100}
	for _, c := range []struct {
		cfg    Config
		square [fanIns]float64 // of what enters conv1, conv2, fc1, fc2
	}{
		{of(He, "tanh"), [fanIns]float64{0.5, 0.5, 0.5, 0.5}},
		{of(Matched, "relu"), [fanIns]float64{0.3, 0.5, 0.5, 0.5}},
		{of(Matched, "prelu, conv2=identity, fc1=exp(x)"), [fanIns]float64{0.3, (1 + 0.0625) / 2, 1, math.Exp(2)}},
	} {
		net := scaled(t, c.cfg, 0.3)
		at := 0
		for _, p := range net.Parameters {
			values := p.Export(p.Values())
			switch {
			case p.OfActivation:
				if values[0] != 0.25 {
					t.Errorf("%s begins at %g, want 0.25", p, values[0])
				}
			case len(p.Shape) == 1:
				if slices.ContainsFunc(values, func(v float32) bool { return v != 0 }) {
					t.Errorf("%s is not 0", p)
				}
			default:
				want := 1 / math.Sqrt(n[at]*c.square[at])
				if at++; math.Abs(p.Init.Std-want) > 1e-5*want {
					t.Errorf("%s: deviation is %g, want %g", p, p.Init.Std, want)
				}
				var squares float64
				for _, v := range values {
					squares += float64(v) * float64(v)
				}
				size := float64(len(values))
				if got := math.Sqrt(squares / size); math.Abs(got-want) > 4*want/math.Sqrt(2*size) {
					t.Errorf("%s: root mean square is %g, want %g", p, got, want)
				}
			}
		}
		if at != fanIns {
			t.Errorf("%d weights, want %d", at, fanIns)
		}
	}
}

// What enters a layer is what the nearest activation before it yields, or a norm, through all that lies between.
func TestMatchedInEveryNetwork(t *testing.T) {
	const images, relu, square = 0.3, 0.5, 3 // E[v²] of the pictures, of relu and of x^2
	plain := func(norm, order string) Config {
		cfg := complete(Config{Filters: []int{3, 4}, Hidden: []int{5}}, "relu, conv2=x^2, fc1=x^2")
		cfg.Norm, cfg.NormOrder, cfg.Pooling, cfg.Head, cfg.Dropout = norm, order, "average", "average", 0.3
		return cfg
	}
	residual := func(norm string) Config {
		cfg := Default()
		cfg.Network, cfg.Depth, cfg.Width, cfg.Norm, cfg.Head = "resnet", 8, 4, norm, "average"
		cfg.Activation, cfg.Dropout = "relu, layer1.0.conv2=x^2, layer3.0.conv2=x^2", 0.3
		return cfg
	}
	ofResidual := map[string]float64{
		"conv1": images, "layer1.0.conv1": relu, "layer1.0.conv2": relu, "layer2.0.conv1": square, "layer2.0.conv2": relu,
		"layer3.0.conv1": relu, "layer3.0.conv2": relu, "fc": square,
	}
	for _, c := range []struct {
		cfg  Config
		want map[string]float64
	}{
		{plain("none", "before"), map[string]float64{"conv1": images, "conv2": relu, "fc1": square, "fc2": square}},
		{plain("batch", "before"), map[string]float64{"conv1": images, "conv2": relu, "fc1": square, "fc2": square}},
		{plain("batch", "after"), map[string]float64{"conv1": images, "conv2": 1, "fc1": 1, "fc2": square}},
		{residual("batch"), ofResidual},
		{residual("none"), ofResidual},
	} {
		c.cfg.Initialization = Matched
		net := scaled(t, c.cfg, images)
		for _, p := range net.Parameters {
			if len(p.Shape) == 1 {
				continue
			}
			layer := strings.TrimSuffix(p.Name, ".weight")
			if got := 1 / (p.Init.Std * p.Init.Std * float64(p.Size()/p.Shape[0])); math.Abs(got-c.want[layer]) > 1e-5*got {
				t.Errorf("%s, norm %s %s: %s has E[v²] = %g, want %g", c.cfg.Network, c.cfg.Norm, c.cfg.NormOrder, layer, got, c.want[layer])
			}
		}
	}
}

// The weights of two activations at one seed are the same draws, times their deviations.
func TestScaleDrawsTheSame(t *testing.T) {
	cfg := complete(Config{Filters: []int{4}, Hidden: []int{8}}, "relu")
	cfg.Initialization = Matched
	a := scaled(t, cfg, 1)
	cfg.Activation = "tanh"
	b := scaled(t, cfg, 1)
	for i, p := range a.Parameters {
		q := b.Parameters[i]
		for k, v := range p.Values() {
			if w := q.Values()[k]; p.Init.Std > 0 && math.Abs(float64(v)/p.Init.Std-float64(w)/q.Init.Std) > 1e-5 {
				t.Fatalf("%s: value %d is %g and %g", p, k, v, w)
			}
		}
	}
}

// What begins with a variance of 1 keeps it, layer by layer, where the activation is the same everywhere.
func TestMatchedKeepsTheVariance(t *testing.T) {
	for _, spec := range []string{"relu", "tanh", "silu", "gelu", "abs(x)", "elu", "hard_shrink", "0.3*sin(2*x)"} {
		cfg := complete(Config{Filters: []int{24}, Pool: []int{1}, PoolStride: []int{1}, Hidden: []int{300, 300}}, spec)
		cfg.Initialization = Matched
		net := scaled(t, cfg, 1.0/3)
		p, err := net.NewPredictor(64, 3)
		if err != nil {
			t.Fatal(err)
		}
		x, _ := batchOf(net.Input, net.Classes, p.Columns())
		z, err := p.Run(x, p.Columns()) // uniform on [0, 1): mean square 1/3
		if err != nil {
			t.Fatal(err)
		}
		var squares float64
		for _, v := range z {
			squares += float64(v) * float64(v)
		}
		if got := squares / float64(len(z)); got < 0.4 || got > 2.5 {
			t.Errorf("%s: mean square of the logits is %g, want about 1", spec, got)
		}
	}
}

func TestScaleRefused(t *testing.T) {
	for _, c := range []struct {
		activation string
		images     float64
		want       string // empty: nothing is wrong
	}{
		{"relu", 0, "model.initialization: value is matched, but the mean square of the training images is 0, want a finite number above 0"},
		{"relu, fc1=exp(x^2)", 1, "E[f(z)²] of fc1.activation, exp(x^2), is +Inf"},
		{"relu, conv1=spline", 1, "E[f(z)²] of conv1.activation, spline, is +Inf"},
		{"0*x", 1, "E[f(z)²] of conv1.activation, 0*x, is 0"},
	} {
		cfg := complete(Config{Filters: []int{4}, Hidden: []int{8}}, c.activation)
		for _, cfg.Initialization = range []string{Uniform, He, Matched} {
			net, err := Declare(cfg, Input{3, 12, 12}, 5, nil)
			if err != nil {
				t.Fatal(err)
			}
			err = net.Scale(c.images)
			if refused := cfg.Initialization == Matched; refused != (err != nil) {
				t.Errorf("%s with %s: error is %v", c.activation, cfg.Initialization, err)
			} else if refused && (!strings.Contains(err.Error(), c.want) || !fault.IsUsage(err)) {
				t.Errorf("%s: error is %v, want %s", c.activation, err, c.want)
			}
		}
	}
}

// The theory of erf by its closed forms; the biases of PyTorch's are those of 256 inputs.
func TestInitials(t *testing.T) {
	f, err := activations.Parse("erf(x)")
	if err != nil {
		t.Fatal(err)
	}
	square := func(q float64) float64 { return 2 / math.Pi * math.Asin(2*q/(1+2*q)) }
	for i, want := range []struct {
		name            string
		weights, biases float64
	}{{"pytorch", 1. / 3, 1. / 768}, {"he", 2, 0}, {"matched", 1 / square(1), 0}} {
		q := 1.0
		for range 1000 {
			q = want.weights*square(q) + want.biases
		}
		got, chi := Initials(f)[i], want.weights*4/math.Pi/math.Sqrt(1+4*q)
		if got.Initialization != want.name || got.FanIn != 256 {
			t.Errorf("%+v, want %s", got, want.name)
		}
		for _, v := range [][2]float64{
			{float64(got.Weights), want.weights}, {float64(got.Biases), want.biases},
			{float64(got.FixedPoint), q}, {float64(got.Chi), chi},
		} {
			if math.Abs(v[0]-v[1]) > 1e-4*v[1] {
				t.Errorf("%s: %g, want %g", want.name, v[0], v[1])
			}
		}
	}
}
