package fuse_test

import (
	"fmt"
	"testing"

	"actfn/internal/fuse"
	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
	"actfn/internal/worker"
)

// optimisers are steps, of which the t-th is an update, and keep up to two running averages.
var optimisers = map[string]func(t int) kernel.Update{
	"adam":  kernel.Adam{LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}.Update,
	"adamw": kernel.Adam{LR: 0.01, Beta1: 0.8, Beta2: 0.99, Eps: 1e-6, Decay: 0.1, Decoupled: true}.Update,
	"sgd": func(int) kernel.Update {
		return kernel.SGD{LR: 0.1, Momentum: 0.9, Decay: 0.01, Nesterov: true}.Update()
	},
}

// trained is a network with the running averages of its parameters.
type trained struct {
	*network
	a, b map[string][]float32
}

func train(t *testing.T, list layer.List, columns, steps int, step func(t int) kernel.Update) trained {
	t.Helper()
	n := trained{build(t, list, columns, true), map[string][]float32{}, map[string][]float32{}}
	for _, p := range n.params {
		n.a[p.Name], n.b[p.Name] = kernel.Floats(p.Stored()), kernel.Floats(p.Stored())
	}
	pool := worker.New(2)
	defer pool.Close()
	for s := range steps {
		update := step(s + 1)
		for _, p := range n.params {
			n.SetUpdate(p.Name, update, n.a[p.Name], n.b[p.Name])
		}
		n.run(t, layer.Train)
		for _, p := range n.params {
			if g := n.Gradient(p.Name); g != nil {
				update.Run(pool, n.values[p.Name], n.a[p.Name], n.b[p.Name], g)
			}
		}
	}
	return n
}

func TestUpdate(t *testing.T) {
	layertest.OnEachPath(t, func(t *testing.T) {
		for name, step := range optimisers {
			for _, c := range []struct {
				inputs, features, columns int
				rewrites                  []fuse.Rewrite
			}{
				{200, 35, 8, nil},
				{200, 35, 32, nil},
				{97, 300, 40, nil},
				{384, 64, 32, []fuse.Rewrite{fuse.Zeros}},
			} {
				t.Run(fmt.Sprint(name, c.inputs, c.features, c.columns), func(t *testing.T) {
					plain := apply(t, rectified(t, c.inputs, c.features), c.rewrites...)
					fused := apply(t, plain, fuse.Update)
					checkShape(t, fused, "stem:Activation fc1:updatingLinear act:Activation logits:updatingLinear loss:CrossEntropy")
					want, got := train(t, plain, c.columns, 3, step), train(t, fused, c.columns, 3, step)
					for _, p := range []string{"fc1.weight", "logits.weight"} {
						if got.Gradient(p) != nil || !got.SetUpdate(p, nil, nil, nil) {
							t.Errorf("%s has a whole gradient", p)
						}
					}
					sameTraining(t, got, want)
				})
			}
		}
	})
}

func sameTraining(t *testing.T, got, want trained) {
	t.Helper()
	for _, p := range want.params {
		for what, of := range map[string][2]map[string][]float32{
			"values": {got.values, want.values}, "first average": {got.a, want.a}, "second average": {got.b, want.b},
		} {
			if err := near(of[0][p.Name], of[1][p.Name], 0); err != nil {
				t.Errorf("%s of %s: %v", what, p.Name, err)
			}
		}
	}
	if err := near(got.Value("loss"), want.Value("loss"), 0); err != nil {
		t.Errorf("loss: %v", err)
	}
}

// The gradient of a parameter that two layers share is their sum, so it must be whole.
func TestUpdateOfSharedParameter(t *testing.T) {
	l := input(40)
	stem(t, &l, 40)
	l.Add("a", layer.Linear{Name: "shared", Inputs: 40, Features: 40}, "stem")
	l.Add("b", layer.Linear{Name: "shared", Inputs: 40, Features: 40}, "a")
	classify(t, &l)
	fused := apply(t, l, fuse.Update)
	step := optimisers["adam"]
	want, got := train(t, l, 16, 3, step), train(t, fused, 16, 3, step)
	sameTraining(t, got, want)
	if got.Gradient("shared.weight") == nil || got.Gradient("logits.weight") != nil {
		t.Error("the shared weights have no gradient, or the others have one")
	}
	compare(t, l, 16, limits{})
}
