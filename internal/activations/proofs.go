package activations

import (
	"math"
	"slices"

	"actfn/internal/formula"
)

// NonDecreasing reports whether f(x) ≤ f(y) for all x ≤ y, so that f commutes with the maximum. This is proven from the
// formula or declared in the catalogue. In doubt, and for a function with learnable parameters or random draws, it is
// false.
func (a Activation) NonDecreasing() bool { return a.fixed() && a.monotone() }

// SlopeOfValue reports whether f′(f(x)) = f′(x) for all x in float32, as for ReLU and leaky ReLU. A layer can then compute
// the gradient from f(x) and need not store x. In doubt, and for a function with learnable parameters or random draws, it
// is false.
func (a Activation) SlopeOfValue() bool { return a.fixed() && a.slopeOfValue() }

// fixed reports whether the function has neither learnable parameters nor random draws.
func (f *function) fixed() bool { return len(f.learnable) == 0 && !f.random() }

// neverFalls proves NonDecreasing for the initial values of the parameters and the mean of random draws.
func (f *function) neverFalls() bool {
	mean, err := f.arena.Substitute(f.mean, func(e *formula.Expr) (*formula.Expr, bool) {
		return f.arena.Number(e.Eval(0, f.initial)), e.Op() == formula.Parameter
	})
	return err == nil && // the arena is not full
		(f.declaredMonotone() || !falls(f.mean.EvalAll(landmarks, f.initial)) && f.arena.NonDecreasing(mean))
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

// hasSlopeOfValue proves SlopeOfValue for a piecewise linear function: over intervals in which f′ is one number, f′ is that
// number at their values too. The slopes that the kernels compute are compared at the ends of each interval, which covers
// the rounding of numbers in the formula.
func (f *function) hasSlopeOfValue() bool {
	if f.slope.Fragile() || !f.slopesOfValuesAt(-3, -1, -0.3, 0.3, 1, 3) {
		return false
	}
	return formula.Everywhere(func(x formula.Interval) formula.Answer {
		y, defined := f.value.Bounds(x)
		slope, bounded := f.slope.Bounds(x)
		if !defined || !bounded || slope.Low != slope.High {
			return formula.Unknown
		}
		if identity := slope.Low == 1 && y == x; !identity && slope.Low != 0 {
			room := 1e-6 * max(-y.Low, y.High, math.Abs(slope.Low)*max(-x.Low, x.High)) // for rounding in float32
			if at, ok := f.slope.Bounds(formula.Interval{Low: y.Low - room, High: y.High + room}); !ok || at != slope {
				return formula.Unknown
			}
		}
		if !f.slopesOfValuesAt(x.Low, x.High) {
			return formula.No
		}
		return formula.Yes
	}, func(x, y float64) bool { return f.slopesOfValuesAt(x, y) })
}

// slopesOfValuesAt reports whether the kernels compute equal slopes from f(x) and from x at the float32 numbers next to
// points.
func (f *function) slopesOfValuesAt(points ...float64) bool {
	var xs []float32
	for _, p := range points {
		x := float32(p)
		xs = append(xs, math.Nextafter32(x, -math.MaxFloat32), x, math.Nextafter32(x, math.MaxFloat32))
	}
	ys, want, got := make([]float32, len(xs)), make([]float32, len(xs)), make([]float32, len(xs))
	ones := slices.Repeat([]float32{1}, len(xs))
	f.initially.Forward(ys, xs, 0, nil)
	f.initially.Backward(want, ones, xs, 0, nil, nil)
	f.initially.Backward(got, ones, ys, 0, nil, nil)
	return slices.Equal(want, got)
}
