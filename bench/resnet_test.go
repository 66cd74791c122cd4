package bench

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"actfn/internal/activations"
	"actfn/internal/fuse"
	"actfn/internal/graph"
	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/worker"
)

// resnet is the list of a ResNet for small images, of depth 6n + 2, with its loss.
func resnet(b *testing.B, blocks int) layer.List {
	relu, err := activations.Parse("relu")
	if err != nil {
		b.Fatal(err)
	}
	l := layer.List{Inputs: []layer.Input{{Name: "images", Shape: layer.Shape{3, 32, 32}}, {Name: "labels", Shape: layer.Shape{}}}}
	add := func(name string, kind layer.Layer, inputs ...string) string {
		l.Add(name, kind, inputs...)
		return name
	}
	conv := func(prefix, n string, from, to, stride int, x string) string {
		x = add(prefix+"conv"+n, layer.Convolution{
			Name: prefix + "conv" + n, Channels: from, Filters: to, Kernel: 3, Stride: stride, Padding: 1, NoBias: true,
		}, x)
		return add(prefix+"bn"+n, layer.BatchNorm{Name: prefix + "bn" + n, Channels: to}, x)
	}
	act := func(name string, channels int, x string) string {
		return add(name, layer.Activation{Name: name, Function: relu, Channels: channels}, x)
	}
	x := act("conv1.activation", 16, conv("", "1", 3, 16, 1, "images"))
	channels := 16
	for stage := range 3 {
		for block := range blocks {
			prefix, to, stride := fmt.Sprintf("layer%d.%d.", stage+1, block), 16<<stage, 1
			shortcut := x
			if to != channels {
				stride = 2
				shortcut = add(prefix+"shortcut", layer.Shortcut{Channels: to, Stride: 2}, x)
			}
			y := act(prefix+"conv1.activation", to, conv(prefix, "1", channels, to, stride, x))
			y = conv(prefix, "2", to, to, 1, y)
			x, channels = act(prefix+"conv2.activation", to, add(prefix+"add", layer.Add{}, y, shortcut)), to
		}
	}
	x = add("average", layer.GlobalAverage{}, x)
	x = add("fc", layer.Linear{Name: "fc", Inputs: channels, Features: classes}, x)
	add("loss", layer.CrossEntropy{Classes: classes}, x, "labels")
	return l
}

// BenchmarkResNet is the forward and the backward pass of ResNet-20 in batches of 128, as it is trained, without the
// optimiser's step: the least time of the whole, and the sum of those of all layers of each kind.
func BenchmarkResNet(b *testing.B) {
	const columns = 128
	pool := worker.New(0)
	defer pool.Close()
	list := fuse.Apply(resnet(b, 3), fuse.Except(fuse.Update)...)
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
	for name, values := range map[string][]float32{"images": noise(3*32*32*columns, "images"), "labels": label} {
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
