package formula

import (
	"math"
	"slices"
)

// Breaks finds the points, in ascending order, where e or its derivative may have a break: where the two arguments of
// min, max or a comparison are equal, where the argument of abs or sign is 0, and where floor jumps. Each of these is
// looked for once between two neighbors of xs, which ascend; where arguments are equal over an interval, its ends are
// found. If e oscillates or has steps, and so breaks without end, it is searched in [−50, 50] only.
func (e *Expr) Breaks(xs []float64, parameter func(name string) float64) []float64 {
	if e.any(func(e *Expr) bool { return primitives[e.op].endless }) {
		xs = slices.DeleteFunc(slices.Clone(xs), func(x float64) bool { return math.Abs(x) > 50 })
	}
	var found []float64
	e.any(func(e *Expr) bool {
		if !e.varies || primitives[e.op].branch == nil {
			return false
		}
		branches := e.branches(xs, parameter)
		for i := 1; i < len(xs); i++ {
			if a := branches[i-1]; branches[i] != a {
				found = append(found, bisect(xs[i-1], xs[i], func(x float64) bool { return e.branches([]float64{x}, parameter)[0] == a }))
			}
		}
		return false
	})
	slices.Sort(found)
	return slices.CompactFunc(found, func(a, b float64) bool { return math.Abs(b-a) <= 1e-9*max(1, math.Abs(a)) })
}

// branches numbers the branch of e at each x.
func (e *Expr) branches(xs []float64, parameter func(name string) float64) []float64 {
	us, vs := e.args[0].EvalAll(xs, parameter), make([]float64, len(xs))
	if len(e.args) == 2 {
		vs = e.args[1].EvalAll(xs, parameter)
	}
	for i, u := range us {
		us[i] = primitives[e.op].branch(u, vs[i])
	}
	return us
}

// bisect returns the end of the interval in which holds is true; it is true at low and false at high. A result that is
// within rounding error of a number with few digits is taken to be that number.
func bisect(low, high float64, holds func(x float64) bool) float64 {
	for range 200 {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			break
		}
		if holds(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	if round := math.Round(high*1e9) / 1e9; math.Abs(round-high) <= 1e-14*max(1, math.Abs(high)) {
		return round
	}
	return high
}
