package bench

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"actfn/internal/fuse"
	"actfn/internal/graph"
	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/model"
	"actfn/internal/worker"
)

// BenchmarkResNet is the forward and the backward pass of ResNet-20 in batches of 128, as it is trained, without the
// optimiser's step: the least time of the whole, and the sum of those of all layers of each kind.
func BenchmarkResNet(b *testing.B) {
	const columns = 128
	pool := worker.New(0)
	defer pool.Close()
	cfg := model.Default()
	cfg.Network, cfg.Norm, cfg.Head, cfg.Activation = "resnet", "batch", "average", "relu"
	net, err := model.Declare(cfg, model.Input{Channels: channels, Height: 32, Width: 32}, classes, pool)
	if err != nil {
		b.Fatal(err)
	}
	list, err := net.List(channels)
	if err != nil {
		b.Fatal(err)
	}
	logits := list.Output()
	list.Inputs = append(list.Inputs, layer.Input{Name: "labels", Shape: layer.Shape{}})
	list.Add("loss", layer.CrossEntropy{Classes: classes}, logits, "labels")
	list = fuse.Apply(list, fuse.Except(fuse.Update)...)
	var kinds []string
	var spent []*time.Duration
	for i, n := range list.Layers {
		kind := strings.ToLower(fmt.Sprintf("%T", n.Layer))
		if c, ok := n.Layer.(layer.Convolution); ok {
			kind += fmt.Sprintf("-%d-%d", c.Channels, c.Filters)
		}
		kinds, spent = append(kinds, kind[strings.LastIndexByte(kind, '.')+1:]), append(spent, new(time.Duration))
		list.Layers[i].Layer = timed{n.Layer, spent[i]}
	}
	g, err := graph.New(list, graph.Options{
		Columns: columns, Training: true, Pool: pool, Value: func(p layer.Param) []float32 {
			values := kernel.Floats(p.Stored())
			if p.Init.FanIn == 0 {
				kernel.Fill(values, float32(p.Init.Value))
			} else {
				p.Import(values, noise(p.Size(), p.Name))
			}
			return values
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	label := make([]float32, columns)
	for i := range label {
		label[i] = float32(i % classes)
	}
	for name, values := range map[string][]float32{"images": noise(channels*32*32*columns, "images"), "labels": label} {
		if err := g.Feed(name, values); err != nil {
			b.Fatal(err)
		}
	}
	best, whole := slices.Repeat([]time.Duration{time.Hour}, len(spent)), time.Hour
	for b.Loop() {
		for _, t := range spent {
			*t = 0
		}
		began := time.Now()
		if err := g.Run(columns, layer.Train); err != nil {
			b.Fatal(err)
		}
		whole = min(whole, time.Since(began))
		for i, t := range spent {
			best[i] = min(best[i], *t)
		}
	}
	sums := map[string]time.Duration{}
	for i, t := range best {
		sums[kinds[i]] += t
		sums["layers"] += t
	}
	b.ReportMetric(0, "ns/op") // the timers are in it
	b.ReportMetric(whole.Seconds()*1000, "run-ms")
	for kind, t := range sums {
		b.ReportMetric(t.Seconds()*1000, kind+"-ms")
	}
}
