package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"actfn/internal/worker"
)

func TestLinear(t *testing.T) { onEachPath(t, testLinear) }

func testLinear(t *testing.T) {
	shapes := []Linear{{In: 1, Out: 1, N: 1}, {In: 5, Out: 3, N: 2}, {In: 131, Out: 18, N: 33}, {In: 300, Out: 10, N: 7}, {In: 97, Out: 40, N: 8}, {In: 200, Out: 23, N: 24}, {In: 150, Out: 200, N: 40}, {In: 1700, Out: 5, N: 100}}
	for _, l := range shapes {
		t.Run(fmt.Sprintf("%d_to_%d_n%d", l.In, l.Out, l.N), func(t *testing.T) {
			testLinearWith(t, l, noise(l.In*l.N, "x"), noise(l.Out*l.N, "dy"))
		})
	}
	rectified := []Linear{{In: 200, Out: 23, N: 24}, {In: 1288, Out: 100, N: 32}, {In: 104, Out: 50, N: 64}, {In: 72, Out: 260, N: 160}, {In: 40, Out: 17, N: 136}}
	for _, l := range append(rectified, shapes...) {
		t.Run(fmt.Sprintf("rectified_%d_to_%d_n%d", l.In, l.Out, l.N), func(t *testing.T) {
			testLinearWith(t, l, rectifiedNoise(l.In, l.N, "x"), rectifiedNoise(l.Out, l.N, "dy"))
		})
	}
}

// rectifiedNoise returns noise in which half of the values are 0, and every third row, as after dead ReLUs.
func rectifiedNoise(rows, columns int, purpose string) []float32 {
	x := noise(rows*columns, purpose)
	for i, v := range x {
		x[i] = max(v, 0)
		if i/columns%3 == 1 {
			x[i] = 0
		}
	}
	return x
}

func testLinearWith(t *testing.T, l Linear, x, dy []float32) {
	l.SkipZeros = true
	p := worker.New(2)
	defer p.Close()
	w, b := noise(l.In*l.Out, "w"), noise(l.Out, "b")
	wantY, wantX := make([]float64, l.Out*l.N), make([]float64, l.In*l.N)
	wantW, wantB := make([]float64, l.In*l.Out), make([]float64, l.Out)
	for o := range l.Out {
		for n := range l.N {
			wantY[o*l.N+n] = float64(b[o])
			wantB[o] += float64(dy[o*l.N+n])
			for i := range l.In {
				wantY[o*l.N+n] += float64(w[i*l.Out+o]) * float64(x[i*l.N+n])
				wantX[i*l.N+n] += float64(w[i*l.Out+o]) * float64(dy[o*l.N+n])
				wantW[i*l.Out+o] += float64(x[i*l.N+n]) * float64(dy[o*l.N+n])
			}
		}
	}
	packed := func(wOutIn []float32) []float32 {
		out := make([]float32, Panels(l.Out)*l.In*PanelWidth)
		PackWeights(out, wOutIn, l.Out, l.In)
		return out
	}
	turned := func(wInOut []float32) []float32 {
		out := make([]float32, len(wInOut))
		for i := range l.In {
			for o := range l.Out {
				out[o*l.In+i] = wInOut[i*l.Out+o]
			}
		}
		return out
	}
	pw := packed(turned(w))
	y, dx, pdw, db := noise(l.Out*l.N, "old"), noise(l.In*l.N, "old"), noise(len(pw), "old"), noise(l.Out, "old")
	l.Forward(p, y, x, pw, b)
	l.BackwardInput(p, dx, pw, dy)
	l.BackwardWeights(p, pdw, x, dy)
	l.BackwardBias(p, db, dy)
	dwOutIn := make([]float32, l.In*l.Out)
	UnpackWeights(dwOutIn, pdw, l.Out, l.In)
	if again := packed(dwOutIn); !slices.Equal(again, pdw) {
		t.Error("dW is not zero past the last output")
	}
	dw := make([]float32, l.In*l.Out)
	for i := range l.In {
		for o := range l.Out {
			dw[i*l.Out+o] = dwOutIn[o*l.In+i]
		}
	}
	adam := Adam{LR: 0.1, Beta1: 0.9, Beta2: 0.99, Eps: 1e-6, Decay: 0.1}.Update(3)
	var state [2][3][]float32 // w, m, v after the update of the whole and the update by blocks
	for i := range state {
		state[i] = [3][]float32{slices.Clone(pw), noise(len(pw), "m"), noise(len(pw), "v")}
		for k, v := range state[i][2] {
			state[i][2][k] = v * v
		}
	}
	adam.Run(p, state[0][0], state[0][1], state[0][2], pdw)
	again := make([]float32, len(dx))
	l.BackwardUpdate(p, again, x, dy, state[1][0], state[1][1], state[1][2], adam)
	if !slices.Equal(again, dx) {
		t.Fatal("dx is another when W is updated on the way")
	}
	for k, name := range []string{"w", "m", "v"} {
		want := make([]float64, len(pw))
		for i, v := range state[0][k] {
			want[i] = float64(v)
		}
		near(t, "by Adam, "+name, state[1][k], want, 4)
	}
	updated := slices.Clone(pw)
	l.BackwardUpdate(p, nil, x, dy, updated, nil, nil, SGD{LR: 0.5}.Update())
	for i := range updated {
		if want := pw[i] - float32(0.5*pdw[i]); updated[i] != want {
			t.Fatalf("updated weight %d is %g, want %g", i, updated[i], want)
		}
	}
	near(t, "y", y, wantY, l.In)
	near(t, "dx", dx, wantX, l.Out)
	near(t, "dw", dw, wantW, l.N)
	near(t, "db", db, wantB, l.N)
}

// TestSkippedZerosChangeNoBit wants the products that skip zeros to have the bits of those that do not, whichever outputs
// have a gradient.
func TestSkippedZerosChangeNoBit(t *testing.T) { onEachPath(t, testSkippedZerosChangeNoBit) }

func testSkippedZerosChangeNoBit(t *testing.T) {
	if impl.sparsePanels == 0 {
		t.Skip("this path skips none")
	}
	for _, l := range []Linear{{In: 1288, Out: 100, N: 32}, {In: 200, Out: 256, N: 64}, {In: 72, Out: 70, N: 160}} {
		for _, left := range []struct {
			name string
			has  func(output int) bool
		}{
			{"two in three", func(o int) bool { return o%3 != 1 }},
			{"all but one", func(o int) bool { return o != 5 }},
			{"one", func(o int) bool { return o == l.Out-1 }},
			{"none", func(int) bool { return false }},
			{"some panels", func(o int) bool { return o/PanelWidth%2 == 0 }},
			{"half of a panel", func(o int) bool { return o%PanelWidth < 8 }},
			{"fewer and fewer", func(o int) bool { return o*o%l.Out < l.Out-o }},
		} {
			t.Run(fmt.Sprintf("%d_to_%d_n%d/%s", l.In, l.Out, l.N, left.name), func(t *testing.T) {
				p := worker.New(2)
				defer p.Close()
				l.SkipZeros = true
				x, dy, b := rectifiedNoise(l.In, l.N, "x"), noise(l.Out*l.N, "dy"), noise(l.Out, "b")
				for i := range dy {
					if !left.has(i / l.N) {
						dy[i] = 0
					}
				}
				if !l.sparseImages(x) {
					t.Fatal("x has not zeros enough")
				}
				w := make([]float32, Panels(l.Out)*l.In*PanelWidth)
				PackWeights(w, noise(l.In*l.Out, "w"), l.Out, l.In)
				var y, dw [2][]float32
				for i, forward := range []func(p *worker.Pool, y, x, w, b []float32){l.forwardDense, l.forwardSparse} {
					y[i] = noise(l.Out*l.N, "old")
					forward(p, y[i], x, w, b)
					dw[i] = noise(len(w), "old")
					l.backwardWeights(p, dw[i], x, dy, i == 1)
				}
				if !slices.Equal(y[0], y[1]) {
					t.Error("y is another")
				}
				if !slices.Equal(dw[0], dw[1]) {
					t.Error("dW is another")
				}
			})
		}
	}
}

// TestSkipZeros multiplies a NaN with zeros only. Without SkipZeros the results of the forward product, of dx, of dW and of
// the update are NaN; with it they are not, where the product skips zeros.
func TestSkipZeros(t *testing.T) { onEachPath(t, testSkipZeros) }

func testSkipZeros(t *testing.T) {
	p := worker.New(2)
	defer p.Close()
	nan := float32(math.NaN())
	isNaN := func(v float32) bool { return v != v }
	for _, n := range []int{8, 32, 64} {
		for _, skip := range []bool{false, true} {
			l := Linear{In: 400, Out: 40, N: n, SkipZeros: skip}
			x, dy := rectifiedNoise(l.In, n, "x"), rectifiedNoise(l.Out, n, "dy") // every third row is 0, from the second on
			w := make([]float32, l.In*Panels(l.Out)*PanelWidth)
			weights := noise(l.In*l.Out, "w")
			weights[7*l.In+1] = nan // of output 7 and input 1
			weights[4*l.In+6] = nan // of output 4 and input 6
			PackWeights(w, weights, l.Out, l.In)
			y, dx, dw := make([]float32, l.Out*n), make([]float32, l.In*n), make([]float32, len(w))
			b := make([]float32, l.Out)
			l.Forward(p, y, x, w, b)
			l.BackwardInput(p, dx, w, dy)
			skips := skip && l.sparse(x)
			if felt := isNaN(y[7*n]); felt == skips {
				t.Errorf("batch %d, SkipZeros %v: a NaN weight of an input of zeros is felt in y: %v", n, skip, felt)
			}
			if felt := isNaN(dx[6*n]); felt == skip {
				t.Errorf("batch %d, SkipZeros %v: a NaN weight of an output without gradient is felt in dx: %v", n, skip, felt)
			}
			// In dW a gradient that is NaN meets an input that is 0 in every image.
			dy[7*n] = nan
			skips = skip && l.sparseImages(x)
			l.BackwardWeights(p, dw, x, dy)
			dwOutIn := make([]float32, l.In*l.Out)
			UnpackWeights(dwOutIn, dw, l.Out, l.In)
			if felt := isNaN(dwOutIn[7*l.In+1]); felt == skips {
				t.Errorf("batch %d, SkipZeros %v: a NaN gradient of an input of zeros is felt in dW: %v", n, skip, felt)
			}
			PackWeights(w, noise(l.In*l.Out, "w"), l.Out, l.In)
			l.BackwardUpdate(p, nil, x, dy, w, nil, nil, SGD{LR: 1}.Update())
			UnpackWeights(dwOutIn, w, l.Out, l.In)
			if felt := isNaN(dwOutIn[7*l.In+1]); felt == skips {
				t.Errorf("batch %d, SkipZeros %v: a NaN gradient of an input of zeros is felt in the update: %v", n, skip, felt)
			}
		}
	}
}

// TestExpandLive writes panels by definition and by the vector paths' kernel: the same, of any outputs.
func TestExpandLive(t *testing.T) { onEachPath(t, testExpandLive) }

func testExpandLive(t *testing.T) {
	if impl.sparsePanels == 0 {
		t.Skip("this path skips no zeros")
	}
	const height, width = 7, 48
	rows := noise(height*width+PanelWidth/2, "rows")
	for mask := range 1 << PanelWidth {
		if mask%37 != 0 && mask != 1<<PanelWidth-1 { // some of all
			continue
		}
		var live []int
		for lane := range PanelWidth {
			if mask>>lane&1 == 1 {
				live = append(live, 3*PanelWidth+lane)
			}
		}
		at := mask % (width - PanelWidth)
		c := lanesOf(live, 3, at)
		want, got := noise(height*PanelWidth, "old"), noise(height*PanelWidth, "older")
		for i := range height {
			for lane, live := range c.mask {
				want[i*PanelWidth+lane] = 0
				if live != 0 {
					want[i*PanelWidth+lane] = rows[i*width+c.halves[lane/(PanelWidth/2)]+int(c.from[lane])]
				}
			}
		}
		expandLive(got, rows, width, &c)
		if !slices.Equal(got, want) {
			t.Fatalf("outputs %v: got %v, want %v", live, got, want)
		}
		for k, o := range live {
			if i := 2*PanelWidth + o%PanelWidth; want[i] != rows[2*width+at+k] {
				t.Fatalf("outputs %v: output %d is %g, want %g", live, o, want[i], rows[2*width+at+k])
			}
		}
	}
}

// TestPackedAt wants each weight where PackWeights puts it.
func TestPackedAt(t *testing.T) {
	for _, shape := range [][2]int{{1, 1}, {17, 2*BlockHeight + 5}, {PanelWidth, BlockHeight}} {
		out, in := shape[0], shape[1]
		src, packed := make([]float32, out*in), make([]float32, Panels(out)*PanelWidth*in)
		for i := range src {
			src[i] = float32(i + 1)
		}
		PackWeights(packed, src, out, in)
		for i, v := range src {
			if at := PackedAt(out, in, i/in, i%in); packed[at] != v {
				t.Fatalf("%d×%d: weight %d is at another place than %d", out, in, i, at)
			}
		}
	}
}
