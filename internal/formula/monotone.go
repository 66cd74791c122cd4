package formula

import (
	"math"
	"slices"
)

// NonDecreasing reports whether it can prove that f(x) ≤ f(y) for all x ≤ y in the range of float32, where e = f(x) has
// neither parameters nor random draws. Over intervals in which f does not jump it bounds the derivative from below; elsewhere it
// compares the values of adjacent numbers. A fall within the rounding error of float64 is ignored.
func (a *Arena) NonDecreasing(e *Expr) bool {
	if e.Contains(Parameter, Draw) || e.Fragile() {
		return false
	}
	below, err1 := a.slopeOn(e, -1)
	above, err2 := a.slopeOn(e, 1)
	if err1 != nil || err2 != nil {
		return false // the arena is full
	}
	return Everywhere(func(x Interval) Answer {
		slope := above
		if x.High <= 0 {
			slope = below
		}
		b := box{x: x, known: map[*Expr]Interval{}}
		_, defined := b.of(e)
		jumps := b.jumps
		d, bounded := b.of(slope)
		switch {
		case defined && !jumps && bounded && d.Low >= -1e-90: // f falls by less than 1e-50 in all
			return Yes
		case bounded && d.High < 0, !jumps && x.High-x.Low < 1e-3*math.Abs(x.High): // bounds would not get much tighter
			return No
		}
		return Unknown
	}, func(x, y float64) bool {
		from, to := e.Eval(x, nil), e.Eval(y, nil)
		return to-from >= -1e-12*math.Abs(from) && !math.IsInf(to-from, 0)
	})
}

// Answer is what is known about a property in an interval.
type Answer uint8

// A property holds, does not hold at some point, or may hold.
const (
	Unknown Answer = iota
	Yes
	No
)

// Everywhere reports whether it can prove that a property holds for all numbers in the range of float32. It asks within
// about intervals, which it halves where the answer is Unknown, and adjacent about numbers that are neighbors: 0 and the
// smallest float32, and otherwise float64.
func Everywhere(within func(x Interval) Answer, adjacent func(x, y float64) bool) bool {
	tries := 3000
	var holds func(low, high int64) bool
	holds = func(low, high int64) bool {
		x := Interval{numbered(low), numbered(high)}
		tries--
		switch answer := within(x); {
		case answer != Unknown:
			return answer == Yes
		case high-low == 1:
			return adjacent(x.Low, x.High)
		}
		middle := low + (high-low)/2
		return tries > 0 && holds(low, middle) && holds(middle, high)
	}
	const smallest = math.SmallestNonzeroFloat32
	least, largest := int64(math.Float64bits(smallest)), int64(math.Float64bits(math.MaxFloat32))
	return holds(-largest, -least) && adjacent(-smallest, 0) && adjacent(0, smallest) && holds(least, largest)
}

// numbered counts the float64 numbers in ascending order, from 0, so that halves of an interval have equally many.
func numbered(i int64) float64 {
	if i < 0 {
		return -numbered(-i)
	}
	return math.Float64frombits(uint64(i))
}

// Fragile reports whether rounding in float32 may move a point where e or its derivative jumps by more than its own
// rounding, because a sum or a function is compared.
func (e *Expr) Fragile() bool {
	return e.any(func(e *Expr) bool {
		switch e.op {
		case Less, LessEqual, Equal, Sign:
			return e.varies && !(e.args[0].scaled() && e.args[len(e.args)-1].scaled())
		}
		return false
	})
}

// scaled reports whether e consists of multiples of x and of numbers, of which it takes magnitudes, minima and maxima.
func (e *Expr) scaled() bool {
	switch e.op {
	case X, Number:
		return true
	case Mul, Div:
		return (!e.args[0].varies || !e.args[1].varies) && e.args[0].scaled() && e.args[1].scaled()
	case Neg, Abs, Min, Max:
		return !slices.ContainsFunc(e.args, func(arg *Expr) bool { return !arg.scaled() })
	}
	return false
}

// slopeOn returns the derivative of e where x has a sign, in a form whose bounds are tight.
func (a *Arena) slopeOn(e *Expr, sign float64) (slope *Expr, err error) {
	defer guard(&err)
	e = a.substitute(e, func(e *Expr) (*Expr, bool) {
		if e.op != Abs {
			return nil, false
		}
		k, c, ok := a.linear(e.args[0])
		if k*sign < 0 {
			return a.neg(e.args[0]), ok && c == 0
		}
		return e.args[0], ok && c == 0
	}, a.make)
	return a.Derive(a.substitute(e, a.fraction, a.make), a.X())
}

// fraction rewrites a quotient to tighten its bounds: (px + q)/(rx + s) so that x occurs once, and px/√((rx)² + c²) so
// that quotient knows its derivative.
func (a *Arena) fraction(e *Expr) (*Expr, bool) {
	if e.op != Div {
		return nil, false
	}
	u, v := e.args[0], e.args[1]
	p, q, ok := a.linear(u)
	if !ok || p == 0 {
		return nil, false
	}
	if r, s, ok := a.linear(v); ok && r != 0 {
		return a.add(a.div(a.Number(q-p*s/r), v), a.Number(p/r)), true
	}
	for _, w := range v.args {
		if r, s, ok := a.linear(w); ok && r != 0 && s == 0 && q == 0 && beside(v, w) != nil {
			return a.make(Mul, a.Number(p/r), a.make(Div, w, v)), true
		}
	}
	return nil, false
}

// linear returns the k and c of e = kx + c; ok is false if e has no such form.
func (a *Arena) linear(e *Expr) (k, c float64, ok bool) {
	slope, err := a.Derive(e, a.X())
	if err != nil || slope.op != Number || e.any(func(e *Expr) bool { return primitives[e.op].branch != nil }) {
		return 0, 0, false
	}
	return slope.value, e.Eval(0, nil), true
}
