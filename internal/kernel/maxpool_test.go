package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"actfn/internal/worker"
)

// Max-pooling finds the first maximum, or a NaN where there is one, and its gradient goes there: x has few different
// values, so that many tie, and every sum is exact.
func TestMaxPool(t *testing.T) { onEachPath(t, testMaxPool) }

func testMaxPool(t *testing.T) {
	p := worker.New(2)
	defer p.Close()
	nan := float32(math.NaN())
	for _, n := range []int{1, 3, 8, 24, 32, 40} {
		for size := 1; size <= 4; size++ {
			for stride := 1; stride <= 4; stride++ {
				for _, h := range []int{size, 8, 9} {
					m := NewMaxPool(MaxPool{N: n, C: 2, H: h, W: 9, Size: size, Stride: stride})
					t.Run(fmt.Sprintf("n%d_%dx9_pool%ds%d", n, h, size, stride), func(t *testing.T) {
						x := noise(m.C*m.H*m.W*n, fmt.Sprint(size, stride))
						for i, v := range x {
							x[i] = []float32{-2, -1, 0, 1, 2, nan}[min(5, int((v+1)*2.55))]
						}
						pooled := m.C * m.OutH * m.OutW * n
						y, argmax := make([]float32, pooled), make([]uint8, pooled)
						m.Forward(p, y, argmax, x)
						dx, dy, want := noise(len(x), "old"), make([]float32, pooled), make([]float32, len(x))
						for i := range dy {
							dy[i] = float32(i%17) - 5
						}
						m.Backward(p, dx, dy, argmax)
						at := func(i, k int) int {
							ch, oy, ox := i/n/m.OutW/m.OutH, i/n/m.OutW%m.OutH, i/n%m.OutW
							return ((ch*m.H+oy*stride+k/size)*m.W+ox*stride+k%size)*n + i%n
						}
						for i, v := range y {
							best, found, isNaN := float32(math.Inf(-1)), 0, false
							for k := range size * size {
								v := x[at(i, k)]
								isNaN = isNaN || v != v
								if v > best {
									best, found = v, k
								}
							}
							k := int(argmax[i])
							if isNaN && (v == v || x[at(i, k)] == x[at(i, k)]) || !isNaN && (v != best || k != found) {
								t.Fatalf("value %d is %g at %d, want %g at %d, or NaN: %v", i, v, k, best, found, isNaN)
							}
							want[at(i, k)] += dy[i]
						}
						if !slices.Equal(dx, want) {
							t.Errorf("dx is %v, want %v", dx, want)
						}
					})
				}
			}
		}
	}
}

// BenchmarkMaxPool pools 16 channels of 28×28 of a batch of 32.
func BenchmarkMaxPool(b *testing.B) {
	p := worker.New(1)
	defer p.Close()
	for _, shape := range [][2]int{{2, 2}, {3, 2}} {
		m := NewMaxPool(MaxPool{N: 32, C: 16, H: 28, W: 28, Size: shape[0], Stride: shape[1]})
		x, y := noise(m.C*m.H*m.W*m.N, "x"), make([]float32, m.C*m.OutH*m.OutW*m.N)
		argmax := make([]uint8, len(y))
		b.Run(fmt.Sprintf("pool%ds%d/forward", m.Size, m.Stride), func(b *testing.B) {
			for b.Loop() {
				m.Forward(p, y, argmax, x)
			}
		})
		b.Run(fmt.Sprintf("pool%ds%d/backward", m.Size, m.Stride), func(b *testing.B) {
			for b.Loop() {
				m.Backward(p, x, y, argmax)
			}
		})
	}
}
