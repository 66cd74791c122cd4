package layer_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
	"actfn/internal/worker"
)

func init() {
	of := func(size, stride, h, w int, out ...int) layertest.Case {
		l := layer.MaxPool{Size: size, Stride: stride}
		return layertest.Case{
			Name: fmt.Sprintf("max pool %d, stride %d, %d×%d", size, stride, h, w), Layer: l,
			In: shapes(2, h, w), Out: out,
			Refuse: [][]layer.Shape{{{2, h, w}, {2, h, w}}, {{2, h}}, {{2, size - 1, w}}, {{2, h, size - 1}}},
			Values: func(x, _ [][]float64) []float64 { return layertest.MaxPool(l, layer.Shape{2, h, w}, x[0]) },
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

// The first of equal values is the maximum, and NaN is above all, as in PyTorch.
func TestMaxPoolTies(t *testing.T) {
	layertest.OnEachPath(t, func(t *testing.T) {
		pool := worker.New(1)
		defer pool.Close()
		const columns = 8
		nan, inf := float32(math.NaN()), float32(math.Inf(1))
		op := layer.MaxPool{Size: 2, Stride: 2}.New(layer.Build{In: shapes(1, 2, 2), Columns: columns, Training: true, WantDX: []bool{true}, Pool: pool})
		for want, window := range map[int][4]float32{
			0: {1, 1, 1, 1}, 1: {0, 2, 1, 2}, 2: {-2, -2, -1, -1}, 3: {inf, 1, nan, nan},
		} {
			x, dy := make([]float32, 4*columns), slices.Repeat([]float32{1}, columns)
			for i := range x {
				x[i] = window[i/columns]
			}
			y, dx := make([]float32, columns), make([]float32, 4*columns)
			c := &layer.Context{Images: columns, Mode: layer.Train}
			op.Forward(c, y, [][]float32{x})
			op.Backward(c, [][]float32{dx}, dy, y, [][]float32{x})
			if got := slices.Index(dx, 1) / columns; got != want {
				t.Errorf("the gradient of %v goes to value %d, want %d", window, got, want)
			}
			if top := window[want]; y[0] != top && top == top {
				t.Errorf("the maximum of %v is %g", window, y[0])
			}
		}
	})
}

// The position in a window is kept in a byte.
func TestMaxPoolRefusesLargeWindows(t *testing.T) {
	for size, refused := range map[int]bool{16: false, 17: true} {
		if _, err := (layer.MaxPool{Size: size, Stride: 1}).Out(shapes(1, 20, 20)); (err != nil) != refused {
			t.Errorf("a window of %d×%d: error is %v", size, size, err)
		}
	}
}
