package train

import (
	"cmp"
	"encoding/json"
	"math"
	"os"
	"testing"

	"actfn/internal/model"
	"actfn/internal/worker"
)

// reference is testdata/reference/small_model.json: a small model's values in PyTorch, in float64, with the
// models of learnable_model.json, whose activations learn.
type reference struct {
	Init    map[string]array
	Batches []struct {
		X array
		Y []int
	}
	Models map[string]struct {
		Params map[string]float64
		Steps  []struct {
			Loss   float64
			Logits [][]float64
			Grads  map[string]array
		}
		Final map[string]array
	}
}

type array struct {
	Shape []int
	Data  []float64
}

func (a array) float32s() []float32 {
	out := make([]float32, len(a.Data))
	for i, v := range a.Data {
		out[i] = float32(v)
	}
	return out
}

func readReference(t *testing.T) reference {
	t.Helper()
	var ref reference
	for _, file := range []string{"small_model.json", "learnable_model.json"} { // the second adds models
		text, err := os.ReadFile("../../testdata/reference/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &ref); err != nil {
			t.Fatal(err)
		}
	}
	return ref
}

// TestSmallModelEqualsPyTorch follows five Adam steps: loss and logits within 1e-5, every gradient
// within 1e-5, the final weights within 2e-5 of PyTorch's in float64.
func TestSmallModelEqualsPyTorch(t *testing.T) {
	ref := readReference(t)
	specs := map[string]string{ // where the name alone does not say it
		"leakyrelu_0.2": "leaky_relu(slope=0.2)", "celu": "celu(alpha=1.5)", "hardtanh": "hard_tanh(-1, 1)",
		"softshrink": "softshrink(0.5)", "hardshrink": "hardshrink(0.5)",
	}
	if len(ref.Models) != 26 {
		t.Fatalf("the reference has %d models, want 26", len(ref.Models))
	}
	for name, want := range ref.Models {
		t.Run(name, func(t *testing.T) {
			spec := cmp.Or(specs[name], name)
			cfg := model.Default()
			cfg.Filters, cfg.Hidden, cfg.Activation = []int{4}, []int{8}, spec
			pool := worker.New(2)
			defer pool.Close()
			net, err := model.Declare(cfg, model.Input{Channels: 3, Height: 8, Width: 8}, 3, pool)
			if err != nil {
				t.Fatal(err)
			}
			net.Initialise(0)
			for _, p := range net.Parameters {
				if !p.OfActivation {
					p.Import(p.Values(), ref.Init[p.Name].float32s())
				}
			}
			batch := ref.Batches[0].X.Shape[0]
			trainer, err := net.NewTrainer(batch, net.Input.Channels, model.Training{})
			if err != nil {
				t.Fatal(err)
			}
			adam, err := newOptimizer(Default(), pool, net.Parameters)
			if err != nil {
				t.Fatal(err)
			}
			var worst struct{ loss, logits, grads, weights float64 }
			for s, step := range want.Steps {
				adam.begin(trainer)
				loss, err := trainer.Run(batchInnermost(ref.Batches[s].X, trainer.Columns()), labels(ref.Batches[s].Y, trainer.Columns()), batch)
				if err != nil {
					t.Fatal(err)
				}
				worst.loss = max(worst.loss, math.Abs(loss-step.Loss))
				for n, row := range step.Logits {
					for k, z := range row {
						worst.logits = max(worst.logits, math.Abs(float64(trainer.Logits()[k*trainer.Columns()+n])-z))
					}
				}
				if s == 0 && len(step.Grads) != len(net.Parameters) {
					t.Fatalf("the reference has %d gradients, want %d", len(step.Grads), len(net.Parameters))
				}
				for _, p := range net.Parameters {
					if len(step.Grads) == 0 {
						break // the reference holds those of the first step
					}
					worst.grads = max(worst.grads, furthest(t, p.Export(trainer.Gradient(p)), step.Grads[p.Name].Data))
				}
				adam.finish(trainer)
			}
			for _, p := range net.Parameters {
				worst.weights = max(worst.weights, furthest(t, p.Export(p.Values()), want.Final[p.Name].Data))
			}
			t.Logf("largest differences: %+.1e", worst)
			if worst.loss > 1e-5 || worst.logits > 1e-5 || worst.grads > 1e-5 || worst.weights > 2e-5 {
				t.Errorf("largest differences are %+v, want 1e-5, 1e-5, 1e-5, 2e-5", worst)
			}
		})
	}
}

// batchInnermost turns (N, C, H, W) into (C, H, W, columns).
func batchInnermost(x array, columns int) []float32 {
	n := x.Shape[0]
	features := len(x.Data) / n
	out := make([]float32, features*columns)
	for i, v := range x.Data {
		out[i%features*columns+i/features] = float32(v)
	}
	return out
}

// labels fills up with what marks no image.
func labels(y []int, columns int) []float32 {
	out := make([]float32, columns)
	for i := range out {
		out[i] = -1
		if i < len(y) {
			out[i] = float32(y[i])
		}
	}
	return out
}

// furthest is the largest difference of two slices of one length; NaN is the furthest.
func furthest(t *testing.T, got []float32, want []float64) float64 {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	var worst float64
	for i, w := range want {
		worst = max(worst, math.Abs(float64(got[i])-w))
	}
	return worst
}
