package model

import (
	"slices"
	"testing"

	"actfn/internal/worker"
)

// TestProbe wants what the plain list computes in training, where nothing is drawn, and nothing changed.
func TestProbe(t *testing.T) {
	pool := worker.New(2)
	defer pool.Close()
	for name, cfg := range map[string]Config{
		"plain": configured(func(c *Config) {
			c.Filters, c.Hidden, c.Norm, c.Activation = []int{4, 6}, []int{9, 7}, "batch", "conv=swish(beta=1!),fc=tanh"
		}),
		"resnet": ofResnet(func(c *Config) { c.Depth, c.Width, c.Activation = 8, 4, "silu" }),
	} {
		t.Run(name, func(t *testing.T) {
			in := Input{3, 8, 8}
			net, err := initialised(cfg, in, 3, 7, pool)
			if err != nil {
				t.Fatal(err)
			}
			probe, err := net.NewProbe(6, 3, Training{})
			if err != nil {
				t.Fatal(err)
			}
			trainer, err := net.NewTrainer(6, 3, Training{Plain: true})
			if err != nil {
				t.Fatal(err)
			}
			x, y := batchOf(in, 3, probe.Columns())
			before := exported(net)
			loss, err := probe.Run(x, y, probe.Columns()-1)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(before, exported(net), slices.Equal) {
				t.Error("the probe changes parameters or buffers")
			}
			if want, err := trainer.Run(x, y, trainer.Columns()-1); err != nil || loss != want {
				t.Errorf("loss is %v, want %v (%v)", loss, want, err)
			}
			if len(probe.Layers) != len(net.Activations) {
				t.Fatalf("%d layers are probed, want %d", len(probe.Layers), len(net.Activations))
			}
			for _, l := range probe.Layers {
				for what, of := range map[string][2][]float32{
					"input":    {l.Input(), trainer.Value(l.in)},
					"output":   {l.Output(), trainer.Value(l.out)},
					"gradient": {l.Gradient(), trainer.Graph.Gradient(l.in)},
				} {
					if n := l.Shape.Size() * probe.Columns(); len(of[0]) != n || !slices.Equal(of[0], of[1]) {
						t.Errorf("%s: %s of %d values is another than in training, or not %d values", l.Layer, what, len(of[0]), n)
					}
				}
			}
		})
	}
}

// exported are the values of all parameters and buffers.
func exported(net *Net) (all [][]float32) {
	for _, p := range net.Parameters {
		all = append(all, p.Export(p.Values()))
	}
	return all
}
