package layer_test

import (
	"fmt"

	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

func init() {
	of := func(size, stride, h, w int, out ...int) layertest.Case {
		l := layer.AveragePool{Size: size, Stride: stride}
		return layertest.Case{
			Name: fmt.Sprintf("average pool %d, stride %d, %d×%d", size, stride, h, w), Layer: l,
			In: shapes(2, h, w), Out: out, Step: 0.25,
			Refuse: [][]layer.Shape{{{2, h, w}, {2, h, w}}, {{2, h}}, {{2, size - 1, w}}, {{2, h, size - 1}}},
			Values: func(x, _ [][]float64) []float64 { return averages(x[0], h, w, size, stride, out) },
		}
	}
	addRow("avg_pool2d 2, 2", of(2, 2, 5, 7, 2, 2, 3)) // the last row and column are in no window
	addRow("avg_pool2d 3, 2", of(3, 2, 7, 7, 2, 3, 3)) // windows overlap
	add(of(1, 1, 3, 4, 2, 3, 4), of(2, 3, 8, 8, 2, 3, 3), of(4, 4, 4, 4, 2, 1, 1))
}

// averages are those of windows of one image x, (C, h, w), by their definition.
func averages(x []float64, h, w, size, stride int, out layer.Shape) (y []float64) {
	for ch := range out[0] {
		for oy := range out[1] {
			for ox := range out[2] {
				sum := 0.
				for k := range size * size {
					sum += x[(ch*h+oy*stride+k/size)*w+ox*stride+k%size]
				}
				y = append(y, sum/float64(size*size))
			}
		}
	}
	return y
}
