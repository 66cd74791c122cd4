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
	if e.Contains(Floor, Sin, Cos) {
		xs = slices.DeleteFunc(slices.Clone(xs), func(x float64) bool { return math.Abs(x) > 50 })
	}
	var found []float64
	e.any(func(e *Expr) bool {
		if !e.varies || !slices.Contains([]Op{Min, Max, Less, LessEqual, Equal, Abs, Sign, Floor}, e.op) {
			return false
		}
		sides := e.sides(xs, parameter)
		for i := 1; i < len(xs); i++ {
			if a := sides[i-1]; sides[i] != a {
				found = append(found, bisect(xs[i-1], xs[i], func(x float64) bool { return e.sides([]float64{x}, parameter)[0] == a }))
			}
		}
		return false
	})
	slices.Sort(found)
	return slices.CompactFunc(found, func(a, b float64) bool { return math.Abs(b-a) <= 1e-9*max(1, math.Abs(a)) })
}

// sides numbers the branch of e that is taken at each x: by the sign of its argument, or of the difference of its two
// arguments, or by the step.
func (e *Expr) sides(xs []float64, parameter func(name string) float64) []float64 {
	sides := e.args[0].EvalAll(xs, parameter)
	if e.op == Floor {
		for i, u := range sides {
			sides[i] = math.Floor(u)
		}
		return sides
	}
	others := make([]float64, len(xs))
	if len(e.args) == 2 {
		others = e.args[1].EvalAll(xs, parameter)
	}
	for i, u := range sides {
		switch v := others[i]; {
		case u > v:
			sides[i] = 1
		case u < v:
			sides[i] = -1
		default:
			sides[i] = 0
		}
	}
	return sides
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
