package layer_test

import (
	"fmt"
	"math"
	"testing"

	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

func init() {
	for _, p := range []float64{0, 0.25, 0.9} {
		add(layertest.Case{
			Name: fmt.Sprintf("dropout %g", p), Layer: layer.Dropout{Name: "fc1.dropout", P: p},
			In: shapes(4, 3, 5), Out: layer.Shape{4, 3, 5}, Step: 0.25, Modal: true,
			Refuse: [][]layer.Shape{{{4}, {4}}},
			Values: func(x, _ [][]float64) []float64 { return x[0] },
		})
	}
}

// In training a share P of the values is dropped, which the draws of the layer's own name and the step decide, and the
// others are multiplied by 1/(1 − P), so that the mean stays. NaN stays NaN.
func TestDropoutDrops(t *testing.T) {
	const columns, features = 64, 1000
	for _, p := range []float64{0, 0.1, 0.5, 0.75} {
		l := layer.Dropout{Name: "fc1.dropout", P: p}
		if l.Purpose() != "dropout fc1" {
			t.Errorf("purpose is %q", l.Purpose())
		}
		pool := worker.New(2)
		op := l.New(layer.Build{In: shapes(features), Columns: columns, Training: true, WantDX: []bool{true}, Pool: pool})
		run := func(step int) (y, dx []float32) {
			draws := rng.New(3, l.Purpose(), step)
			c := &layer.Context{Images: columns, Mode: layer.Train, Draws: layer.Draws{
				Draw: func(dst []float32, stream, element int) { draws.Singles(dst, uint64(stream)<<40|uint64(element)) },
			}}
			x, dy := make([]float32, features*columns), make([]float32, features*columns)
			for i := range x {
				x[i], dy[i] = 2, 3
			}
			x[5] = float32(math.NaN())
			y, dx = make([]float32, len(x)), make([]float32, len(x))
			op.Forward(c, y, [][]float32{x})
			op.Backward(c, [][]float32{dx}, dy, y, [][]float32{x})
			return y, dx
		}
		y, dx := run(0)
		again, _ := run(0)
		other, _ := run(1)
		dropped, moved := 0, 0
		for i, v := range y {
			if i == 5 {
				if v == v {
					t.Errorf("p %g: a NaN becomes %g", p, v)
				}
				continue
			}
			want := float32(2 / (1 - p))
			if v == 0 {
				dropped++
				want = 0
			}
			if math.Abs(float64(v-want)) > 1e-6 || math.Abs(float64(dx[i]-1.5*want)) > 1e-6 {
				t.Fatalf("p %g: value %d is %g with gradient %g, want %g and %g", p, i, v, dx[i], want, 1.5*want)
			}
			if v != again[i] {
				t.Fatalf("p %g: value %d is another in the same step", p, i)
			}
			if v != other[i] {
				moved++
			}
		}
		n := float64(len(y))
		if off := math.Abs(float64(dropped)/n - p); off > 4*math.Sqrt(p*(1-p)/n) {
			t.Errorf("p %g: a share of %g is dropped", p, float64(dropped)/n)
		}
		if want := 2 * p * (1 - p); math.Abs(float64(moved)/n-want) > 0.02 {
			t.Errorf("p %g: a share of %g differs in the next step, want %g", p, float64(moved)/n, want)
		}
		pool.Close()
	}
}
