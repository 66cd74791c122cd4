package layer_test

import (
	"fmt"

	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

func init() {
	of := func(channels, h, w, to, stride int, out ...int) layertest.Case {
		return layertest.Case{
			Name:  fmt.Sprintf("shortcut %d→%d, stride %d, %d×%d", channels, to, stride, h, w),
			Layer: layer.Shortcut{Channels: to, Stride: stride}, In: shapes(channels, h, w), Out: out, Step: 0.25,
			Refuse: [][]layer.Shape{{{channels, h, w}, {channels, h, w}}, {{to + 1, h, w}}, {{channels, h}}},
			Values: func(x, _ [][]float64) []float64 {
				y := make([]float64, layer.Shape(out).Size())
				for i := range min(channels, to) * out[1] * out[2] {
					ch, oy, ox := i/out[2]/out[1], i/out[2]%out[1], i%out[2]
					y[i] = x[0][(ch*h+oy*stride)*w+ox*stride]
				}
				return y
			},
		}
	}
	addRow("shortcut", of(2, 5, 6, 4, 2, 4, 3, 3))
	add(of(2, 3, 4, 5, 1, 5, 3, 4), of(3, 4, 4, 3, 2, 3, 2, 2), of(1, 4, 7, 2, 3, 2, 2, 3))
}
