package bench

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"actfn/internal/activations"
	"actfn/internal/worker"
)

// BenchmarkActivationCost is forward and backward of each function of the catalogue on one core, in
// ns/element, and their median: in batches that the cache nearest to a core holds with ease.
func BenchmarkActivationCost(b *testing.B) {
	const n = 1 << 11
	x, dy, dst := noise(n, "x"), noise(n, "dy"), make([]float32, n)
	for i := range x {
		x[i] *= 4 // into the tails
	}
	costs := map[string]float64{}
	for _, name := range activations.Names() {
		f, err := activations.Parse(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			start := time.Now()
			for b.Loop() {
				f.Forward(dst, x)
				f.Backward(dst, dy, x)
			}
			costs[name] = float64(time.Since(start).Nanoseconds()) / float64(b.N) / n
			b.ReportMetric(costs[name], "ns/element")
		})
	}
	var all []float64
	for _, cost := range costs {
		all = append(all, cost)
	}
	slices.Sort(all)
	if len(all) > 0 {
		b.Run("median", func(b *testing.B) {
			for b.Loop() {
			}
			b.ReportMetric(all[len(all)/2], "ns/element")
		})
	}
}

// BenchmarkActivationStep is a training step of the default model on gray images with each function of the
// catalogue, against one with relu: their steps take turns, so that what else the machine does falls on both.
func BenchmarkActivationStep(b *testing.B) {
	pool := worker.New(0)
	defer pool.Close()
	gray := seed
	gray.planes = 1
	begin := func(b *testing.B, activation string) *trainer {
		net, err := gray.declareWith(pool, activation)
		if err != nil {
			b.Fatal(err)
		}
		t := newTrainer(b, net, gray, pool)
		loss := t.step(b) // what layers allocate at first
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			b.Skipf("loss is %g, and there are no gradients", loss)
		}
		return t
	}
	var relu *trainer
	for _, name := range activations.Names() {
		b.Run(name, func(b *testing.B) {
			if relu == nil {
				relu = begin(b, "relu")
			}
			with := begin(b, name)
			var times [2][]float64
			for b.Loop() {
				for i, t := range []*trainer{relu, with} {
					times[i] = append(times[i], microseconds(func() { t.step(b) }))
				}
			}
			for i := range times {
				slices.Sort(times[i])
			}
			median := func(t []float64) float64 { return t[len(t)/2] }
			b.ReportMetric(0, "ns/op") // that of both together says nothing
			b.ReportMetric(median(times[1]), "step-µs")
			b.ReportMetric(median(times[1])/median(times[0]), "×relu")
			b.ReportMetric(times[1][0]/times[0][0], "least×relu")
			runtime.GC() // the next takes the memory
		})
	}
}

// microseconds is the time that f takes.
func microseconds(f func()) float64 {
	began := time.Now()
	f()
	return float64(time.Since(began).Nanoseconds()) / 1e3
}
