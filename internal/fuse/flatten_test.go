package fuse_test

import (
	"testing"

	"actfn/internal/fuse"
	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

func TestFlatten(t *testing.T) {
	pooled := func() layer.List {
		l := input(3, 6, 8)
		stem(t, &l, 3)
		l.Add("pool", layer.MaxPool{Size: 2, Stride: 2}, "stem")
		l.Add("flatten", layer.Flatten{}, "pool")
		return l
	}
	layertest.OnEachPath(t, func(t *testing.T) {
		for _, columns := range []int{8, 16, 40} {
			l := pooled()
			l.Add("fc1", layer.Linear{Name: "fc1", Inputs: 36, Features: 20}, "flatten")
			classify(t, &l)
			checkShape(t, compare(t, l, columns, limits{}, fuse.Flatten), "stem:Activation pool:MaxPool fc1:Linear logits:Linear loss:CrossEntropy")
		}
	})

	// Two linear layers read it: both read the images.
	l := pooled()
	l.Add("a", layer.Linear{Name: "a", Inputs: 36, Features: 3}, "flatten")
	l.Add("b", layer.Linear{Name: "b", Inputs: 36, Features: 3}, "flatten")
	fused := apply(t, l, fuse.Flatten)
	checkShape(t, fused, "stem:Activation pool:MaxPool a:Linear b:Linear")
	for _, n := range fused.Layers[2:] {
		if n.Inputs[0] != "pool" {
			t.Errorf("%s reads %s, want pool", n.Name, n.Inputs[0])
		}
	}

	// Something else reads it, or nothing.
	l = pooled()
	checkShape(t, apply(t, l, fuse.Flatten), shape(l))
	l.Add("a", layer.Linear{Name: "a", Inputs: 36, Features: 3}, "flatten")
	l.Add("b", activation(t, "b", "tanh", 36), "flatten")
	checkShape(t, apply(t, l, fuse.Flatten), shape(l))
}
