package layer_test

import (
	"fmt"

	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
	"actfn/internal/rng"
)

func init() {
	of := func(inputs, features int, in ...int) layertest.Case {
		return layertest.Case{
			Name:  fmt.Sprintf("linear %d→%d", inputs, features),
			Layer: layer.Linear{Name: "fc1", Inputs: inputs, Features: features},
			In:    []layer.Shape{in}, Out: layer.Shape{features}, Step: 0.25,
			Params: []string{fmt.Sprintf("fc1.weight [%d %d]", features, inputs), fmt.Sprintf("fc1.bias [%d]", features)},
			Refuse: [][]layer.Shape{{{inputs}, {inputs}}, {{inputs + 1}}},
			Values: func(x, p [][]float64) []float64 {
				var y []float64
				for o, sum := range p[1] {
					for i, v := range x[0] {
						sum += v * p[0][o*inputs+i]
					}
					y = append(y, sum)
				}
				return y
			},
		}
	}
	addRow("linear", of(13, 7, 13))
	add(
		of(1, 1, 1),
		of(97, 17, 97),     // a block of 96 inputs and one more, a panel of 16 features and one more
		of(60, 5, 4, 3, 5), // of images
		of(200, 35, 200),   // several blocks
		of(96, 16, 96),     // whole blocks and panels
		of(289, 70, 289),   // more inputs than are too few for skipping zeros
		of(1600, 3, 1600),  // more than 16 blocks
	)

	// Three values in four are zero, and whole features.
	for _, sizes := range [][2]int{{304, 40}, {96, 33}, {384, 17}, {101, 40}} {
		c := of(sizes[0], sizes[1], sizes[0])
		c.Name += ", skipping zeros"
		c.Layer = layer.Linear{Name: "fc1", Inputs: sizes[0], Features: sizes[1], SkipZeros: true}
		c.Fill = func(x []float32, input, image int) {
			layertest.Spread(x, rng.New(1, "zeros", image))
			for i := range x {
				if i%5 == 0 || x[i] < 0.7 {
					x[i] = 0
				}
			}
		}
		c.Batches = []layertest.Batch{{Columns: 8, Images: 5}, {Columns: 32, Images: 32}, {Columns: 64, Images: 50}}
		add(c)
	}
}
