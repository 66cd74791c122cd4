package fuse_test

import (
	"fmt"
	"math"
	"testing"

	"actfn/internal/fuse"
	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

// rectified is two linear layers of which each reads what a ReLU has left: three values in four, or so, are zero.
func rectified(t *testing.T, inputs, features int) layer.List {
	l := input(inputs)
	l.Add("stem", activation(t, "stem", "relu(x-0.5+a); a=0!channel", inputs), "images")
	l.Add("fc1", layer.Linear{Name: "fc1", Inputs: inputs, Features: features}, "stem")
	l.Add("act", activation(t, "fc1.activation", "relu", features), "fc1")
	classify(t, &l)
	return l
}

// zeros is the share of zeros, and that of rows of so many columns that hold nothing else.
func zeros(values []float32, columns int) (share, rows float64) {
	for from := 0; from < len(values); from += columns {
		count := 0
		for _, v := range values[from:][:columns] {
			if v == 0 {
				count++
			}
		}
		share += float64(count) / float64(len(values))
		if count == columns {
			rows += float64(columns) / float64(len(values))
		}
	}
	return share, rows
}

func TestZeros(t *testing.T) {
	layertest.OnEachPath(t, func(t *testing.T) {
		for _, c := range []struct{ inputs, features, columns int }{
			{304, 40, 32}, {384, 64, 8}, {1024, 48, 64}, {96, 256, 32}, {321, 40, 32},
		} {
			t.Run(fmt.Sprint(c), func(t *testing.T) {
				l := rectified(t, c.inputs, c.features)
				fused := apply(t, l, fuse.Zeros)
				a, b := build(t, l, c.columns, true), build(t, fused, c.columns, true)
				for i, v := range a.values["fc1.bias"] { // every third feature is dead
					if i%3 == 0 {
						v = -100
					}
					a.values["fc1.bias"][i], b.values["fc1.bias"][i] = v, v
				}
				a.run(t, layer.Train)
				b.run(t, layer.Train)
				if share, _ := zeros(a.Value("stem"), c.columns); share < 0.5 {
					t.Errorf("a share of %.2g of the inputs is zero, want half or more", share)
				}
				if _, dead := zeros(a.Gradient("fc1"), c.columns); dead < 0.3 {
					t.Errorf("a share of %.2g of the features is dead, want a third", dead)
				}
				same := limits{}
				if kernel.Path() == "generic" {
					same.gradients = gradients // the portable product adds terms in fours, and other fours where some are left out
				}
				compareRuns(t, a, b, same)
			})
		}
	})
}

// A weight that is NaN is felt through inputs that are all zero, unless zeros are skipped: the exception that the rewrite
// states. Here the vector kernels skip them, without which the test above would compare nothing.
func TestZerosHidesWeights(t *testing.T) {
	layertest.OnEachPath(t, func(t *testing.T) {
		l := rectified(t, 304, 40)
		for skips, list := range map[bool]layer.List{false: l, true: apply(t, l, fuse.Zeros)} {
			n := build(t, list, 32, false)
			n.values["stem.a"][5] = -10 // nothing passes
			w := layer.Linear{Name: "fc1", Inputs: 304, Features: 40}.Params()[0]
			values := w.Export(n.values["fc1.weight"])
			values[7*304+5] = float32(math.NaN())
			w.Import(n.values["fc1.weight"], values)
			for _, in := range n.list.Inputs {
				if err := n.Feed(in.Name, noise(in.Shape.Size()*32, in.Name)); err != nil {
					t.Fatal(err)
				}
			}
			clear(n.Value("labels"))
			err := n.Run(32, layer.Evaluate)
			felt := math.IsNaN(float64(n.Value("fc1")[7*32]))
			if hidden := skips && kernel.Path() != "generic"; felt == hidden {
				t.Errorf("zeros are skipped: %v; the NaN is felt: %v, loss is %v", skips, felt, err)
			}
		}
	})
}
