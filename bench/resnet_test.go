package bench

import (
	"fmt"
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
// optimiser's step: the time of the whole, and of each kind of layer in milliseconds a step.
func BenchmarkResNet(b *testing.B) {
	const columns = 128
	pool := worker.New(0)
	defer pool.Close()
	list, spent := fuse.Apply(resnet(b, 3), fuse.Except(fuse.Update)...), map[string]*time.Duration{}
	for i, n := range list.Layers {
		kind := strings.ToLower(fmt.Sprintf("%T", n.Layer))
		if c, ok := n.Layer.(layer.Convolution); ok {
			kind += fmt.Sprintf("-%d-%d", c.Channels, c.Filters)
		}
		kind = kind[strings.LastIndexByte(kind, '.')+1:]
		if spent[kind] == nil {
			spent[kind] = new(time.Duration)
		}
		list.Layers[i].Layer = timed{n.Layer, spent[kind]}
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
	run := func() {
		if err := g.Run(columns, layer.Train); err != nil {
			b.Fatal(err)
		}
	}
	run()
	for _, t := range spent {
		*t = 0
	}
	for b.Loop() {
		run()
	}
	for kind, t := range spent {
		b.ReportMetric(t.Seconds()*1000/float64(b.N), kind+"-ms")
	}
}
