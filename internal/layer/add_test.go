package layer_test

import (
	"fmt"

	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

func init() {
	for _, n := range []int{2, 3} {
		c := layertest.Case{
			Name: fmt.Sprint("add ", n), Layer: layer.Add{}, Out: layer.Shape{3, 4, 5}, Step: 0.25,
			Refuse: [][]layer.Shape{{{3, 4, 5}}, {{3, 4, 5}, {3, 5, 4}}, {{3, 4, 5}, {3, 4, 5}, {60}}},
			Values: func(x, _ [][]float64) []float64 {
				y := make([]float64, len(x[0]))
				for _, x := range x {
					for i, v := range x {
						y[i] += v
					}
				}
				return y
			},
		}
		for range n {
			c.In = append(c.In, c.Out)
		}
		add(c)
	}
}
