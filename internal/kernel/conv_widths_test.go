package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"actfn/internal/worker"
)

// The convolution has the same bits in AVX-512 and AVX2, of special values too.
func TestConvInBothWidths(t *testing.T) {
	withoutRaceDetector(t)
	p := worker.New(2)
	defer p.Close()
	for _, n := range []int{8, 16, 24, 32, 40, 128} {
		for _, filters := range []int{1, 2, 3, 4, 5, 6, 7, 8, 64} {
			for _, c := range []Conv{
				{C: 1, H: 6, W: 6, Size: 3, Stride: 1, Pad: 1, PoolSize: 2, PoolStride: 2},
				{C: 2, H: 7, W: 9, Size: 3, Stride: 1, PoolSize: 2, PoolStride: 1},
				{C: 1, H: 9, W: 11, Size: 5, Stride: 2, Pad: 2, PoolSize: 2, PoolStride: 2},
				{C: 3, H: 5, W: 7, Size: 3, Stride: 1, Pad: 1, PoolSize: 1, PoolStride: 1},
				{C: 4, H: 6, W: 5, Size: 2, Stride: 2, Pad: 1, PoolSize: 1, PoolStride: 1},
				{C: 2, H: 9, W: 8, Size: 1, Stride: 1, PoolSize: 3, PoolStride: 2},
				{C: 1, H: 1, W: 1, Size: 1, Stride: 1, PoolSize: 1, PoolStride: 1},
				{C: 9, H: 6, W: 9, Size: 3, Stride: 1, Pad: 1, PoolSize: 1, PoolStride: 1, Winograd: true},
				{C: 16, H: 4, W: 5, Size: 3, Stride: 1, Pad: 1, PoolSize: 2, PoolStride: 2, Winograd: true},
			} {
				c.N, c.F = n, filters
				for _, poolFirst := range []bool{true, false} {
					t.Run(fmt.Sprintf("%s/first=%v", name(c), poolFirst), func(t *testing.T) { convInBothWidths(t, p, c, poolFirst) })
				}
			}
		}
	}
}

func convInBothWidths(t *testing.T, p *worker.Pool, shape Conv, poolFirst bool) {
	var bits [2][]uint32
	width := 0
	shape.InputGradient = true
	x, w, b := special(shape.C*shape.H*shape.W*shape.N, "x"), noise(shape.F*shape.C*shape.Size*shape.Size, "w"), noise(shape.F, "b")
	dp := special(NewConv(shape).Pooled(), "dp")
	inBothWidths(t, func() {
		c := NewConv(shape)
		y, z, argmax := make([]float32, c.Pooled()), make([]float32, c.Pooled()), make([]uint8, c.Pooled())
		c.Forward(p, y, z, argmax, x, w, b, func(dst, x []float32, _, _ int) {
			for i, v := range x {
				dst[i] = v * v
			}
		}, poolFirst)
		dw, db, dx := make([]float32, len(w)), make([]float32, c.F), make([]float32, len(x))
		c.BackwardWeights(p, dw, db, argmax, asIs(dp))
		c.BackwardInput(p, dx, w, argmax)
		for _, values := range [][]float32{y, z, dw, db, dx} {
			for _, v := range values {
				bits[width] = append(bits[width], math.Float32bits(v))
			}
		}
		for _, k := range argmax {
			bits[width] = append(bits[width], uint32(k))
		}
		width++
	})
	if !slices.Equal(bits[0], bits[1]) {
		t.Error("the results differ")
	}
}

// special returns noise in which many values are equal, some are zeros of either sign, and a few are NaN or infinite.
func special(n int, purpose string) []float32 {
	x := noise(n, purpose)
	zero, nan, inf := float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(1))
	for i, v := range x {
		switch k := int((v + 1) * 1000); {
		case k < 2:
			x[i] = nan
		case k < 3:
			x[i] = inf
		case k < 100:
			x[i] = zero
		case k < 200:
			x[i] = 0
		case k < 800:
			x[i] = float32(k/200) - 2
		}
	}
	return x
}
