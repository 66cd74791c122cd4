package model

import (
	"math"
	"slices"
	"testing"

	"actfn/internal/worker"
)

// learning are activations that learn, or draw by chance, or both, all smooth.
var learning = []string{
	"swish_beta(beta=0.8!channel)",
	"a*softplus(x) + (1 - a)*tanh(x); a=0.5!",
	"a*tanh(x) + b*x; a=1!channel, b=0.1!",
	"tanh(x)*(1 + a*uniform(0, 1)); a=0.7!",
}

// What an activation learns is a parameter by PyTorch's name for it, and counts.
func TestActivationParameters(t *testing.T) {
	pool := worker.New(1)
	defer pool.Close()
	cfg := complete(Config{Filters: []int{4, 6}, Hidden: []int{9}}, "prelu(slope=0.1!channel), conv2=relu, fc1=dyt(gamma=1!fixed, beta=0!)")
	net, err := initialised(cfg, Input{3, 8, 8}, 3, 1, pool)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range net.Parameters {
		if p.OfActivation {
			names = append(names, p.String())
		}
	}
	if want := []string{"conv1.activation.slope [4]", "fc1.activation.alpha [1]", "fc1.activation.beta [1]"}; !slices.Equal(names, want) {
		t.Errorf("parameters of activations are %v, want %v", names, want)
	}
	slope := net.Parameters[2]
	if want := []float32{0.1, 0.1, 0.1, 0.1}; !slices.Equal(slope.Values(), want) {
		t.Errorf("%s begins as %v, want %v", slope, slope.Values(), want)
	}
	if want := 4*27 + 4 + 4 + 6*36 + 6 + 9*24 + 9 + 2 + 3*9 + 3; net.Size() != want {
		t.Errorf("size is %d, want %d", net.Size(), want)
	}
}

// A random leaky ReLU draws in training, by seed and step alone, and has its mean slope in evaluation.
func TestRandomActivation(t *testing.T) {
	v := variants[1]
	pool := worker.New(2)
	defer pool.Close()
	declared := func(spec string) *Net {
		net, err := initialised(complete(v.cfg, spec), v.in, v.classes, 3, pool)
		if err != nil {
			t.Fatal(err)
		}
		return net
	}
	net := declared("rrelu(0.1, 0.5)")
	trainer, err := net.NewTrainer(v.batch, v.in.Channels, Training{})
	if err != nil {
		t.Fatal(err)
	}
	x, y := batchOf(v.in, v.classes, trainer.Columns())
	run := func(seed uint64, step int) []float32 {
		trainer.Draw(seed, step)
		if _, err := trainer.Run(x, y, trainer.Columns()-1); err != nil {
			t.Fatal(err)
		}
		return slices.Clone(trainer.Logits())
	}
	first := run(1, 0)
	if slices.Equal(run(1, 1), first) || slices.Equal(run(2, 0), first) {
		t.Error("another step or seed draws the same")
	}
	if !slices.Equal(run(1, 0), first) {
		t.Error("the same seed and step draw something else")
	}
	evaluate := func(net *Net) []float32 {
		p, err := net.NewPredictor(v.batch, v.in.Channels)
		if err != nil {
			t.Fatal(err)
		}
		z, err := p.Run(x, v.batch)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(z)
	}
	got, want := evaluate(net), evaluate(declared("leaky_relu(0.3)"))
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-6 {
			t.Fatalf("logit %d is %g in evaluation, want %g as of the mean slope", i, got[i], want[i])
		}
	}
	if !slices.Equal(evaluate(net), got) {
		t.Error("evaluation is not repeatable")
	}
}
