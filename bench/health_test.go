package bench

import (
	"testing"

	"actfn/internal/dataset"
	"actfn/internal/health"
	"actfn/internal/model"
	"actfn/internal/worker"
)

// BenchmarkHealth measures the default model with the probe of the sample, in batches of 32, and the updates of a step.
func BenchmarkHealth(b *testing.B) {
	pool := worker.New(0)
	defer pool.Close()
	net, err := model.Declare(model.Default(), model.Input{Channels: 3, Height: 28, Width: 28}, 10, pool)
	if err != nil {
		b.Fatal(err)
	}
	net.Initialise(0)
	const images = 32
	labels := make([]int, images)
	for i := range labels {
		labels[i] = i % 10
	}
	for _, planes := range []int{1, 3} {
		b.Run(map[int]string{1: "gray", 3: "colour"}[planes], func(b *testing.B) {
			probe, err := health.New(net, pool, health.Plan{Labels: labels, Batch: 32, Planes: planes})
			if err != nil {
				b.Fatal(err)
			}
			batch := dataset.Batch{X: make([]float32, planes*28*28*images), Y: make([]float32, images), Index: labels}
			for i := range batch.X {
				batch.X[i] = float32(i%97) / 97
			}
			for b.Loop() {
				_, err := probe.Measure(0, func(yield func(dataset.Batch, error) bool) { yield(batch, nil) })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	updates := health.NewUpdates(net)
	b.Run("updates", func(b *testing.B) {
		for b.Loop() {
			updates.Before()
			updates.After()
		}
	})
}
