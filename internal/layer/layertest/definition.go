package layertest

import (
	"math"

	"actfn/internal/layer"
)

// Convolve is a convolution of one image x, (Channels, H, W), by its definition.
func Convolve(l layer.Convolution, in layer.Shape, x, w, b []float64) []float64 {
	out, _ := l.Out([]layer.Shape{in})
	var y []float64
	for f := range l.Filters {
		for oy := range out[1] {
			for ox := range out[2] {
				sum := b[f]
				for c := range l.Channels {
					for k := range l.Kernel * l.Kernel {
						iy, ix := oy*l.Stride+k/l.Kernel-l.Padding, ox*l.Stride+k%l.Kernel-l.Padding
						if iy >= 0 && iy < in[1] && ix >= 0 && ix < in[2] {
							sum += x[(c*in[1]+iy)*in[2]+ix] * w[(f*l.Channels+c)*l.Kernel*l.Kernel+k]
						}
					}
				}
				y = append(y, sum)
			}
		}
	}
	return y
}

// MaxPool is the max-pooling of one image x, (C, H, W), by its definition.
func MaxPool(l layer.MaxPool, in layer.Shape, x []float64) []float64 {
	out, _ := l.Out([]layer.Shape{in})
	var y []float64
	for c := range out[0] {
		for oy := range out[1] {
			for ox := range out[2] {
				top := math.Inf(-1)
				for k := range l.Size * l.Size {
					top = max(top, x[(c*in[1]+oy*l.Stride+k/l.Size)*in[2]+ox*l.Stride+k%l.Size])
				}
				y = append(y, top)
			}
		}
	}
	return y
}
