package fuse_test

import (
	"slices"
	"strings"
	"testing"

	"actfn/internal/fuse"
	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
	"actfn/internal/model"
	"actfn/internal/worker"
)

// normed appends convolution → norm → activation → pooling to a list.
func normed(t *testing.T, l *layer.List, channels, stride int, bias bool, spec string) {
	l.Add("conv", layer.Convolution{
		Name: "conv", Channels: channels, Filters: 5, Kernel: 3, Stride: stride, Padding: 1, NoBias: !bias,
	}, l.Output())
	l.Add("bn", layer.BatchNorm{Name: "bn", Channels: 5}, "conv")
	l.Add("act", activation(t, "conv.activation", spec, 5), "bn")
	l.Add("pool", layer.MaxPool{Size: 2, Stride: 2}, "act")
}

// evaluation are the rewrites of a graph that evaluates.
var evaluation = slices.Concat(fuse.Evaluation, fuse.Except(fuse.Update))

// compareEvaluation compares the logits of a list with those of its rewritten form while the norms' parameters change,
// and returns that form.
func compareEvaluation(t *testing.T, plain layer.List, rewrites ...fuse.Rewrite) layer.List {
	t.Helper()
	fused := apply(t, plain, rewrites...)
	a, b := build(t, plain, 16, false), build(t, fused, 16, false)
	for step := range 3 {
		a.run(t, layer.Evaluate)
		b.run(t, layer.Evaluate)
		if err := near(b.Value("logits"), a.Value("logits"), 1e-5); err != nil {
			t.Errorf("step %d: logits: %v", step, err)
		}
		for _, p := range a.params {
			if !strings.Contains(p.Name, "bn") {
				continue
			}
			values := noise(p.Size(), p.Name) // weights of both signs
			for i, v := range values {
				if strings.HasSuffix(p.Name, "running_var") {
					values[i] = float32(step) + 1.1 + v
				}
			}
			p.Import(a.values[p.Name], values)
			p.Import(b.values[p.Name], values)
		}
	}
	return fused
}

func TestFold(t *testing.T) {
	layertest.OnEachPath(t, func(t *testing.T) {
		for _, bias := range []bool{false, true} {
			for _, spec := range []string{"relu", "gelu", "prelu(slope=0.1!channel)"} {
				for _, stride := range []int{1, 2} {
					l := input(3, 9, 11)
					stem(t, &l, 3)
					normed(t, &l, 3, stride, bias, spec)
					classify(t, &l)
					fused := compareEvaluation(t, l, fuse.Fold)
					checkShape(t, fused, "stem:Activation bn:folded act:Activation pool:MaxPool logits:Linear loss:CrossEntropy")
					fused = compareEvaluation(t, l, evaluation...)
					checkShape(t, fused, "stem:Activation pool:folded logits:Linear loss:CrossEntropy")
				}
			}
		}
		l := input(1, 8, 7)
		stem(t, &l, 1)
		l.Add("channels", layer.Repeat{Channels: 3}, "stem")
		normed(t, &l, 3, 1, true, "tanh")
		classify(t, &l)
		checkShape(t, compareEvaluation(t, l, fuse.Fold, fuse.Gray),
			"stem:Activation bn:gray act:Activation pool:MaxPool logits:Linear loss:CrossEntropy")
		checkShape(t, compareEvaluation(t, l, evaluation...), "stem:Activation pool:gray logits:Linear loss:CrossEntropy")

		l = residual(t)
		checkShape(t, compareEvaluation(t, l, evaluation...), "act1:folded act2:folded bn3:folded "+
			"shortcut:Shortcut add:Add act3:Activation average:GlobalAverage logits:Linear loss:CrossEntropy")
	})
}

// In whole networks no norm before an activation is left.
func TestFoldNetworks(t *testing.T) {
	for name, change := range map[string]func(*model.Config){
		"plain":  func(c *model.Config) { c.Filters = []int{6, 5} },
		"resnet": func(c *model.Config) { c.Network, c.Head, c.Depth = "resnet", "average", 14 },
	} {
		t.Run(name, func(t *testing.T) {
			config := model.Default()
			config.Norm, config.Activation = "batch", "silu"
			change(&config)
			pool := worker.New(1)
			defer pool.Close()
			net, err := model.Declare(config, model.Input{Channels: 3, Height: 12, Width: 12}, 3, pool)
			if err != nil {
				t.Fatal(err)
			}
			plain, err := net.List(3)
			if err != nil {
				t.Fatal(err)
			}
			plain.Add("logits", layer.Flatten{}, plain.Output())
			if got := shape(compareEvaluation(t, plain, evaluation...)); strings.Contains(got, "BatchNorm") {
				t.Errorf("layers are %s", got)
			}
		})
	}
}

// What something else reads must exist, and a norm of anything but a convolution stays.
func TestFoldIsNotMade(t *testing.T) {
	of := func() layer.List {
		l := input(3, 9, 11)
		stem(t, &l, 3)
		normed(t, &l, 3, 1, false, "tanh")
		return l
	}
	l := of()
	l.Add("other", layer.Flatten{}, "conv")
	checkShape(t, apply(t, l, fuse.Fold), shape(l))

	l = of()
	l.Layers[2], l.Layers[3] = l.Layers[3], l.Layers[2] // the norm comes after the activation
	l.Layers[2].Inputs, l.Layers[3].Inputs, l.Layers[4].Inputs = []string{"conv"}, []string{"act"}, []string{"bn"}
	checkShape(t, apply(t, l, fuse.Fold), shape(l))
	classify(t, &l)
	checkShape(t, compareEvaluation(t, l, evaluation...),
		"stem:Activation act:convPool bn:BatchNorm pool:MaxPool logits:Linear loss:CrossEntropy")
}
