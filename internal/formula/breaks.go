package formula

import (
	"math"
	"slices"
)

// Breaks are the points, ascending, where e or its derivative may break: where the two sides of a minimum, a
// maximum or a comparison are equal, where what abs or sign are of is 0, and where floor jumps. Between two
// points of xs, which ascend, one of each is found; of what is equal over a while, its ends. Beyond ±50 none
// is looked for if e has waves or steps, of which there is no end.
func (e *Expr) Breaks(xs []float64, parameter func(name string) float64) []float64 {
	if e.Contains(Floor, Sin, Cos) {
		xs = slices.DeleteFunc(slices.Clone(xs), func(x float64) bool { return math.Abs(x) > 50 })
	}
	var found []float64
	seen := map[*Expr]bool{}
	var visit func(*Expr)
	visit = func(e *Expr) {
		if seen[e] || !e.varies {
			return
		}
		seen[e] = true
		for _, arg := range e.args {
			visit(arg)
		}
		switch e.op {
		case Min, Max, Less, LessEqual, Equal:
			u, v := e.args[0].EvalAll(xs, parameter), e.args[1].EvalAll(xs, parameter)
			found = append(found, crossings(xs, u, v, func(x float64) float64 {
				return difference(e.args[0].Eval(x, parameter), e.args[1].Eval(x, parameter))
			})...)
		case Abs, Sign:
			u := e.args[0].EvalAll(xs, parameter)
			found = append(found, crossings(xs, u, make([]float64, len(xs)), func(x float64) float64 {
				return e.args[0].Eval(x, parameter)
			})...)
		case Floor:
			found = append(found, steps(xs, e.args[0].EvalAll(xs, parameter), func(x float64) float64 {
				return e.args[0].Eval(x, parameter)
			})...)
		}
	}
	visit(e)
	slices.Sort(found)
	return slices.CompactFunc(found, func(a, b float64) bool { return math.Abs(b-a) <= 1e-9*max(1, math.Abs(a)) })
}

// difference is u − v, and 0 where both are the same infinity.
func difference(u, v float64) float64 {
	if u == v {
		return 0
	}
	return u - v
}

// crossings are the points where u − v, which is g, changes its sign or begins or ends to be 0.
func crossings(xs, u, v []float64, g func(x float64) float64) []float64 {
	var found []float64
	sign := func(i int) int { return signOf(difference(u[i], v[i])) }
	for i := 1; i < len(xs); i++ {
		a, b := sign(i-1), sign(i)
		if a != b {
			found = append(found, bisect(xs[i-1], xs[i], func(x float64) bool { return signOf(g(x)) == a }))
		}
	}
	return found
}

func signOf(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// steps are the points where ⌊u⌋ changes; u is g.
func steps(xs, u []float64, g func(x float64) float64) []float64 {
	var found []float64
	for i := 1; i < len(xs); i++ {
		if a := math.Floor(u[i-1]); math.Floor(u[i]) != a {
			found = append(found, bisect(xs[i-1], xs[i], func(x float64) bool { return math.Floor(g(x)) == a }))
		}
	}
	return found
}

// bisect returns the end of where holds, which does at low and does not at high. A number that is nearly
// round, and within rounding of it, is meant to be.
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
