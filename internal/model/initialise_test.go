package model

import (
	"math"
	"slices"
	"strings"
	"testing"

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
		{"relu", 0, "E[v²] of the training images is 0"},
		{"relu, fc1=exp(x^2)", 1, "E[v²] of exp(x^2) at fc1.activation, of standard normal z, is +Inf"},
		{"relu, conv1=spline", 1, "E[v²] of spline at conv1.activation"},
		{"0*x", 1, "E[v²] of 0*x at conv1.activation, of standard normal z, is 0"},
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
