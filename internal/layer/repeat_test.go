package layer_test

import (
	"slices"

	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

func init() {
	add(layertest.Case{
		Name: "repeat", Layer: layer.Repeat{Channels: 3}, In: shapes(1, 4, 5), Out: layer.Shape{3, 4, 5}, Step: 0.25,
		Refuse: [][]layer.Shape{{{1, 4, 5}, {1, 4, 5}}, {{3, 4, 5}}, {{20}}},
		Values: func(x, _ [][]float64) []float64 { return slices.Repeat(x[0], 3) },
	})
}
