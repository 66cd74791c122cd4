package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"actfn/internal/rng"
	"actfn/internal/worker"
)

// shapes are convolutions of every kind: one or more channels, a batch of one, strides, paddings, and pooling that overlaps,
// does not cover all rows, or is absent.
var shapes = []Conv{
	{N: 1, C: 1, H: 1, W: 1, F: 1, Size: 1, Stride: 1, PoolSize: 1, PoolStride: 1},
	{N: 5, C: 3, H: 8, W: 8, F: 4, Size: 3, Stride: 1, Pad: 1, PoolSize: 2, PoolStride: 2},
	{N: 3, C: 2, H: 7, W: 9, F: 3, Size: 3, Stride: 1, Pad: 0, PoolSize: 2, PoolStride: 2},
	{N: 2, C: 1, H: 11, W: 10, F: 5, Size: 5, Stride: 2, Pad: 2, PoolSize: 3, PoolStride: 2},
	{N: 4, C: 3, H: 9, W: 6, F: 2, Size: 3, Stride: 3, Pad: 1, PoolSize: 1, PoolStride: 1},
	{N: 33, C: 2, H: 6, W: 6, F: 7, Size: 2, Stride: 1, Pad: 1, PoolSize: 3, PoolStride: 1},
	{N: 7, C: 5, H: 5, W: 5, F: 6, Size: 4, Stride: 1, Pad: 3, PoolSize: 2, PoolStride: 3},
	// whole vectors of images
	{N: 8, C: 3, H: 8, W: 8, F: 4, Size: 3, Stride: 1, Pad: 1, PoolSize: 2, PoolStride: 2},
	{N: 16, C: 1, H: 9, W: 7, F: 5, Size: 3, Stride: 1, Pad: 1, PoolSize: 2, PoolStride: 2},
	{N: 32, C: 2, H: 21, W: 19, F: 13, Size: 5, Stride: 1, Pad: 0, PoolSize: 2, PoolStride: 2},
	{N: 8, C: 2, H: 9, W: 9, F: 3, Size: 3, Stride: 2, Pad: 1, PoolSize: 2, PoolStride: 1},
	{N: 8, C: 4, H: 11, W: 10, F: 14, Size: 3, Stride: 1, Pad: 1, PoolSize: 3, PoolStride: 2},
	{N: 24, C: 2, H: 6, W: 5, F: 2, Size: 3, Stride: 1, Pad: 1, PoolSize: 1, PoolStride: 1},
	{N: 8, C: 2, H: 7, W: 7, F: 7, Size: 3, Stride: 3, Pad: 2, PoolSize: 1, PoolStride: 1},
	{N: 8, C: 3, H: 5, W: 6, F: 1, Size: 2, Stride: 1, Pad: 3, PoolSize: 2, PoolStride: 2},
	{N: 8, C: 3, H: 8, W: 8, F: 4, Size: 3, Stride: 1, Pad: 1, PoolSize: 4, PoolStride: 4},
	// strips of images
	{N: 96, C: 2, H: 6, W: 5, F: 3, Size: 3, Stride: 1, Pad: 1, PoolSize: 2, PoolStride: 2},
	{N: 80, C: 1, H: 9, W: 7, F: 2, Size: 3, Stride: 2, Pad: 1, PoolSize: 3, PoolStride: 1},
	{N: 128, C: 2, H: 4, W: 5, F: 5, Size: 2, Stride: 1, Pad: 0, PoolSize: 1, PoolStride: 1},
	{N: 192, C: 2, H: 6, W: 7, F: 10, Size: 3, Stride: 1, Pad: 1, PoolSize: 2, PoolStride: 2},
	{N: 128, C: 3, H: 18, W: 4, F: 3, Size: 3, Stride: 1, Pad: 1, PoolSize: 3, PoolStride: 2},
	// by Winograd's transforms: whole tiles and not, few channels, one image, part of a vector, several parts of the images
	{N: 16, C: 16, H: 8, W: 8, F: 16, Size: 3, Stride: 1, Pad: 1, PoolSize: 1, PoolStride: 1, Winograd: true},
	{N: 8, C: 9, H: 9, W: 6, F: 10, Size: 3, Stride: 1, Pad: 1, PoolSize: 2, PoolStride: 2, Winograd: true},
	{N: 24, C: 20, H: 7, W: 13, F: 8, Size: 3, Stride: 1, Pad: 1, PoolSize: 3, PoolStride: 2, Winograd: true},
	{N: 1, C: 3, H: 1, W: 5, F: 2, Size: 3, Stride: 1, Pad: 1, PoolSize: 1, PoolStride: 1, Winograd: true},
	{N: 11, C: 8, H: 12, W: 3, F: 17, Size: 3, Stride: 1, Pad: 1, PoolSize: 1, PoolStride: 1, Winograd: true},
	{N: 136, C: 8, H: 6, W: 10, F: 9, Size: 3, Stride: 1, Pad: 1, PoolSize: 2, PoolStride: 2, Winograd: true},
}

func name(c Conv) string {
	kind := ""
	if c.Winograd {
		kind = "_winograd"
	}
	return fmt.Sprintf("n%d_c%d_%dx%d_f%d_k%ds%dp%d_pool%ds%d%s", c.N, c.C, c.H, c.W, c.F, c.Size, c.Stride, c.Pad, c.PoolSize, c.PoolStride, kind)
}

// noise fills a slice with draws from U(−1, 1).
func noise(n int, purpose string) []float32 {
	s := rng.New(1, purpose, 0)
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(s.Uniform(uint64(i), -1, 1))
	}
	return x
}

// planeReference is the convolution's definition in float64: z[f, y, x, n] = b[f] + Σ w·x.
func planeReference(c *Conv, x, w, b []float32) []float64 {
	z := make([]float64, c.F*c.OutH*c.OutW*c.N)
	forEachTap(c, func(zi, xi, wi int) { z[zi] += float64(x[xi]) * float64(w[wi]) })
	for i := range z {
		z[i] += float64(b[i/(c.OutH*c.OutW*c.N)])
	}
	return z
}

// forEachTap visits every product of the convolution: the result it adds to, the input it reads and
// its weight.
func forEachTap(c *Conv, visit func(z, x, w int)) {
	for f := range c.F {
		for oy := range c.OutH {
			for ox := range c.OutW {
				for ch := range c.C {
					for ky := range c.Size {
						for kx := range c.Size {
							y, x := oy*c.Stride+ky-c.Pad, ox*c.Stride+kx-c.Pad
							if y < 0 || y >= c.H || x < 0 || x >= c.W {
								continue
							}
							for n := range c.N {
								visit(((f*c.OutH+oy)*c.OutW+ox)*c.N+n, ((ch*c.H+y)*c.W+x)*c.N+n, ((f*c.C+ch)*c.Size+ky)*c.Size+kx)
							}
						}
					}
				}
			}
		}
	}
}

// near fails unless got equals want to within float32 sums of the given number of terms.
func near(t *testing.T, what string, got []float32, want []float64, terms int) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d values, want %d", what, len(got), len(want))
	}
	limit := 4e-7 * math.Sqrt(float64(terms))
	for i, w := range want {
		if d := math.Abs(float64(got[i]) - w); !(d <= limit*math.Max(1, math.Abs(w))) {
			t.Fatalf("%s[%d] is %g, want %g", what, i, got[i], w)
		}
	}
}

// looser is how much more terms a sum has to have for its error to be that of the passes.
func looser(c *Conv) int {
	if c.Winograd {
		return 16
	}
	return 1
}

func TestConvForward(t *testing.T) { onEachPath(t, testConvForward) }

func testConvForward(t *testing.T) {
	square := func(dst, x []float32) { // falls, then rises: the maximum must be of the results
		for i, v := range x {
			dst[i] = v * v
		}
	}
	double := func(dst, x []float32) {
		for i, v := range x {
			dst[i] = 2 * v
		}
	}
	for _, shape := range shapes {
		for _, f := range []struct {
			name      string
			value     func(dst, x []float32)
			exact     func(float64) float64
			poolFirst bool
		}{
			{"double", double, func(v float64) float64 { return 2 * v }, true},
			{"double_late", double, func(v float64) float64 { return 2 * v }, false},
			{"square", square, func(v float64) float64 { return v * v }, false},
		} {
			t.Run(name(shape)+"/"+f.name, func(t *testing.T) {
				p := worker.New(2)
				defer p.Close()
				c := NewConv(shape)
				x, w, b := noise(c.C*c.H*c.W*c.N, "x"), noise(c.F*c.C*c.Size*c.Size, "w"), noise(c.F, "b")
				y, z, argmax := make([]float32, c.Pooled()), make([]float32, c.Pooled()), make([]uint8, c.Pooled())
				plane := planeReference(c, x, w, b)
				c.Forward(p, y, z, argmax, x, w, b, checked(t, c, f.value, plane, f.poolFirst), f.poolFirst)

				origins := make([]int, c.Pooled())
				half := len(origins) / 2 // in two calls, of which one begins among a window's images
				c.Origins(origins[:half], 0, argmax)
				c.Origins(origins[half:], half, argmax)
				wantY, wantZ := make([]float64, c.Pooled()), make([]float64, c.Pooled())
				for i := range wantY {
					n, px, py, ch := i%c.N, i/c.N%c.PoolW, i/c.N/c.PoolW%c.PoolH, i/c.N/c.PoolW/c.PoolH
					wantY[i] = math.Inf(-1)
					for k := range c.PoolSize * c.PoolSize {
						v := plane[((ch*c.OutH+py*c.PoolStride+k/c.PoolSize)*c.OutW+px*c.PoolStride+k%c.PoolSize)*c.N+n]
						if f.exact(v) > wantY[i] {
							wantY[i], wantZ[i] = f.exact(v), v
						}
					}
					k := int(argmax[i])
					at := ((ch*c.OutH+py*c.PoolStride+k/c.PoolSize)*c.OutW+px*c.PoolStride+k%c.PoolSize)*c.N + n
					if origins[i] != at {
						t.Fatalf("value %d comes from %d, want %d", i, origins[i], at)
					}
					if math.Abs(f.exact(plane[at])-wantY[i]) > 1e-4 {
						t.Fatalf("argmax[%d] is %d, where the value is %g and not the largest, %g", i, k, f.exact(plane[at]), wantY[i])
					}
				}
				terms := 4 * c.C * c.Size * c.Size * looser(c)
				near(t, "y", y, wantY, terms)
				near(t, "z", z, wantZ, terms)
			})
		}
	}
}

// checked is an activation that checks the filter and the place that it is told, and, where z is not pooled first, that its
// values are those of z at that place.
func checked(t *testing.T, c *Conv, f func(dst, x []float32), z []float64, poolFirst bool) Activate {
	plane := c.OutH * c.OutW * c.N
	if poolFirst {
		plane = c.PoolH * c.PoolW * c.N
	}
	return func(dst, x []float32, filter, from int) {
		if from/plane != filter || (from+len(x)-1)/plane != filter {
			t.Errorf("values %d to %d are said to be filter %d's, whose are from %d on", from, from+len(x), filter, filter*plane)
		}
		for i, v := range x {
			if !poolFirst && !(math.Abs(float64(v)-z[from+i]) < 1e-4) {
				t.Errorf("value %d of z is given as %g, want %g", from+i, v, z[from+i])
				break
			}
		}
		f(dst, x)
	}
}

func TestConvBackward(t *testing.T) { onEachPath(t, testConvBackward) }

func testConvBackward(t *testing.T) {
	for _, shape := range shapes {
		t.Run(name(shape), func(t *testing.T) {
			p := worker.New(2)
			defer p.Close()
			shape.InputGradient = true
			c := NewConv(shape)
			x, w, b := noise(c.C*c.H*c.W*c.N, "x"), noise(c.F*c.C*c.Size*c.Size, "w"), noise(c.F, "b")
			y, z, argmax := make([]float32, c.Pooled()), make([]float32, c.Pooled()), make([]uint8, c.Pooled())
			copyTo := func(dst, x []float32, _, _ int) { copy(dst, x) }
			c.Forward(p, y, z, argmax, x, w, b, copyTo, true)

			dp := noise(c.Pooled(), "dp")
			wantZ := make([]float64, c.F*c.OutH*c.OutW*c.N)
			for i, d := range dp {
				n, px, py, ch := i%c.N, i/c.N%c.PoolW, i/c.N/c.PoolW%c.PoolH, i/c.N/c.PoolW/c.PoolH
				k := int(argmax[i])
				wantZ[((ch*c.OutH+py*c.PoolStride+k/c.PoolSize)*c.OutW+px*c.PoolStride+k%c.PoolSize)*c.N+n] += float64(d)
			}

			dw, db, dx := make([]float32, len(w)), make([]float32, len(b)), make([]float32, len(x))
			wantW, wantB, wantX := make([]float64, len(w)), make([]float64, len(b)), make([]float64, len(x))
			forEachTap(c, func(zi, xi, wi int) {
				wantW[wi] += wantZ[zi] * float64(x[xi])
				wantX[xi] += wantZ[zi] * float64(w[wi])
			})
			for i, d := range wantZ {
				wantB[i/(c.OutH*c.OutW*c.N)] += d
			}
			asked := make([]int, c.Pooled())
			c.BackwardWeights(p, dw, db, argmax, askedOnce(t, c, dp, asked))
			c.BackwardInput(p, dx, w, argmax)
			for i, times := range asked {
				if times != 1 {
					t.Fatalf("the gradient of value %d was asked for %d times", i, times)
				}
			}
			near(t, "dw", dw, wantW, c.OutH*c.OutW*c.N*looser(c))
			near(t, "db", db, wantB, c.OutH*c.OutW*c.N)
			near(t, "dx", dx, wantX, c.F*c.Size*c.Size*looser(c))

			shape.InputGradient = false
			first := NewConv(shape) // a first layer, which needs no gradient of its input
			firstW, firstB := make([]float32, len(w)), make([]float32, len(b))
			first.Forward(p, y, z, argmax, x, w, b, copyTo, true)
			first.BackwardWeights(p, firstW, firstB, argmax, asIs(dp))
			if !slices.Equal(firstW, dw) || !slices.Equal(firstB, db) {
				t.Error("where no gradient of the input is wanted, dw or db differ")
			}

			again := make([]float32, c.Pooled())
			c.Forward(p, again, z, argmax, x, w, b, copyTo, true)
			for i := range y {
				if again[i] != y[i] {
					t.Fatalf("y[%d] is %g in the second step, want %g as in the first", i, again[i], y[i])
				}
			}
		})
	}
}

// asIs is the gradient dp.
func asIs(dp []float32) Gradient {
	return func(dst []float32, _, from, _ int) { copy(dst, dp[from:]) }
}

// askedOnce is the gradient dp, and checks that every value is asked for as Gradient promises. It counts without a lock in
// each share of a filter: the race detector fails if two workers take one.
func askedOnce(t *testing.T, c *Conv, dp []float32, asked []int) Gradient {
	plane, counts := c.PoolH*c.PoolW*c.N, make([]int, c.F*c.Shares())
	return func(dst []float32, filter, from, share int) {
		if from/plane != filter || (from+len(dst)-1)/plane != filter || share < 0 || share >= c.Shares() {
			t.Errorf("values %d to %d are said to be filter %d's, share %d; its values are from %d on, in %d shares", from, from+len(dst), filter, share, filter*plane, c.Shares())
			return
		}
		counts[filter*c.Shares()+share]++
		for i := range dst {
			asked[from+i]++
		}
		copy(dst, dp[from:])
	}
}

// A NaN in an image or a filter must reach the result: max-pooling may not drop it.
func TestConvKeepsNaN(t *testing.T) { onEachPath(t, testConvKeepsNaN) }

func testConvKeepsNaN(t *testing.T) {
	p := worker.New(1)
	for _, poolFirst := range []bool{true, false} {
		c := NewConv(Conv{N: 8, C: 1, H: 4, W: 4, F: 1, Size: 1, Stride: 1, PoolSize: 2, PoolStride: 2})
		for at := range 4 { // every place in a window
			x := noise(128, "x")
			x[(at/2*4+at%2)*8+1] = float32(math.NaN())
			y, z, argmax := make([]float32, 32), make([]float32, 32), make([]uint8, 32)
			c.Forward(p, y, z, argmax, x, []float32{1}, []float32{0}, func(dst, x []float32, _, _ int) { ReLU(dst, x) }, poolFirst)
			if y[1] == y[1] || y[0] != y[0] || y[9] != y[9] {
				t.Errorf("pool first %v, NaN at %d of window 0, image 1: windows 0 and 1 are %v", poolFirst, at, y[:16])
			}
		}
	}
}

// By Winograd's transforms no result of the tile of a value that is not finite is finite, and beside the tile none that sees
// it, or that is beside one that does; others do not feel it. Where a tile sees only zeros, the result is the bias.
func TestWinogradKeepsNaN(t *testing.T) { onEachPath(t, testWinogradKeepsNaN) }

func testWinogradKeepsNaN(t *testing.T) {
	p := worker.New(2)
	defer p.Close()
	c := NewConv(Conv{N: 8, C: 8, H: 12, W: 9, F: 8, Size: 3, Stride: 1, Pad: 1, PoolSize: 1, PoolStride: 1, Winograd: true})
	w, b := noise(c.F*c.C*9, "w"), noise(c.F, "b")
	y, argmax := make([]float32, c.Pooled()), make([]uint8, c.Pooled())
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		x := make([]float32, c.C*c.H*c.W*c.N)
		const py, px, image = 4, 6, 3 // in the first row of a tile, which row 3 sees, and in the third column
		x[((2*c.H+py)*c.W+px)*c.N+image] = float32(v)
		c.Forward(p, y, y, argmax, x, w, b, func([]float32, []float32, int, int) {}, true)
		for i, got := range y {
			n, ox, oy, f := i%c.N, i/c.N%c.W, i/c.N/c.W%c.H, i/c.N/c.W/c.H
			if n == image && oy >= 3 && oy < 8 && ox >= 4 && ox < 8 {
				if got-got == 0 {
					t.Fatalf("%g: y at (%d, %d) of filter %d is %g, want NaN or Inf", v, oy, ox, f, got)
				}
			} else if got != b[f] {
				t.Fatalf("%g: y at (%d, %d) of filter %d, image %d, is %g, want the bias, %g", v, oy, ox, f, n, got, b[f])
			}
		}
	}
}

// Results by Winograd's transforms do not depend on the number of workers, nor those of an image on the batch.
func TestWinogradIsReproducible(t *testing.T) { onEachPath(t, testWinogradIsReproducible) }

func testWinogradIsReproducible(t *testing.T) {
	shape := Conv{N: 72, C: 10, H: 9, W: 12, F: 9, Size: 3, Stride: 1, Pad: 1, PoolSize: 1, PoolStride: 1, Winograd: true}
	pixels := shape.H * shape.W
	x, w, dy := noise(shape.C*pixels*shape.N, "x"), noise(shape.F*shape.C*9, "w"), noise(shape.F*pixels*shape.N, "dy")
	run := func(workers, images int) (y, dw, dx []float32) {
		p := worker.New(workers)
		defer p.Close()
		shape := shape
		shape.N = images
		first := func(x []float32) (part []float32) {
			for i, v := range x {
				if i%72 < images {
					part = append(part, v)
				}
			}
			return part
		}
		c := NewConv(shape)
		y, dw, dx = make([]float32, c.Pooled()), make([]float32, len(w)), make([]float32, c.C*pixels*images)
		argmax := make([]uint8, c.Pooled())
		c.Forward(p, y, y, argmax, first(x), w, nil, func([]float32, []float32, int, int) {}, true)
		c.BackwardWeights(p, dw, nil, argmax, asIs(first(dy)))
		c.BackwardInput(p, dx, w, argmax)
		return y, dw, dx
	}
	y, dw, dx := run(1, 72)
	for _, workers := range []int{2, 3} {
		y2, dw2, dx2 := run(workers, 72)
		if !slices.Equal(y, y2) || !slices.Equal(dw, dw2) || !slices.Equal(dx, dx2) {
			t.Errorf("%d workers compute other bits than one", workers)
		}
	}
	few, _, fewX := run(2, 16)
	for i, v := range few {
		if got := y[i/16*72+i%16]; got != v {
			t.Fatalf("y of image %d is %g in a batch of 72, %g in one of 16", i%16, got, v)
		}
	}
	for i, v := range fewX {
		if got := dx[i/16*72+i%16]; got != v {
			t.Fatalf("dx of image %d is %g in a batch of 72, %g in one of 16", i%16, got, v)
		}
	}
}

// Pooling finds the first maximum, its place and its value before the activation, or a NaN where there is one. The filter is
// 1, so everything is exact.
func TestConvPoolsTheFirst(t *testing.T) { onEachPath(t, testConvPoolsTheFirst) }

func testConvPoolsTheFirst(t *testing.T) {
	p := worker.New(1)
	nan := float32(math.NaN())
	for _, n := range []int{3, 8, 24} {
		for size := 1; size <= 4; size++ {
			for stride := 1; stride <= 3; stride++ {
				c := NewConv(Conv{N: n, C: 1, H: 9, W: 8, F: 1, Size: 1, Stride: 1, PoolSize: size, PoolStride: stride})
				x := noise(9*8*n, fmt.Sprint(size, stride))
				for i, v := range x {
					x[i] = []float32{-2, -1, 0, 1, 2, nan}[min(5, int((v+1)*2.55))] // few, so that they tie
				}
				for _, poolFirst := range []bool{false, true} {
					f := func(v float32) float32 { return v * v }
					if poolFirst {
						f = func(v float32) float32 { return 2 * v }
					}
					y, z, argmax := make([]float32, c.Pooled()), make([]float32, c.Pooled()), make([]uint8, c.Pooled())
					c.Forward(p, y, z, argmax, x, []float32{1}, []float32{0}, func(dst, x []float32, _, _ int) {
						for i, v := range x {
							dst[i] = f(v)
						}
					}, poolFirst)
					origin := func(i, k int) int {
						px, row := i/n%c.PoolW, i/n/c.PoolW
						return ((row*stride+k/size)*c.OutW+px*stride+k%size)*n + i%n
					}
					for i := range y {
						best, at, defined := float32(math.Inf(-1)), 0, true
						for k := range size * size {
							v := f(x[origin(i, k)])
							defined = defined && v == v
							if v > best {
								best, at = v, k
							}
						}
						if !defined {
							if y[i] == y[i] {
								t.Fatalf("batch %d, pool %d/%d, first %v: value %d is %g, want NaN", n, size, stride, poolFirst, i, y[i])
							}
							continue
						}
						if y[i] != best || int(argmax[i]) != at || z[i] != x[origin(i, at)] {
							t.Fatalf("batch %d, pool %d/%d, first %v: value %d is %g of %g at %d, want %g of %g at %d", n, size, stride, poolFirst, i,
								y[i], z[i], argmax[i], best, x[origin(i, at)], at)
						}
					}
				}
			}
		}
	}
}
