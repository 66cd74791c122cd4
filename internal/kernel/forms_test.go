package kernel

import (
	"fmt"
	"math"
	"testing"
)

// form is an elementwise function of some slices.
type form struct {
	name string
	in   int
	call func(dst []float32, in [][]float32)
}

// forms are all elementwise functions.
func forms() []form {
	all := []form{
		{"neg", 1, func(dst []float32, in [][]float32) { Neg(dst, in[0]) }},
		{"abs", 1, func(dst []float32, in [][]float32) { Abs(dst, in[0]) }},
		{"sign", 1, func(dst []float32, in [][]float32) { Sign(dst, in[0]) }},
		{"where", 3, func(dst []float32, in [][]float32) { Where(dst, in[0], in[1], in[2]) }},
		{"mulAdd", 3, func(dst []float32, in [][]float32) { MulAdd(dst, in[0], in[1], in[2]) }},
		{"mulAddScalar", 2, func(dst []float32, in [][]float32) { MulAddScalar(dst, in[0], 1.5, in[1]) }},
		{"affine", 1, func(dst []float32, in [][]float32) { Affine(dst, in[0], 1.5, 0.25) }},
	}
	for _, p := range []float32{1, 2, 3, 4, 5, 6, 7, 8, 0.5, -1, 1.25} {
		all = append(all, form{fmt.Sprint("power ", p), 1, func(dst []float32, in [][]float32) { PowScalar(dst, in[0], p) }})
	}
	for _, f := range elementaryFunctions {
		all = append(all, form{f.name, 1, func(dst []float32, in [][]float32) { f.value(dst, in[0]) }})
	}
	for _, f := range activationFunctions {
		all = append(all,
			form{f.name, 1, func(dst []float32, in [][]float32) { f.value(dst, in[0]) }},
			form{f.name + " gradient", 2, func(dst []float32, in [][]float32) { f.gradient(dst, in[0], in[1]) }})
	}
	for _, f := range binaryFunctions {
		all = append(all, form{f.name, 2, func(dst []float32, in [][]float32) { f.f(dst, in[0], in[1]) }})
		if f.second != nil {
			all = append(all, form{f.name + " second", 1, func(dst []float32, in [][]float32) { f.second(dst, in[0], 1.25) }})
		}
		if f.first != nil {
			all = append(all, form{f.name + " first", 1, func(dst []float32, in [][]float32) { f.first(dst, in[0], 1.25) }})
		}
	}
	return all
}

// TestForms computes slices of every length and alignment, in place or not. Each value must have the bits that it has alone,
// and the memory after the slice must be neither written nor have an effect.
func TestForms(t *testing.T) {
	withoutRaceDetector(t)
	onEachPath(t, testForms)
}

func testForms(t *testing.T) {
	const longest, guard = 67, 8
	nan := float32(math.NaN())
	for _, f := range forms() {
		values := make([][]float32, f.in)
		for k := range values {
			values[k] = noise(longest, f.name+fmt.Sprint(k))
			for i := range values[k] {
				values[k][i] *= 8
			}
			values[k][5], values[k][6], values[k][9] = 0, 3e5, nan
		}
		alone := make([]float32, longest)
		for i := range alone {
			in := make([][]float32, f.in)
			for k := range in {
				in[k] = values[k][i : i+1]
			}
			f.call(alone[i:i+1], in)
		}
		for n := range longest + 1 {
			for place := range f.in + 1 { // dst is one of the inputs, or none
				at := n % 8
				in := make([][]float32, f.in)
				for k := range in {
					whole := make([]float32, at+k+n+guard)
					Fill(whole, nan)
					in[k] = whole[at+k : at+k+n]
					copy(in[k], values[k])
				}
				dst := make([]float32, at+1+n+guard)[at+1:]
				if place < f.in {
					dst = in[place][:n+guard]
				}
				Fill(dst[n:], 7)
				f.call(dst[:n], in)
				for i, v := range dst[:n] {
					if math.Float32bits(v) != math.Float32bits(alone[i]) && !(v != v && alone[i] != alone[i]) {
						t.Fatalf("%s: value %d of %d into place %d is %g, alone %g", f.name, i, n, place, v, alone[i])
					}
				}
				for i, v := range dst[n:] {
					if v != 7 {
						t.Fatalf("%s: of %d values into place %d, %g is written %d behind them", f.name, n, place, v, i)
					}
				}
			}
		}
	}
}

// TestElementwiseAllocatesNothing wants no allocation on any path.
func TestElementwiseAllocatesNothing(t *testing.T) {
	withoutRaceDetector(t)
	onEachPath(t, func(t *testing.T) {
		dst := make([]float32, 67)
		in := [][]float32{noise(67, "a"), noise(67, "b"), noise(67, "c")}
		in[0][11] = 1e6 // which Sin and Cos take another way
		for _, f := range forms() {
			if n := testing.AllocsPerRun(3, func() { f.call(dst, in) }); n != 0 {
				t.Errorf("%s allocates %g times, want 0", f.name, n)
			}
		}
	})
}

// TestShortOperands wants a panic where an operand is shorter than dst.
func TestShortOperands(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		for _, f := range forms() {
			for k := range f.in {
				in := make([][]float32, f.in)
				for j := range in {
					in[j] = make([]float32, 9)
				}
				in[k] = make([]float32, 8)
				func() {
					defer func() {
						if recover() == nil {
							t.Errorf("%s takes 8 values for operand %d of 9", f.name, k)
						}
					}()
					f.call(make([]float32, 9), in)
				}()
			}
		}
	})
}
