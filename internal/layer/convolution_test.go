package layer_test

import (
	"fmt"

	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

func init() {
	of := func(channels, h, w, filters, kernel, stride, padding int, out ...int) layertest.Case {
		l := layer.Convolution{Name: "conv1", Channels: channels, Filters: filters, Kernel: kernel, Stride: stride, Padding: padding}
		in := layer.Shape{channels, h, w}
		return layertest.Case{
			Name:  fmt.Sprintf("convolution %d×%d, stride %d, padding %d, %d→%d", kernel, kernel, stride, padding, channels, filters),
			Layer: l, In: []layer.Shape{in}, Out: out, Step: 0.25,
			Params: []string{fmt.Sprintf("conv1.weight [%d %d %d %d]", filters, channels, kernel, kernel), fmt.Sprintf("conv1.bias [%d]", filters)},
			Refuse: [][]layer.Shape{
				{in, in}, {{channels + 1, h, w}}, {{channels, h * w}}, {{channels, kernel - 2*padding - 1, w}}, {{channels, h, kernel - 2*padding - 1}},
			},
			Values: func(x, p [][]float64) []float64 { return layertest.Convolve(l, in, x[0], p[0], p[1]) },
		}
	}
	unbiased := func(c layertest.Case) layertest.Case {
		l, values := c.Layer.(layer.Convolution), c.Values
		l.NoBias = true
		c.Name, c.Layer, c.Params = c.Name+", no bias", l, c.Params[:1]
		c.Values = func(x, p [][]float64) []float64 { return values(x, append(p, make([]float64, l.Filters))) }
		return c
	}
	addRow("conv2d 3x3, padding 1", of(3, 5, 6, 4, 3, 1, 1, 4, 5, 6))
	addRow("conv2d 3x3, stride 2", of(3, 8, 7, 5, 3, 2, 0, 5, 3, 3))
	addRow("conv2d 5x5, padding 2", of(1, 6, 7, 3, 5, 1, 2, 3, 6, 7))
	addRow("conv2d 1x1", of(2, 4, 3, 3, 1, 1, 0, 3, 4, 3))
	addRow("conv2d without bias", unbiased(of(3, 5, 6, 4, 3, 2, 1, 4, 3, 3)))
	add(
		unbiased(of(3, 4, 6, 17, 3, 1, 1, 17, 4, 6)),
		of(3, 7, 8, 20, 3, 2, 1, 20, 4, 4),
		of(1, 9, 6, 17, 3, 1, 0, 17, 7, 4),
		of(3, 7, 9, 2, 5, 2, 2, 2, 4, 5),
		of(16, 4, 4, 33, 3, 1, 1, 33, 4, 4),
		of(5, 6, 5, 8, 1, 2, 0, 8, 3, 3),
		of(3, 4, 4, 6, 4, 1, 0, 6, 1, 1),
		of(2, 3, 3, 4, 2, 3, 2, 4, 2, 2), // some windows see padding alone
	)
}
