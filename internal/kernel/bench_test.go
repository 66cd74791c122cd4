package kernel

import (
	"fmt"
	"testing"
)

// flops reports the arithmetic of a benchmark's loop.
func flops(b *testing.B, each float64) {
	b.ReportMetric(each*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

// BenchmarkLinear is each product of the default model's wide layer.
func BenchmarkLinear(b *testing.B) {
	for _, workers := range []int{1, 2} {
		p := NewPool(workers)
		defer p.Close()
		l := &Linear{In: 12544, Out: 256, N: 32}
		x, dy := noise(l.In*l.N, "x"), noise(l.Out*l.N, "dy")
		y, dx := make([]float32, l.Out*l.N), make([]float32, l.In*l.N)
		w, dw, bias := noise(l.In*l.Out, "w"), make([]float32, l.In*l.Out), noise(l.Out, "b")
		m, v := make([]float32, l.In*l.Out), make([]float32, l.In*l.Out)
		each := 2 * float64(l.In*l.Out*l.N)
		for name, f := range map[string]func(){
			"forward": func() { l.Forward(p, y, x, w, bias) },
			"dx":      func() { l.BackwardInput(p, dx, w, dy) },
			"dw":      func() { l.BackwardWeights(p, dw, x, dy) },
			"backward_adam": func() {
				l.BackwardUpdate(p, dx, x, dy, w, m, v, Adam{LR: 1e-5, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}.Update(10))
			},
			"adam": func() { Adam{LR: 1e-5, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}.Update(10).Run(p, w, m, v, dw) },
		} {
			b.Run(fmt.Sprintf("%s/workers=%d", name, workers), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				flops(b, each)
			})
		}
	}
}

// BenchmarkConv is each pass of the default model's convolution, with its pooling and ReLU.
func BenchmarkConv(b *testing.B) {
	for _, workers := range []int{1, 2} {
		p := NewPool(workers)
		defer p.Close()
		c := NewConv(Conv{N: 32, C: 3, H: 28, W: 28, F: 64, Size: 3, Stride: 1, Pad: 1, PoolSize: 2, PoolStride: 2})
		x, w, bias := noise(c.C*c.H*c.W*c.N, "x"), noise(c.F*c.C*c.Size*c.Size, "w"), noise(c.F, "b")
		y, z, argmax := make([]float32, c.Pooled()), make([]float32, c.Pooled()), make([]uint8, c.Pooled())
		dw, db, dp, dx := make([]float32, len(w)), make([]float32, c.F), noise(c.Pooled(), "dp"), make([]float32, len(x))
		each := 2 * float64(len(w)*c.OutH*c.OutW*c.N)
		for name, f := range map[string]func(){
			"forward": func() { c.Forward(p, y, z, argmax, x, w, bias, ReLU, true) },
			"dw":      func() { c.BackwardWeights(p, dw, db, dp, argmax) },
			"dx":      func() { c.BackwardInput(p, dx, w, dp, argmax) },
			"relu":    func() { p.RunChunks(len(dp), 1<<12, func(i, j int) { ReLUGrad(dp[i:j], dp[i:j], z[i:j]) }) },
		} {
			b.Run(fmt.Sprintf("%s/workers=%d", name, workers), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				flops(b, each)
			})
		}
	}
}

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
		"sgd":          func() { SGD{LR: 1e-9}.Update()(w, nil, nil, g) },
		"sgd_momentum": func() { SGD{LR: 1e-9, Momentum: 0.9}.Update()(w, m, nil, g) },
		"rmsprop":      func() { RMSprop{LR: 1e-9, Alpha: 0.9, Eps: 1e-8}.Update()(w, v, nil, g) },
		"sum_squares":  func() { squares(g) },
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
