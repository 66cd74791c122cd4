package kernel

import (
	"fmt"
	"testing"
)

// The products and Adam are measured by the benchmarks of actfn/bench.

// BenchmarkElementwise is every elementwise function on values that stay in the first-level cache.
func BenchmarkElementwise(b *testing.B) {
	const n = 2048
	in := make([][]float32, 3)
	for k := range in {
		in[k] = noise(n, fmt.Sprint(k))
		for i := range in[k] {
			in[k][i] *= 4
		}
	}
	dst := make([]float32, n)
	for _, f := range forms() {
		b.Run(f.name, func(b *testing.B) {
			for b.Loop() {
				f.call(dst, in)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
		})
	}
}

// BenchmarkCrossEntropy is the loss of a batch of the default model.
func BenchmarkCrossEntropy(b *testing.B) {
	s := SoftmaxCrossEntropy{K: 10, N: 32}
	z, d, labels := noise(s.K*s.N, "z"), make([]float32, s.K*s.N), make([]float32, s.N)
	for n := range labels {
		labels[n] = float32(n % s.K)
	}
	for b.Loop() {
		s.Forward(d, z, labels)
	}
}

// BenchmarkSteps is the steps of the optimisers other than Adam, and the norm.
func BenchmarkSteps(b *testing.B) {
	const n = stepChunk
	w, m, v, g := noise(n, "w"), noise(n, "m"), make([]float32, n), noise(n, "g")
	for name, f := range map[string]func(){
		"sgd":          func() { SGD{LR: 1e-9}.Update()(w, nil, nil, g, 0) },
		"sgd_momentum": func() { SGD{LR: 1e-9, Momentum: 0.9}.Update()(w, m, nil, g, 0) },
		"rmsprop":      func() { RMSprop{LR: 1e-9, Alpha: 0.9, Eps: 1e-8}.Update()(w, v, nil, g, 0) },
		"sum_squares":  func() { impl.sumSquares(g) },
		"sum":          func() { sum(g) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
		})
	}
}
