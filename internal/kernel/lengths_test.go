package kernel

import (
	"fmt"
	"strings"
	"testing"

	"actfn/internal/worker"
)

// Every method of a layer panics if a slice is one value short: the assembly would write past its end.
func TestShortSlices(t *testing.T) { onEachPath(t, testShortSlices) }

func testShortSlices(t *testing.T) {
	p := worker.New(1)
	defer p.Close()
	short := func(name string, call func()) {
		t.Helper()
		defer func() {
			t.Helper()
			if message := fmt.Sprint(recover()); !strings.Contains(message, "length of ") {
				t.Errorf("%s one value short: %s, want a panic that names its length", name, message)
			}
		}()
		call()
	}
	// each calls f with slices of these lengths, then with one of them a value short.
	each := func(name string, lengths []int, f func(s [][]float32)) {
		made := func(short int) (s [][]float32) {
			for i, n := range lengths {
				if i == short {
					n--
				}
				s = append(s, make([]float32, n))
			}
			return s
		}
		f(made(-1))
		for i := range lengths {
			short(fmt.Sprint(name, ", slice ", i), func() { f(made(i)) })
		}
	}
	asked := func(dst, x []float32, _, _ int) { copy(dst, x) }
	gradient := func(dst []float32, _, _, _ int) { clear(dst) }
	for _, n := range []int{3, 8, 32} {
		for _, pool := range []int{1, 2, 3} {
			c := NewConv(Conv{N: n, C: 2, H: 6, W: 6, F: 3, Size: 3, Stride: 1, Pad: 1, PoolSize: pool, PoolStride: pool, InputGradient: true})
			x, w, z := c.C*c.H*c.W*n, c.F*c.C*9, c.Pooled()
			argmax := make([]uint8, z)
			name := fmt.Sprintf("Conv of %d images, pooled by %d", n, pool)
			each(name+", Forward", []int{z, z, x, w, c.F}, func(s [][]float32) { c.Forward(p, s[0], s[1], argmax, s[2], s[3], s[4], asked, true) })
			each(name+", BackwardWeights", []int{w, c.F}, func(s [][]float32) { c.BackwardWeights(p, s[0], s[1], argmax, gradient) })
			each(name+", BackwardInput", []int{x, w}, func(s [][]float32) { c.BackwardInput(p, s[0], s[1], argmax) })
			less := argmax[1:]
			long := make([]float32, max(x, z))
			short(name+", Forward's argmax", func() { c.Forward(p, long, long, less, long, long, long, asked, true) })
			short(name+", BackwardWeights' argmax", func() { c.BackwardWeights(p, long, long, less, gradient) })
			short(name+", BackwardInput's argmax", func() { c.BackwardInput(p, long, long, less) })
		}
		m := NewMaxPool(MaxPool{N: n, C: 2, H: 4, W: 4, Size: 2, Stride: 2})
		argmax := make([]uint8, 8*n)
		each("MaxPool.Forward", []int{8 * n, 32 * n}, func(s [][]float32) { m.Forward(p, s[0], argmax, s[1]) })
		each("MaxPool.Backward", []int{32 * n, 8 * n}, func(s [][]float32) { m.Backward(p, s[0], s[1], argmax) })
		long := make([]float32, 32*n)
		short("MaxPool.Forward's argmax", func() { m.Forward(p, long, argmax[1:], long) })
		short("MaxPool.Backward's argmax", func() { m.Backward(p, long, long, argmax[1:]) })

		l := &Linear{In: 100, Out: 20, N: n}
		x, y, w := l.In*n, l.Out*n, l.In*Panels(l.Out)*PanelWidth
		each("Linear.Forward", []int{y, x, w, l.Out}, func(s [][]float32) { l.Forward(p, s[0], s[1], s[2], s[3]) })
		each("Linear.BackwardInput", []int{x, w, y}, func(s [][]float32) { l.BackwardInput(p, s[0], s[1], s[2]) })
		each("Linear.BackwardWeights", []int{w, x, y}, func(s [][]float32) { l.BackwardWeights(p, s[0], s[1], s[2]) })
		each("Linear.BackwardBias", []int{l.Out, y}, func(s [][]float32) { l.BackwardBias(p, s[0], s[1]) })
		sgd := SGD{LR: 1}.Update()
		each("Linear.BackwardUpdate", []int{x, x, y, w}, func(s [][]float32) { l.BackwardUpdate(p, s[0], s[1], s[2], s[3], nil, nil, sgd) })
	}
}
