package model

import (
	"testing"

	"actfn/internal/kernel"
)

// BenchmarkStep is forward and backward of the default model on 32 images of 3×28×28, without the
// optimiser.
func BenchmarkStep(b *testing.B) {
	pool := kernel.NewPool(0)
	defer pool.Close()
	in := Input{3, 28, 28}
	net, err := initialised(Default(), in, 10, 0, pool)
	if err != nil {
		b.Fatal(err)
	}
	trainer, err := net.NewTrainer(32, net.Input.Channels, Loss{})
	if err != nil {
		b.Fatal(err)
	}
	x, y := batchOf(in, 10, 32)
	for b.Loop() {
		if _, err := trainer.Run(x, y); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(32*float64(b.N)/b.Elapsed().Seconds(), "images/s")
}
