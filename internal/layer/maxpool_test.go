package layer_test

import (
	"fmt"
	"math"

	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

func init() {
	of := func(size, stride, h, w int, out ...int) layertest.Case {
		l := layer.MaxPool{Size: size, Stride: stride}
		return layertest.Case{
			Name: fmt.Sprintf("max pool %d, stride %d, %d×%d", size, stride, h, w), Layer: l,
			In: shapes(2, h, w), Out: out,
			Refuse: [][]layer.Shape{{{2, h, w}, {2, h, w}}, {{2, h}}, {{2, size - 1, w}}, {{2, h, size - 1}}},
			Values: func(x, _ [][]float64) []float64 {
				var y []float64
				for c := range 2 {
					for oy := range out[1] {
						for ox := range out[2] {
							top := math.Inf(-1)
							for k := range size * size {
								top = max(top, x[0][(c*h+oy*stride+k/size)*w+ox*stride+k%size])
							}
							y = append(y, top)
						}
					}
				}
				return y
			},
		}
	}
	addRow("max_pool2d 2, 2", of(2, 2, 5, 7, 2, 2, 3)) // the last row and column are in no window
	addRow("max_pool2d 3, 2", of(3, 2, 7, 7, 2, 3, 3)) // windows overlap
	addRow("max_pool2d 2, 1", of(2, 1, 4, 5, 2, 3, 4))
	add(
		of(1, 1, 3, 4, 2, 3, 4),
		of(2, 3, 8, 8, 2, 3, 3), // between windows are values in none
		of(4, 4, 4, 4, 2, 1, 1),
	)
}
