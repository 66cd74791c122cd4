package activations

import (
	"math"
	"slices"
	"sync"

	"actfn/internal/formula"
)

// proofs holds the properties that a network relies on. They are computed once, on first use.
type proofs struct {
	once                        sync.Once
	nonDecreasing, slopeOfValue bool
}

// NonDecreasing reports whether f(x) ≤ f(y) for all x ≤ y, for any values of the learnable parameters and any random
// draws. f then commutes with the maximum. This is proven from the formula or declared in the catalogue; in doubt it is
// false.
func (a Activation) NonDecreasing() bool { return a.fixed() && a.proven().nonDecreasing }

// SlopeOfValue reports whether f′(f(x)) = f′(x) for all x in float32, as for ReLU and leaky ReLU, for any values of the
// learnable parameters. A layer can then compute the gradient from f(x) and need not store x. In doubt it is false.
func (a Activation) SlopeOfValue() bool { return a.fixed() && a.proven().slopeOfValue }

// fixed reports whether the function has neither learnable parameters nor random draws.
func (f *function) fixed() bool { return len(f.learnable) == 0 && !f.random() }

func (f *function) proven() *proofs {
	f.proofs.once.Do(func() {
		mean, err := f.arena.Substitute(f.mean, func(e *formula.Expr) (*formula.Expr, bool) {
			return f.arena.Number(e.Eval(0, f.initial)), e.Op() == formula.Parameter
		})
		if err != nil {
			return // the arena is full
		}
		f.proofs.nonDecreasing = f.declaredMonotone() || !falls(f.mean.EvalAll(landmarks, f.initial)) && f.arena.NonDecreasing(mean)
		f.proofs.slopeOfValue = f.fixed() && f.hasSlopeOfValue()
	})
	return &f.proofs
}

// declaredMonotone reports whether the function is a row of the catalogue, with the values that are given there, and is
// declared to be non-decreasing.
func (f *function) declaredMonotone() bool {
	return f.row != nil && f.row.declared.monotone && slices.EqualFunc(f.parameters, f.row.Parameters, func(p, q Parameter) bool {
		return p.Value == q.Value
	})
}

// falls reports whether a value is less than the one before it, by more than rounding, or is NaN.
func falls(ys []float64) bool {
	last := math.Inf(-1)
	for _, y := range ys {
		if math.IsNaN(y) || y < last-1e-12*math.Abs(last)-1e-15 {
			return true
		}
		last = y
	}
	return false
}

// hasSlopeOfValue compares the slope of each linear piece with the slopes at the values of that piece.
func (f *function) hasSlopeOfValue() bool {
	pieces, err := f.arena.Pieces(f.value)
	if err != nil {
		return false
	}
	var at []float64 // where pieces meet
	for _, p := range pieces[1:] {
		at = append(at, p.From)
	}
	for _, p := range pieces {
		k, c, linear := p.Linear()
		if !linear {
			return false
		}
		if k == 1 && c == 0 {
			continue // the value is x
		}
		low, high := image(p, k, c)
		for _, q := range pieces {
			if slope, _, _ := q.Linear(); q.From < high && low < q.To && slope != k {
				return false
			}
		}
		for i, slope := range f.slope.EvalAll(at, nil) {
			if low <= at[i] && at[i] <= high && slope != k {
				return false
			}
		}
	}
	return f.slopeOfValueAbout(append(at, math.MaxFloat32, -math.MaxFloat32))
}

// image is the interval that contains the values kx + c of a piece, rounded to float32.
func image(p formula.Piece, k, c float64) (low, high float64) {
	if k == 0 {
		return float64(float32(c)), float64(float32(c))
	}
	low, high = k*p.From+c, k*p.To+c
	if k < 0 {
		low, high = high, low
	}
	return low - 1e-6*(math.Abs(low)+math.Abs(c)), high + 1e-6*(math.Abs(high)+math.Abs(c))
}

// slopeOfValueAbout compares the slopes that the kernels compute from f(x) and from x, next to points. This covers the
// rounding of the points, and of the values of pieces that are constant.
func (f *function) slopeOfValueAbout(points []float64) bool {
	var xs []float32
	for _, p := range points {
		x := float32(p)
		xs = append(xs, math.Nextafter32(x, float32(math.Inf(-1))), x, math.Nextafter32(x, float32(math.Inf(1))))
	}
	ys, want, got := make([]float32, len(xs)), make([]float32, len(xs)), make([]float32, len(xs))
	ones := slices.Repeat([]float32{1}, len(xs))
	f.initially.Forward(ys, xs, 0, nil)
	f.initially.Backward(want, ones, xs, 0, nil, nil)
	f.initially.Backward(got, ones, ys, 0, nil, nil)
	return slices.Equal(want, got)
}
