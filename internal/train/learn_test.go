package train

import (
	"context"
	"math"
	"slices"
	"testing"

	"actfn/internal/dataset"
	"actfn/internal/number"
	"actfn/internal/optim"
	"actfn/internal/record"
)

// What activations learn is trained with the rest: the loss falls and the values move.
func TestLearnableActivations(t *testing.T) {
	root := images(t, 6, 1)
	for _, spec := range []string{"prelu", "prelu(slope!channel)", "swish(beta!)", "pau", "a*relu(x) + (1-a)*tanh(x); a=0.5!", "conv1=prelu, fc1=rrelu"} {
		j := job(t, root, func(j *Job, _ *dataset.Config) {
			j.Config.Epochs, j.Config.LR, j.Config.ActivationLRFactor, j.Model.Activation, j.Dir = 30, 0.01, 0.1, spec, ""
		})
		all, err := j.Model.Activations()
		if err != nil {
			t.Fatal(err)
		}
		result, err := Run(context.Background(), j)
		if err != nil {
			t.Fatal(err)
		}
		if first, last := result.Epochs[0].Values[record.TrainLoss], result.Epochs[29].Values[record.TrainLoss]; !(last < first/2) {
			t.Errorf("%s: loss goes from %g to %g, want less than half", spec, first, last)
		}
		want := 0
		for _, layer := range all {
			want += len(layer.Activation.Learnable())
		}
		if len(result.Learnt) != want || want == 0 {
			t.Errorf("%s: %d parameters are learnt, want %d", spec, len(result.Learnt), want)
		}
		for i, l := range result.Learnt {
			initial := all[0].Activation.Learnable()
			from := initial[i%len(initial)].Value
			moved := func(v number.Float) bool { return math.Abs(float64(v)-from) > 1e-4 }
			if !slices.ContainsFunc(l.Values, moved) {
				t.Errorf("%s: %s is %v, as it began", spec, l.Parameter, l.Values)
			}
		}
	}
}

// Decay leaves what activations learn alone, and the factor 0 freezes it.
func TestActivationSteps(t *testing.T) {
	root := images(t, 6, 1)
	for _, optimizer := range optim.Names() {
		slope := func(change func(*Config)) float64 {
			j := job(t, root, func(j *Job, _ *dataset.Config) {
				j.Config.Epochs, j.Config.Optimizer, j.Config.LR, j.Model.Activation, j.Dir = 1, optimizer, 1e-6, "prelu", ""
				j.Model.Hidden = nil
				change(&j.Config)
			})
			result, err := Run(context.Background(), j)
			if err != nil {
				t.Fatal(err)
			}
			return float64(result.Learnt[0].Values[0])
		}
		if got := slope(func(c *Config) { c.ActivationLRFactor = 0 }); got != 0.25 {
			t.Errorf("%s: factor 0 moves the slope to %g", optimizer, got)
		}
		plain := slope(func(*Config) {})
		if got := slope(func(c *Config) { c.WeightDecay = 1e3 }); math.Abs(got-plain) > 1e-5 {
			t.Errorf("%s: the slope is %g with decay, %g without", optimizer, got, plain)
		}
		if got := slope(func(c *Config) { c.ActivationLRFactor = 100 }); !(math.Abs(got-0.25) > 10*math.Abs(plain-0.25)) {
			t.Errorf("%s: the slope moves to %g at 100 times the rate, %g at 1", optimizer, got, plain)
		}
	}
}

// Each step draws anew: where nothing is learnt and the batch is the same, so is the loss but for chance.
func TestStepsDrawAnew(t *testing.T) {
	for spec, anew := range map[string]bool{"rrelu": true, "leaky_relu": false} {
		j := job(t, images(t, 6, 1), func(j *Job, _ *dataset.Config) {
			j.Config.BatchSize, j.Config.Shuffle, j.Config.LR, j.Model.Activation, j.Dir = 12, false, 1e-30, spec, ""
		})
		result, err := Run(context.Background(), j)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := result.Epochs[0].Values[record.TrainLoss], result.Epochs[1].Values[record.TrainLoss]; (a != b) != anew {
			t.Errorf("%s: losses of two equal steps are %g and %g", spec, a, b)
		}
	}
}

// A weights file has the learnt values, under names that PyTorch's PReLU would give them in such a model.
func TestLearntValuesAreKept(t *testing.T) {
	j := job(t, images(t, 6, 1), func(j *Job, _ *dataset.Config) { j.Model.Activation = "prelu(slope!channel)" })
	result, err := Run(context.Background(), j)
	if err != nil {
		t.Fatal(err)
	}
	net, card, err := LoadModel(j.Dir+"/last.safetensors", j.Pool)
	if err != nil {
		t.Fatal(err)
	}
	if card.Activation != "prelu(slope=0.25!channel)" {
		t.Errorf("the card has activation %s", card.Activation)
	}
	found := 0
	for _, p := range net.Parameters {
		for _, l := range result.Learnt {
			if l.Parameter != p.Name {
				continue
			}
			found++
			for i, v := range p.Values() {
				if float64(v) != float64(l.Values[i]) {
					t.Errorf("%s[%d] is %g in the file, want %g", p.Name, i, v, float64(l.Values[i]))
				}
			}
		}
	}
	if found != 2 {
		t.Errorf("the file has %d learnt parameters, want those of conv1 and fc1", found)
	}
}
