package train

import (
	"testing"

	"actfn/internal/dataset"
	"actfn/internal/model"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

// BenchmarkStep is a whole training step of the default model with Adam on 32 images of 28×28.
func BenchmarkStep(b *testing.B) {
	b.Run("gray", func(b *testing.B) { step(b, 1) })
	b.Run("colour", func(b *testing.B) { step(b, 3) })
}

func step(b *testing.B, planes int) {
	pool := worker.New(0)
	defer pool.Close()
	net, err := model.Declare(model.Default(), model.Input{Channels: 3, Height: 28, Width: 28}, 10, pool)
	if err != nil {
		b.Fatal(err)
	}
	net.Initialise(0)
	trainer, err := net.NewTrainer(32, planes, model.Training{UpdateInBackward: true})
	if err != nil {
		b.Fatal(err)
	}
	adam, err := newOptimizer(Default(), pool, net.Parameters)
	if err != nil {
		b.Fatal(err)
	}
	x, y := make([]float32, planes*28*28*32), make([]float32, 32)
	draws := rng.New(1, "images", 0)
	for i := range x {
		x[i] = float32(draws.Float64(uint64(i)))
	}
	for i := range y {
		y[i] = float32(i % 10)
	}
	b.ReportAllocs()
	for b.Loop() {
		adam.begin(trainer)
		if _, err := trainer.Run(x, y, 32); err != nil {
			b.Fatal(err)
		}
		adam.finish(trainer)
	}
	b.ReportMetric(32*float64(b.N)/b.Elapsed().Seconds(), "images/s")
}

// BenchmarkLogits is the evaluation of the default model on 2000 images in memory.
func BenchmarkLogits(b *testing.B) {
	data, err := dataset.Load(b.Context(), dataset.Default(), 0, dataset.Options{})
	if err != nil {
		b.Fatal(err)
	}
	pool := worker.New(0)
	defer pool.Close()
	net, err := model.Declare(model.Default(), model.Input{Channels: 3, Height: 28, Width: 28}, 10, pool)
	if err != nil {
		b.Fatal(err)
	}
	net.Initialise(0)
	predictor, err := net.NewPredictor(evaluationBatch(net.Input), data.Train.Planes())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := logits(b.Context(), predictor, net.Classes, data.Train); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(data.Train.Len()*b.N)/b.Elapsed().Seconds(), "images/s")
}
