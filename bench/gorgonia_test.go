package bench

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"gorgonia.org/gorgonia"

	"actfn/internal/worker"
)

// BenchmarkGorgonia separates a run of the training graph, which is a step without its update of the
// weights, into the project's ops and what Gorgonia's machine adds to them. Each pass runs the graph, and
// then calls the same ops with the same values once more, one after the other; the difference of the least
// times is the machine's: its instructions, its registers, the values it makes and its own few ops.
//
// The graph over the smallest tensors has the same nodes as that of the default model, and ops that do
// next to nothing: it shows the machine's time without the noise of the ops'. The larger ones show whether
// it grows with the tensors, as far as the noise lets see.
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
	t := newTrainer(b, net, s, pool)
	t.gradient(b)
	ops := t.ops(b)
	run := func() { t.gradient(b) }
	replay := func() {
		for _, op := range ops {
			op.do(b)
		}
	}
	replay() // what ops allocate at first
	runs, replays := math.Inf(1), math.Inf(1)
	for b.Loop() {
		runs = min(runs, microseconds(run))
		replays = min(replays, microseconds(replay))
	}
	b.ReportMetric(0, "ns/op") // that of a run and a replay together says nothing
	b.ReportMetric(runs, "run-µs")
	b.ReportMetric(replays, "ops-µs")
	b.ReportMetric(runs-replays, "machine-µs")
	b.ReportMetric(testing.AllocsPerRun(10, run), "run-allocs")
	b.ReportMetric(testing.AllocsPerRun(10, replay), "ops-allocs")
	b.ReportMetric(float64(len(ops)), "ops")
}

// microseconds is the time that f takes.
func microseconds(f func()) float64 {
	began := time.Now()
	f()
	return float64(time.Since(began).Nanoseconds()) / 1e3
}

// call is an op of the graph with the values that it was last given.
type call struct {
	gorgonia.Op
	inputs []gorgonia.Value
}

func (c call) do(b *testing.B) {
	if _, err := c.Do(c.inputs...); err != nil {
		b.Fatal(err)
	}
}

// ops are the project's ops in the graph, in the order in which they can run, after a run.
func (t *trainer) ops(b *testing.B) []call {
	sorted, err := gorgonia.Sort(t.ExprGraph)
	if err != nil {
		b.Fatal(err)
	}
	slices.Reverse(sorted) // Sort begins with the results
	var all []call
	for _, n := range sorted {
		if n.Op() == nil || reflect.Indirect(reflect.ValueOf(n.Op())).Type().PkgPath() != "actfn/internal/op" {
			continue
		}
		c := call{Op: n.Op()}
		for inputs := t.From(n.ID()); inputs.Next(); {
			c.inputs = append(c.inputs, inputs.Node().(*gorgonia.Node).Value())
		}
		all = append(all, c)
	}
	return all
}
