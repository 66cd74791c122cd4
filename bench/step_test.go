package bench

import (
	"runtime"
	"strconv"
	"testing"

	"actfn/internal/kernel"
	"actfn/internal/model"
	"actfn/internal/worker"
)

// trainer makes training steps on one batch: what train.Run does in its loop, without the reading.
type trainer struct {
	*model.Trainer
	net      *model.Net
	pool     *worker.Pool
	images   []float32
	labels   []float32
	averages [2][][]float32
	steps    int
}

// newTrainer gives the model its values, a batch of noise and Adam's averages.
func newTrainer(b *testing.B, net *model.Net, s shape, pool *worker.Pool) *trainer {
	net.Initialise(0)
	compiled, err := net.NewTrainer(s.batch, s.planes, model.Training{UpdateInBackward: true})
	if err != nil {
		b.Fatal(err)
	}
	t := &trainer{Trainer: compiled, net: net, pool: pool, images: noise(s.planes*s.image*s.image*compiled.Columns(), "images")}
	for n := range compiled.Columns() {
		t.labels = append(t.labels, float32(n%classes))
	}
	for _, p := range net.Parameters {
		for k := range t.averages {
			t.averages[k] = append(t.averages[k], kernel.Floats(len(p.Values())))
		}
	}
	return t
}

// step runs the graph and makes Adam's step, a part of it in the backward pass, and returns the loss.
func (t *trainer) step(b *testing.B) float64 {
	t.steps++
	update := adam.Update(t.steps)
	updated := make([]bool, len(t.net.Parameters))
	for i, p := range t.net.Parameters {
		updated[i] = t.SetUpdate(p, update, t.averages[0][i], t.averages[1][i])
	}
	loss, err := t.Run(t.images, t.labels, t.Columns())
	if err != nil {
		b.Fatal(err)
	}
	for i, p := range t.net.Parameters {
		if !updated[i] && !p.Buffer {
			update.Run(t.pool, p.Values(), t.averages[0][i], t.averages[1][i], t.Gradient(p))
		}
	}
	return loss
}

// BenchmarkStep is a whole training step with Adam: of the default model, and of it with one factor
// changed. %roofline is the least time by the machine's limits as a share of the time taken.
func BenchmarkStep(b *testing.B) {
	b.Run("seed", func(b *testing.B) { benchmarkStep(b, seed) })
	for _, f := range factors {
		for _, v := range f.values {
			s := seed
			if *f.of(&s) == v {
				continue
			}
			*f.of(&s) = v
			b.Run(f.name+"="+strconv.Itoa(v), func(b *testing.B) { benchmarkStep(b, s) })
		}
	}
}

// BenchmarkCorner is the same of every shape that has each factor at its least or its most.
func BenchmarkCorner(b *testing.B) {
	for corner := range 1 << len(factors) {
		var s shape
		for i, f := range factors {
			v := f.values[0]
			if corner>>i&1 == 1 {
				v = f.values[len(f.values)-1]
			}
			*f.of(&s) = v
		}
		b.Run(s.String(), func(b *testing.B) { benchmarkStep(b, s) })
	}
}

// factors are what the shapes vary in.
var factors = []struct {
	name   string
	of     func(*shape) *int
	values []int
}{
	{"batch", func(s *shape) *int { return &s.batch }, []int{8, 32, 128, 512}},
	{"filters", func(s *shape) *int { return &s.filters }, []int{8, 32, 64}},
	{"image", func(s *shape) *int { return &s.image }, []int{28, 32, 64, 96}},
	{"hidden", func(s *shape) *int { return &s.hidden }, []int{64, 256, 1024}},
	{"blocks", func(s *shape) *int { return &s.blocks }, []int{1, 3}},
	{"planes", func(s *shape) *int { return &s.planes }, []int{1, 3}},
}

// mostMemory is the memory, in bytes, that a shape may take: others are skipped.
const mostMemory = 12 << 30

func benchmarkStep(b *testing.B, s shape) {
	pool := worker.New(0)
	defer pool.Close()
	net, err := s.declare(pool)
	if err != nil {
		b.Fatal(err)
	}
	if need := net.Memory(s.batch, 2); need > mostMemory {
		b.Skipf("takes %d MiB of memory, more than %d", need>>20, mostMemory>>20)
	}
	t := newTrainer(b, net, s, pool)
	t.step(b) // what ops allocate at first
	b.ReportAllocs()
	for b.Loop() {
		t.step(b)
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	machine := limits(pool.Workers())
	least := s.step(net, caches{lastLevelCache(), float64(pool.Workers()) * secondLevelCache()})
	b.ReportMetric(float64(s.batch)/seconds, "images/s")
	b.ReportMetric(least.flops/1e6, "MFLOP")
	b.ReportMetric(least.bytes/1e6, "MB")
	b.ReportMetric(least.cached/1e6, "cache-MB")
	b.ReportMetric(1e3*least.seconds(machine), "roofline-ms")
	b.ReportMetric(100*least.seconds(machine)/seconds, "%roofline")
	runtime.GC() // the next shape may want all the memory
}
