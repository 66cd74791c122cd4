package layer_test

import (
	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

func init() {
	addRow("adaptive_avg_pool2d", layertest.Case{
		Name: "global average", Layer: layer.GlobalAverage{}, In: shapes(3, 4, 5), Out: layer.Shape{3}, Step: 0.25,
		Refuse: [][]layer.Shape{{{3, 4, 5}, {3, 4, 5}}, {{3, 4}}},
		Values: func(x, _ [][]float64) []float64 {
			y := make([]float64, 3)
			for i, v := range x[0] {
				y[i/20] += v / 20
			}
			return y
		},
	})
}
