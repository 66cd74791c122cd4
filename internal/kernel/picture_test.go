package kernel

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// All paths give the bits of the formula.
func TestWeigh(t *testing.T) { onEachPath(t, testWeigh) }

func testWeigh(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n, longest := 1+r.IntN(9), 1+r.IntN(50)
		first, weights := make([]int, n), make([][]uint32, n)
		for i := range n {
			first[i] = r.IntN(30)
			weights[i] = make([]uint32, 1+r.IntN(longest))
			rest := uint32(1<<TapFraction + r.IntN(3) - 1)
			for k := range weights[i][1:] {
				weights[i][k] = r.Uint32N(rest + 1)
				rest -= weights[i][k]
			}
			weights[i][len(weights[i])-1] = rest
		}
		taps := NewTaps(first, weights)
		line := taps.Reach + r.IntN(5)
		for lines := 1; lines <= 4; lines++ {
			src := make([]byte, (lines-1)*line+taps.Reach)
			for i := range src {
				src[i] = byte(max(0, min(255, r.IntN(500)-100)))
			}
			step := lines + r.IntN(3)
			dst := make([]byte, (n-1)*step+lines)
			taps.Weigh(dst, step, src, line, lines)
			for i := range n {
				for l := range lines {
					sum := uint64(1 << (TapFraction - 1))
					for k, w := range weights[i] {
						sum += uint64(w) * uint64(src[l*line+first[i]+k])
					}
					if got, want := dst[i*step+l], byte(min(255, sum>>TapFraction)); got != want {
						t.Fatalf("sum %d of %d weights, line %d of %d: %d, want %d", i, len(weights[i]), l, lines, got, want)
					}
				}
			}
		}
	}
}

func TestWeighWantsRoom(t *testing.T) {
	taps := NewTaps([]int{0, 3}, [][]uint32{{1 << TapFraction}, {1 << TapFraction}})
	for _, c := range []struct{ dst, src, lines int }{{7, 3*20 + taps.Reach, 4}, {8, 3*20 + taps.Reach - 1, 4}, {8, 200, 5}, {8, 200, 0}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: no panic", c)
				}
			}()
			taps.Weigh(make([]byte, c.dst), 4, make([]byte, c.src), 20, c.lines)
		}()
	}
}

// Every pair of Cb and Cr, with some luma, on every path.
func TestJFIFToRGB(t *testing.T) { onEachPath(t, testJFIFToRGB) }

func testJFIFToRGB(t *testing.T) {
	const n = 1<<16 + 5
	luma, chroma := make([]byte, n), make([]uint32, n)
	for shift := range 8 {
		for i := range n {
			luma[i], chroma[i] = byte(i*31+i>>8*7+32*shift), uint32(i&0xff)|uint32(i>>8&0xff)<<16
		}
		var got, want [3][]byte
		for c := range 3 {
			got[c], want[c] = make([]byte, n), make([]byte, n)
		}
		JFIFToRGB(got[0], got[1], got[2], luma, chroma)
		for i, y := range luma {
			u, v := int(chroma[i]&0xff)-128, int(chroma[i]>>16)-128
			for c, shift := range [3]int{91881 * v, -22554*u - 46802*v, 116130 * u} {
				want[c][i] = byte(max(0, min(255, int(y)+(shift+1<<15)>>16)))
			}
		}
		for c := range 3 {
			if !bytes.Equal(got[c], want[c]) {
				t.Fatalf("channel %d, luma from %d: differs from the formula", c, shift)
			}
		}
	}
}

func TestUpsampleChroma(t *testing.T) { onEachPath(t, testUpsampleChroma) }

func testUpsampleChroma(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 40 {
		plane := func() []byte {
			p := make([]byte, n)
			for i := range p {
				p[i] = byte(r.IntN(3)*255/2 + r.IntN(2))
			}
			return p
		}
		cb, cr, farCb, farCr := plane(), plane(), plane(), plane()
		x := make([]uint32, n)
		MixChroma(x, cb, cr, farCb, farCr)
		for i, got := range x {
			if u, v := 3*int(cb[i])+int(farCb[i]), 3*int(cr[i])+int(farCr[i]); int(got) != u|v<<16 {
				t.Fatalf("value %d of %d: %#x, want %d and %d", i, n, got, u, v)
			}
		}
		if n < 2 {
			continue
		}
		dst := make([]uint32, 2*(n-2))
		DoubleChroma(dst, x, 8, 7, 4)
		for i, got := range dst {
			value := func(shift int) int {
				at := func(i int) int { return int(x[i] >> shift & 0xffff) }
				return (3*at(i/2+1) + at(i/2+i%2*2) + 8 - i%2) >> 4
			}
			if int(got) != value(0)|value(16)<<16 {
				t.Fatalf("value %d of %d: %#x, want %d and %d", i, n, got, value(0), value(16))
			}
		}
	}
}
