package bench

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"actfn/internal/fuse"
	"actfn/internal/model"
	"actfn/internal/worker"
)

// BenchmarkWinograd is the training step of deeper networks with Winograd's transforms, against one with direct sums: their
// steps take turns, so that what else the machine does falls on both.
func BenchmarkWinograd(b *testing.B) {
	plain := func(activation string, filters ...int) model.Config {
		c := model.Default()
		c.Filters, c.Activation = filters, activation
		return c
	}
	resnet, vgg := model.Default(), plain("relu", 32, 32, 64, 64, 128, 128)
	resnet.Network, resnet.Depth, resnet.Norm, resnet.Head = "resnet", 20, "batch", "average"
	vgg.Pool, vgg.PoolStride, vgg.Norm, vgg.Dropout = []int{1, 2, 1, 2, 1, 2}, []int{1, 2, 1, 2, 1, 2}, "batch", 0.5
	narrow := plain("silu", 24, 48, 96)
	narrow.Hidden = []int{192}
	wide := plain("relu", 32, 64, 128, 256)
	wide.Hidden = []int{512}
	pool := worker.New(0)
	defer pool.Close()
	for _, v := range []struct {
		name         string
		config       model.Config
		image, batch int
	}{
		{"32,64,128", plain("relu", 32, 64, 128), 32, 32}, {"32,64,128", plain("relu", 32, 64, 128), 32, 128},
		{"24,48,96_silu", narrow, 48, 64}, {"32,64,128,256", wide, 64, 32}, {"32,64,128_gelu", plain("gelu", 32, 64, 128), 96, 32},
		{"resnet20", resnet, 32, 32}, {"resnet20", resnet, 32, 128}, {"vgg", vgg, 32, 128},
	} {
		b.Run(fmt.Sprintf("%s/image=%d/batch=%d", v.name, v.image, v.batch), func(b *testing.B) {
			begin := func(rewrites []fuse.Rewrite) *trainer {
				all := fuse.All
				defer func() { fuse.All = all }()
				fuse.All = rewrites
				net, err := model.Declare(v.config, model.Input{Channels: channels, Height: v.image, Width: v.image}, classes, pool)
				if err != nil {
					b.Fatal(err)
				}
				t := newTrainer(b, net, shape{batch: v.batch, image: v.image, planes: channels}, pool)
				t.step(b) // what layers allocate at first
				return t
			}
			trainers := []*trainer{begin(fuse.Except(fuse.Winograd)), begin(fuse.All)}
			var times [2][]float64
			for b.Loop() {
				for i, t := range trainers {
					times[i] = append(times[i], microseconds(func() { t.step(b) }))
				}
			}
			for i := range times {
				slices.Sort(times[i])
			}
			median := func(t []float64) float64 { return t[len(t)/2] }
			b.ReportMetric(0, "ns/op") // that of both together says nothing
			b.ReportMetric(median(times[0])/1e3, "direct-ms")
			b.ReportMetric(median(times[1])/1e3, "step-ms")
			b.ReportMetric(median(times[0])/median(times[1]), "×direct")
			b.ReportMetric(times[0][0]/times[1][0], "least×direct")
			runtime.GC() // the next takes the memory
		})
	}
}
