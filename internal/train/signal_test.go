package train

import (
	"context"
	"math"
	"testing"

	"actfn/internal/dataset"
	"actfn/internal/model"
	"actfn/internal/record"
)

// TestSignal wants predictions within a factor of 1.5 of what a probe measures before training, in the geometric mean
// of three seeds, of the sample.
func TestSignal(t *testing.T) {
	const seeds, factor = 3, 1.5
	six := func(activation, initialization string) func(*Job) {
		return func(j *Job) {
			m := &j.Model
			m.Filters, m.Hidden = []int{16, 16, 16, 16, 16, 16}, []int{64}
			m.Pool = []int{2, 1, 2, 1, 2, 1}
			m.PoolStride = m.Pool
			m.Activation, m.Initialization = activation, initialization
		}
	}
	for name, change := range map[string]func(*Job){
		"sigmoid": six("sigmoid", model.Uniform), "tanh": six("tanh", model.Uniform),
		"relu":     six("relu", model.Uniform),
		"relu, he": six("relu", model.He), "sigmoid, matched": six("sigmoid", model.Matched),
		"resnet8": func(j *Job) {
			m := &j.Model
			m.Network, m.Norm, m.Head, m.Depth, m.Width = "resnet", "batch", "average", 8, 8
		},
	} {
		t.Run(name, func(t *testing.T) {
			var s model.Signal
			errors := map[string][2]float64{} // sums of logarithms of measured over predicted
			for seed := range uint64(seeds) {
				j := job(t, "", func(j *Job, d *dataset.Config) {
					*d = dataset.Default()
					j.Model = model.Default()
					change(j)
					j.Config.Epochs, j.Config.Seed, j.Config.Health, j.Config.BatchSize = 0, seed, true, 32
				})
				if _, err := Run(context.Background(), j); err != nil {
					t.Fatal(err)
				}
				transform := j.Data.Train.Transform()
				in := model.Input{Channels: transform.Channels, Height: transform.Height, Width: transform.Width}
				net, err := model.Declare(j.Model, in, len(j.Data.Train.Classes()), nil)
				if err != nil {
					t.Fatal(err)
				}
				if s, err = Signal(context.Background(), net, j.Data.Train); err != nil {
					t.Fatal(err)
				}
				health, err := record.ReadHealth(j.Dir)
				if err != nil {
					t.Fatal(err)
				}
				Measured(s, health)
				for _, l := range s.Layers {
					if l.MeasuredStd == nil || l.MeasuredGradient == nil {
						t.Fatalf("%s has no measured values", l.Layer)
					}
					e := errors[l.Layer]
					e[0] += math.Log(float64(*l.MeasuredStd / l.InputStd))
					e[1] += math.Log(float64(*l.MeasuredGradient / l.Gradient))
					errors[l.Layer] = e
				}
			}
			for _, l := range s.Layers {
				std, gradient := math.Exp(errors[l.Layer][0]/seeds), math.Exp(errors[l.Layer][1]/seeds)
				t.Logf("%-15s std %.3g × %.2f, gradient %.3g × %.2f", l.Layer, l.InputStd, std, l.Gradient, gradient)
				if max(std, 1/std, gradient, 1/gradient) > factor {
					t.Errorf("%s: measured is %.2f and %.2f times what is predicted, want within %g",
						l.Layer, std, gradient, factor)
				}
			}
		})
	}
}
