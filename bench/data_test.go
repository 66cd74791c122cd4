package bench

import (
	"context"
	"os"
	"strconv"
	"testing"

	"actfn/internal/checkpoint"
	"actfn/internal/dataset"
	"actfn/internal/model"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// dataVariable names the environment variable that names the images that the benchmarks of this file
// read, as --data does; without it they are the built-in sample.
const dataVariable = "ACTFN_BENCH_DATA"

// sizeVariable names the environment variable that gives the size they get, as --image-size does.
const sizeVariable = "ACTFN_BENCH_IMAGE_SIZE"

// weightsVariable names the environment variable that names a checkpoint of the default model to evaluate; without it
// its weights are initial ones.
const weightsVariable = "ACTFN_BENCH_WEIGHTS"

func load(b *testing.B, augment ...string) *dataset.Data {
	cfg := dataset.Default()
	cfg.Root, cfg.Augment = os.Getenv(dataVariable), augment
	if size := os.Getenv(sizeVariable); size != "" {
		var err error
		if cfg.ImageSize, err = strconv.Atoi(size); err != nil {
			b.Fatal(err)
		}
	}
	data, err := dataset.Load(context.Background(), cfg, 0, dataset.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// BenchmarkLoad reads and decodes the images of train and test, on all processors.
func BenchmarkLoad(b *testing.B) {
	images := 0
	for b.Loop() {
		data := load(b)
		images += data.Train.Len() + data.Test.Len()
	}
	b.ReportMetric(float64(images)/b.Elapsed().Seconds(), "images/s")
}

// BenchmarkEvaluate computes the logits of the test images, decoded before, with the default model.
func BenchmarkEvaluate(b *testing.B) {
	test := load(b).Test
	pool := worker.New(0)
	defer pool.Close()
	t := test.Transform()
	net, err := model.Declare(model.Default(), model.Input{Channels: t.Channels, Height: t.Height, Width: t.Width}, len(test.Classes()), pool)
	if err != nil {
		b.Fatal(err)
	}
	net.Initialise(0)
	if path := os.Getenv(weightsVariable); path != "" {
		file, err := checkpoint.Read(path)
		if err != nil {
			b.Fatal(err)
		}
		for _, p := range net.Parameters {
			t, ok := file.Tensor(p.Name)
			if !ok || len(t.Data) != p.Size() {
				b.Fatalf("%s: no tensor %s of %d values", path, p.Name, p.Size())
			}
			p.Set(t.Data)
		}
	}
	for b.Loop() {
		if _, err := train.Logits(context.Background(), net, test); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(test.Len()*b.N)/b.Elapsed().Seconds(), "images/s")
}
