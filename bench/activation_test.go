package bench

import (
	"slices"
	"testing"
	"time"

	"actfn/internal/activations"
)

// BenchmarkActivationCost is forward and backward of each function of the catalogue on one core, in
// ns/element, and their median: in batches that the cache nearest to a core holds with ease.
func BenchmarkActivationCost(b *testing.B) {
	const n = 1 << 12
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
