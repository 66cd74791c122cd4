package layer_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

func init() {
	of := func(out ...int) layertest.Case {
		channels := out[0]
		return layertest.Case{
			Name: fmt.Sprint("batch norm of ", out), Layer: layer.BatchNorm{Name: "bn1", Channels: channels},
			In: shapes(out...), Out: out, Coupled: true, Modal: true, Step: 1. / 16,
			Params: []string{
				fmt.Sprintf("bn1.weight [%d]", channels), fmt.Sprintf("bn1.bias [%d]", channels),
				fmt.Sprintf("bn1.running_mean [%d]", channels), fmt.Sprintf("bn1.running_var [%d]", channels),
			},
			Refuse: [][]layer.Shape{{out, out}, {{channels + 1, 3, 4}}, {{}}},
			Values: func(x, p [][]float64) (y []float64) {
				for i, v := range x[0] {
					ch := i * channels / len(x[0])
					y = append(y, p[0][ch]*(v-p[2][ch])/math.Sqrt(p[3][ch]+1e-5)+p[1][ch])
				}
				return y
			},
		}
	}
	addRow("batch_norm", of(4, 3, 5))
	addRow("batch_norm of features", of(7))
	for _, row := range []string{"batch_norm, large mean", "batch_norm, evaluate"} {
		c := of(4, 3, 5)
		c.Name += row
		addRow(row, c)
	}
	add(of(3, 6, 6)) // more values than are computed at a time
}

// norm runs a norm of one channel on images of some values each, forward and backward, with NaN in the padding.
func norm(t *testing.T, mode layer.Mode, x []float32, size, columns int) (y, dx, mean, variance []float32, err error) {
	t.Helper()
	pool := worker.New(1)
	defer pool.Close()
	images := len(x) / size
	spread := func(fill func(i int) float32) []float32 {
		all := slices.Repeat([]float32{float32(math.NaN())}, size*columns)
		for i := range x {
			all[i/images*columns+i%images] = fill(i)
		}
		return all
	}
	collect := func(all []float32) (images []float32) {
		for i := range x {
			n := len(x) / size
			images = append(images, all[i/n*columns+i%n])
		}
		return images
	}
	b := layer.Build{In: shapes(1, size), Columns: columns, Training: true, WantDX: []bool{true}, Pool: pool}
	op := layer.BatchNorm{Name: "bn1", Channels: 1}.New(b)
	mean, variance = []float32{0}, []float32{1}
	c := &layer.Context{Images: images, Mode: mode, Value: [][]float32{{2}, {0.5}, mean, variance},
		Grad: []layer.Grad{{Whole: make([]float32, 1)}, {Whole: make([]float32, 1)}, {}, {}}}
	given := spread(func(i int) float32 { return x[i] })
	y, dx = make([]float32, size*columns), make([]float32, size*columns)
	if op.Forward(c, y, [][]float32{given}); c.Err == nil {
		draws := rng.New(1, "dy", 0)
		dy := spread(func(i int) float32 { return float32(draws.Uniform(uint64(i), -1, 1)) })
		op.Backward(c, [][]float32{dx}, dy, y, [][]float32{given})
	}
	return collect(y), dx, mean, variance, c.Err
}

// What padding holds, NaN too, reaches nothing: statistics, y and dx are those of the images alone, and dx is 0 there.
func TestBatchNormLeavesPaddingOut(t *testing.T) {
	layertest.OnEachPath(t, func(t *testing.T) {
		const size, images = 3, 5
		x := make([]float32, size*images)
		layertest.Spread(x, rng.New(1, "x", 0))
		y, _, mean, variance, err := norm(t, layer.Train, x, size, images)
		if err != nil {
			t.Fatal(err)
		}
		for _, columns := range []int{8, 16, 40} {
			got, dx, m, v, err := norm(t, layer.Train, x, size, columns)
			if err != nil || !slices.Equal(m, mean) || !slices.Equal(v, variance) {
				t.Errorf("%d columns: running statistics are %v and %v, %v, want %v and %v", columns, m, v, err, mean, variance)
			}
			if !slices.Equal(got, y) {
				t.Errorf("%d columns: y is %v, want %v", columns, got, y)
			}
			for i, v := range dx {
				if padding := i%columns >= images; v != v || padding && v != 0 {
					t.Fatalf("%d columns: dx[%d] is %g", columns, i, v)
				}
			}
		}
	})
}

// One value has no variance; in evaluation it needs none.
func TestBatchNormRefusesOneValue(t *testing.T) {
	const want = "batch has 1 value in each channel, want at least 2"
	for _, mode := range []layer.Mode{layer.Train, layer.Probe} {
		if _, _, _, _, err := norm(t, mode, []float32{1}, 1, 8); err == nil || err.Error() != want {
			t.Errorf("mode %d: error is %v", mode, err)
		}
		if _, _, _, _, err := norm(t, mode, []float32{1, 2}, 1, 8); err != nil {
			t.Errorf("mode %d: two images: %v", mode, err)
		}
	}
	if _, _, _, _, err := norm(t, layer.Evaluate, []float32{1}, 1, 8); err != nil {
		t.Errorf("evaluation: %v", err)
	}

	l := layer.List{Inputs: []layer.Input{{Name: "images", Shape: layer.Shape{2, 4, 4}}}}
	l.Add("bn1", layer.BatchNorm{Name: "bn1", Channels: 2}, "images")
	for i, want := range []string{"1 ", "2 bn2"} {
		if n, name, err := l.MinImages(); err != nil || fmt.Sprint(n, " ", name) != want {
			t.Errorf("%d norms: at least %d images, for %q, %v; want %s", i+1, n, name, err, want)
		}
		l.Add("average", layer.GlobalAverage{}, "bn1")
		l.Add("bn2", layer.BatchNorm{Name: "bn2", Channels: 2}, "average")
		l.Add("bn3", layer.BatchNorm{Name: "bn3", Channels: 2}, "bn2")
	}
}

// A value that is not finite makes the channel NaN, as in PyTorch; equal values become β, however large they are.
func TestBatchNormOfUnusualValues(t *testing.T) {
	layertest.OnEachPath(t, func(t *testing.T) {
		inf := float32(math.Inf(1))
		for _, bad := range []float32{float32(math.NaN()), inf, -inf} {
			for at := range 4 {
				x := []float32{1, 2, 3, 5}
				x[at] = bad
				y, dx, mean, variance, _ := norm(t, layer.Train, x, 2, 2)
				for i := range y {
					if y[i] == y[i] || dx[i] == dx[i] {
						t.Fatalf("of %v y is %v and dx %v, want NaN", x, y, dx)
					}
				}
				if !(mean[0] == bad || mean[0] != mean[0] && bad != bad) || variance[0] == variance[0] {
					t.Errorf("of %v running statistics are %g and %g", x, mean[0], variance[0])
				}
			}
		}
		for _, v := range []float32{0, 1.1, -1e6, 3e38} {
			y, _, mean, variance, _ := norm(t, layer.Train, []float32{v, v, v, v, v, v}, 2, 3)
			if y[0] != 0.5 || y[5] != 0.5 || mean[0] != float32(0.1*float64(v)) || math.Abs(float64(variance[0])-0.9) > 1e-7 {
				t.Errorf("of equal values %g y is %v, running statistics are %g and %g", v, y, mean[0], variance[0])
			}
		}
		y, _, _, variance, _ := norm(t, layer.Train, []float32{-1e38, 1e38}, 1, 2)
		if !slices.Equal(y, []float32{-1.5, 2.5}) || variance[0] != inf {
			t.Errorf("of large values y is %v, the running variance %g", y, variance[0])
		}
	})
}
