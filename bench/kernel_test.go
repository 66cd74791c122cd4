package bench

import (
	"fmt"
	"testing"

	"actfn/internal/activations"
	"actfn/internal/kernel"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

// noise is n values in [−1, 1).
func noise(n int, purpose string) []float32 {
	draws := rng.New(1, purpose, 0)
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(draws.Uniform(uint64(i), -1, 1))
	}
	return x
}

// work is one thing that a kernel does.
type work struct {
	name string
	do   func()
}

// measure runs each kernel for its time and reports it: with reportFLOPs or reportBytes, each
// operations or bytes a call.
func measure(b *testing.B, workers int, all []work, report func(b *testing.B, workers int, each float64), each float64) {
	for _, w := range all {
		b.Run(fmt.Sprintf("%s/workers=%d", w.name, workers), func(b *testing.B) {
			for b.Loop() {
				w.do()
			}
			report(b, workers, each)
		})
	}
}

// withPools runs f with a pool of each number of workers.
func withPools(f func(p *worker.Pool)) {
	for _, workers := range workerCounts() {
		p := worker.New(workers)
		f(p)
		p.Close()
	}
}

// adam is the default optimiser's step, with too small a rate to lead anywhere.
var adam = kernel.Adam{LR: 1e-9, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}

// BenchmarkLinear is each product of linear layers: the default model's wide one at three batch sizes.
// Each is 2·In·Out·N operations; backward_adam is dx and dw and the optimiser's step on the weights at once.
// Those behind ReLUs skip zeros, which count as operations all the same.
func BenchmarkLinear(b *testing.B) {
	for _, n := range []int{8, 32, 128, 512} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			withPools(func(p *worker.Pool) { benchmarkLinear(b, p, &kernel.Linear{In: 12544, Out: 256, N: n}) })
		})
	}
}

func benchmarkLinear(b *testing.B, p *worker.Pool, l *kernel.Linear) {
	size := l.In * kernel.Panels(l.Out) * kernel.PanelWidth
	w, bias := kernel.Floats(size), noise(l.Out, "b")
	copy(w, noise(size, "w"))
	y, dx, dw := make([]float32, l.Out*l.N), make([]float32, l.In*l.N), kernel.Floats(size)
	m, v := kernel.Floats(size), kernel.Floats(size)
	each := 2 * float64(l.In*l.Out*l.N)
	for _, in := range []struct {
		prefix string
		x, dy  []float32
	}{
		{"", noise(l.In*l.N, "x"), noise(l.Out*l.N, "dy")},
		{"relu_", rectified(l.In, l.N, 0, "x"), rectified(l.Out, l.N, 0.45, "dy")},
	} {
		measure(b, p.Workers(), []work{
			{in.prefix + "forward", func() { l.Forward(p, y, in.x, w, bias) }},
			{in.prefix + "dx", func() { l.BackwardInput(p, dx, w, in.dy) }},
			{in.prefix + "dw", func() { l.BackwardWeights(p, dw, in.x, in.dy) }},
		}, reportFLOPs, each)
		measure(b, p.Workers(), []work{
			{in.prefix + "backward_adam", func() { l.BackwardUpdate(p, dx, in.x, in.dy, w, m, v, adam.Update(10)) }},
		}, reportFLOPs, 2*each)
	}
}

// rectified is noise as the default model's ReLUs leave it on Fashion-MNIST: six of ten values are 0, and so is every
// value of a share of the rows, whose ReLU no image opens.
func rectified(rows, columns int, shut float64, purpose string) []float32 {
	x, lots := noise(rows*columns, purpose), noise(rows, purpose+" shut")
	for i, v := range x {
		if v < 0.2 || float64(lots[i/columns]+1)/2 < shut {
			x[i] = 0
		}
	}
	return x
}

// BenchmarkConv is each pass of convolutions with their ReLU: the default model's with its pooling, one between blocks, and
// those of ResNet-20, the latter by direct sums and by Winograd's transforms. Each is 2·F·C·Size²·OutH·OutW·N operations, although the gradient that comes back
// through the pooling is zero at three of four places.
func BenchmarkConv(b *testing.B) {
	for _, c := range []kernel.Conv{
		{N: 32, C: 3, H: 28, W: 28, F: 64, Size: 3, Stride: 1, Pad: 1, PoolSize: 2, PoolStride: 2, InputGradient: true},
		{N: 32, C: 64, H: 14, W: 14, F: 64, Size: 3, Stride: 1, Pad: 1, PoolSize: 2, PoolStride: 2, InputGradient: true},
		{N: 128, C: 16, H: 32, W: 32, F: 16, Size: 3, Stride: 1, Pad: 1, PoolSize: 1, PoolStride: 1, InputGradient: true},
		{N: 128, C: 32, H: 16, W: 16, F: 32, Size: 3, Stride: 1, Pad: 1, PoolSize: 1, PoolStride: 1, InputGradient: true},
		{N: 128, C: 64, H: 8, W: 8, F: 64, Size: 3, Stride: 1, Pad: 1, PoolSize: 1, PoolStride: 1, InputGradient: true},
	} {
		name := fmt.Sprintf("%dto%d_%dx%d", c.C, c.F, c.H, c.W)
		b.Run(name, func(b *testing.B) {
			withPools(func(p *worker.Pool) { benchmarkConv(b, p, kernel.NewConv(c)) })
		})
		if c.Winograd = c.C >= kernel.Lanes; c.Winograd {
			b.Run(name+"_winograd", func(b *testing.B) {
				withPools(func(p *worker.Pool) { benchmarkConv(b, p, kernel.NewConv(c)) })
			})
		}
	}
}

func benchmarkConv(b *testing.B, p *worker.Pool, c *kernel.Conv) {
	x, w, bias := noise(c.C*c.H*c.W*c.N, "x"), noise(c.F*c.C*c.Size*c.Size, "w"), noise(c.F, "b")
	y, z, argmax := make([]float32, c.Pooled()), make([]float32, c.Pooled()), make([]uint8, c.Pooled())
	dw, db, dp, dx := make([]float32, len(w)), make([]float32, c.F), noise(c.Pooled(), "dp"), make([]float32, len(x))
	relu := func(dst, x []float32, _, _ int) { kernel.ReLU(dst, x) }
	throughReLU := func(dst []float32, _, from, _ int) { kernel.ReLUGrad(dst, dp[from:][:len(dst)], y[from:][:len(dst)]) }
	c.Forward(p, y, z, argmax, x, w, bias, relu, true) // the others need argmax
	measure(b, p.Workers(), []work{
		{"forward", func() { c.Forward(p, y, z, argmax, x, w, bias, relu, true) }},
		{"dw", func() { c.BackwardWeights(p, dw, db, argmax, throughReLU) }},
		{"dx", func() { c.BackwardInput(p, dx, w, argmax) }},
	}, reportFLOPs, 2*float64(len(w)*c.OutH*c.OutW*c.N))
}

// BenchmarkOptimizer is a step on four times the weights of the default model, too many for a cache, with
// their gradient: read w, the averages and g, and write w and the averages.
func BenchmarkOptimizer(b *testing.B) {
	const n = 4 * 12544 * 256
	w, m, v, g := noise(n, "w"), make([]float32, n), make([]float32, n), noise(n, "g")
	for _, o := range []struct {
		name     string
		update   kernel.Update
		averages int
	}{
		{"adam", adam.Update(10), 2},
		{"sgd", kernel.SGD{LR: 1e-9}.Update(), 0},
		{"sgd_momentum", kernel.SGD{LR: 1e-9, Momentum: 0.9}.Update(), 1},
		{"rmsprop", kernel.RMSprop{LR: 1e-9, Alpha: 0.99, Eps: 1e-8}.Update(), 1},
	} {
		withPools(func(p *worker.Pool) {
			measure(b, p.Workers(), []work{{o.name, func() { o.update.Run(p, w, m, v, g) }}}, reportBytes, n*4*float64(3+2*o.averages))
		})
	}
}

// BenchmarkActivation is each activation and its gradient on one core, over values as many as the cache
// nearest to a core holds with ease.
func BenchmarkActivation(b *testing.B) {
	const n = 1 << 11
	x, dy, dst := noise(n, "x"), noise(n, "dy"), make([]float32, n)
	for i := range x {
		x[i] *= 4 // into the tails
	}
	for _, name := range activations.Names() {
		f, err := activations.Parse(name)
		if err != nil {
			b.Fatal(err)
		}
		measure(b, 1, []work{
			{name + "/value", func() { f.Forward(dst, x) }},
		}, reportBytes, n*4*2)
		measure(b, 1, []work{
			{name + "/gradient", func() { f.Backward(dst, dy, x) }},
		}, reportBytes, n*4*3)
	}
}
