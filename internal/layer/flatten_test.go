package layer_test

import (
	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

func init() {
	add(layertest.Case{
		Name: "flatten", Layer: layer.Flatten{}, In: shapes(3, 4, 5), Out: layer.Shape{60}, Step: 0.25,
		Refuse: [][]layer.Shape{{{3, 4}, {5}}},
		Values: func(x, _ [][]float64) []float64 { return x[0] },
	})
}
