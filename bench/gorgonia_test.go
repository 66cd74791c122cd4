package bench

import (
	"math"
	"testing"
	"time"

	"actfn/internal/fuse"
	"actfn/internal/graph"
	"actfn/internal/layer"
	"actfn/internal/worker"
)

// BenchmarkGorgonia separates a run of the training graph, which is a step without its update of the weights, into the
// layers' computation and what Gorgonia's machine adds to it: its instructions, its registers, the values it makes and
// the project's own sums and views. Each layer measures its own time; the difference of the least times is the machine's.
//
// The graph over the smallest tensors has the same nodes as that of the default model, and layers that do next to
// nothing: it shows the machine's time without the noise of the layers'. The larger ones show whether it grows with
// the tensors, as far as the noise lets see.
func BenchmarkGorgonia(b *testing.B) {
	for _, s := range []struct {
		name string
		shape
	}{
		{"smallest", shape{batch: 8, filters: 1, image: 2, hidden: 1, blocks: 1, planes: 1}},
		{"small", shape{batch: 8, filters: 8, image: 8, hidden: 32, blocks: 1, planes: 1}},
		{"seed", seed},
	} {
		b.Run(s.name, func(b *testing.B) { benchmarkGorgonia(b, s.shape) })
	}
}

func benchmarkGorgonia(b *testing.B, s shape) {
	pool := worker.New(0)
	defer pool.Close()
	net, err := s.declare(pool)
	if err != nil {
		b.Fatal(err)
	}
	net.Initialise(0)
	list, err := net.List(s.planes)
	if err != nil {
		b.Fatal(err)
	}
	logits := list.Output()
	list.Inputs = append(list.Inputs, layer.Input{Name: "labels", Shape: layer.Shape{}})
	list.Add("loss", layer.CrossEntropy{Classes: classes}, logits, "labels")
	list = fuse.Apply(list, fuse.Except(fuse.Update)...)
	var spent time.Duration
	for i := range list.Layers {
		list.Layers[i].Layer = timed{list.Layers[i].Layer, &spent}
	}
	values := map[string][]float32{}
	for _, p := range net.Parameters {
		values[p.Name] = p.Values()
	}
	g, err := graph.New(list, graph.Options{
		Columns: s.batch, Training: true, Pool: pool, Value: func(p layer.Param) []float32 { return values[p.Name] },
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, in := range list.Inputs {
		if err := g.Feed(in.Name, make([]float32, in.Shape.Size()*s.batch)); err != nil {
			b.Fatal(err)
		}
	}
	run := func() {
		if err := g.Run(s.batch, layer.Train); err != nil {
			b.Fatal(err)
		}
	}
	run() // what layers allocate at first
	whole, layers := math.Inf(1), math.Inf(1)
	for b.Loop() {
		spent = 0
		began := time.Now()
		run()
		whole = min(whole, float64(time.Since(began).Nanoseconds())/1e3)
		layers = min(layers, float64(spent.Nanoseconds())/1e3)
	}
	b.ReportMetric(0, "ns/op") // the timers are in it
	b.ReportMetric(whole, "run-µs")
	b.ReportMetric(layers, "layers-µs")
	b.ReportMetric(whole-layers, "machine-µs")
	b.ReportMetric(testing.AllocsPerRun(10, run), "run-allocs")
	b.ReportMetric(float64(len(list.Layers)), "layers")
}

// timed is a layer that adds up the time that it takes.
type timed struct {
	layer.Layer
	spent *time.Duration
}

func (l timed) New(b layer.Build) layer.Op { return timedOp{l.Layer.New(b), l.spent} }

type timedOp struct {
	layer.Op
	spent *time.Duration
}

func (o timedOp) Forward(c *layer.Context, y []float32, x [][]float32) {
	began := time.Now()
	o.Op.Forward(c, y, x)
	*o.spent += time.Since(began)
}

func (o timedOp) Backward(c *layer.Context, dx [][]float32, dy, y []float32, x [][]float32) {
	began := time.Now()
	o.Op.Backward(c, dx, dy, y, x)
	*o.spent += time.Since(began)
}
