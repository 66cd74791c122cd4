package optim

import (
	"fmt"
	"testing"

	"actfn/internal/kernel"
	"actfn/internal/worker"
)

// BenchmarkUpdate is a step of each optimiser on one core: on a tensor that stays in a cache, and on one of
// four times the weights of the default model, which does not.
func BenchmarkUpdate(b *testing.B) {
	pool := worker.New(1)
	defer pool.Close()
	for _, n := range []int{1 << 14, 4 * 12544 * 256} {
		for _, o := range optimizers {
			b.Run(fmt.Sprintf("%s/%d", o.Name, n), func(b *testing.B) {
				w, g := kernel.Floats(n), kernel.Floats(n)
				for i := range g {
					w[i], g[i] = float32(i%101)-50, float32(i%97)-48
				}
				s := Default()
				if o.reads("momentum") {
					s.Momentum = 0.9
				}
				state := New(o, s, []Tensor{{n, Group{LRFactor: 1}}})
				state.Begin(1e-9)
				state.Update(pool, 0, w, g) // the first takes the memory of the averages
				b.ReportAllocs()
				for b.Loop() {
					state.Begin(1e-9)
					state.Update(pool, 0, w, g)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/element")
			})
		}
	}
}
