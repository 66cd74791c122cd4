package bench

import (
	"fmt"
	"testing"

	"actfn/internal/dataset"
	"actfn/internal/health"
	"actfn/internal/model"
	"actfn/internal/worker"
)

// BenchmarkHealth measures the default model with the probe of the sample, 32 images of 28×28, and of CIFAR-10, 256 of
// 32×32, in batches of 32, and the updates of a step.
func BenchmarkHealth(b *testing.B) {
	pool := worker.New(0)
	defer pool.Close()
	for _, c := range []struct{ images, side int }{{32, 28}, {256, 32}} {
		net, err := model.Declare(model.Default(), model.Input{Channels: 3, Height: c.side, Width: c.side}, 10, pool)
		if err != nil {
			b.Fatal(err)
		}
		net.Initialise(0)
		labels := make([]int, c.images)
		for i := range labels {
			labels[i] = i % 10
		}
		const size = 32
		probe, err := health.New(net, pool, health.Plan{Labels: labels, Batch: size, Planes: 3})
		if err != nil {
			b.Fatal(err)
		}
		batch := dataset.Batch{X: make([]float32, 3*c.side*c.side*size), Y: make([]float32, size), Index: labels[:size]}
		for i := range batch.X {
			batch.X[i] = float32(i%97) / 97
		}
		b.Run(fmt.Sprintf("images=%d", c.images), func(b *testing.B) {
			for b.Loop() {
				_, err := probe.Measure(0, func(yield func(dataset.Batch, error) bool) {
					for range c.images / size {
						yield(batch, nil)
					}
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
		updates := health.NewUpdates(net)
		b.Run(fmt.Sprintf("updates=%d", c.images), func(b *testing.B) {
			for b.Loop() {
				updates.Before()
				updates.After()
			}
		})
	}
}
