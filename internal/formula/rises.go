package formula

import "math"

// NonDecreasing reports whether it can prove that f(x) ≤ f(y) for all float32 numbers x ≤ y, where e = f(x) has neither
// parameters nor random draws. On each piece of f it bounds the derivative from below, over intervals that it halves
// until the bound is good enough. Where pieces meet, f may jump upwards. A fall within the rounding error of float64 is
// ignored.
func (a *Arena) NonDecreasing(e *Expr) bool {
	proven, err := a.nonDecreasing(e)
	return proven && err == nil
}

func (a *Arena) nonDecreasing(e *Expr) (proven bool, err error) {
	defer guard(&err)
	pieces, err := a.Pieces(e)
	if err != nil || e.Contains(Parameter, Draw) {
		return false, err
	}
	for i, p := range pieces {
		if i > 0 && !ascend(pieces[i-1].Eval(p.From, nil), e.Eval(p.From, nil), p.Eval(p.From, nil)) || !a.rises(p) {
			return false, nil
		}
	}
	return true, nil
}

// ascend reports whether numbers are finite and do not fall.
func ascend(ys ...float64) bool {
	for i, y := range ys {
		if math.IsNaN(y) || math.IsInf(y, 0) || i > 0 && y < ys[i-1]-1e-12*math.Abs(ys[i-1]) {
			return false
		}
	}
	return true
}

// rises reports whether a piece is proven to be continuous and non-decreasing.
func (a *Arena) rises(p Piece) bool {
	if p.Contains(Where, Less, LessEqual, Equal, Sign) {
		return false
	}
	slope, err := a.Derive(a.substitute(p.Expr, a.fraction, a.choose), a.X())
	if err != nil {
		return false
	}
	tries := 3000
	var rises func(x interval) bool
	rises = func(x interval) bool {
		b := box{x, map[*Expr]interval{}}
		_, defined := b.of(p.Expr)
		d, bounded := b.of(slope)
		if defined && bounded && d.low >= -1e-90 { // f falls by less than 1e-50 in all
			return true
		}
		tries--
		middle, ok := x.middle()
		return ok && tries > 0 && !(bounded && d.high < 0) && rises(interval{x.low, middle}) && rises(interval{middle, x.high})
	}
	return rises(interval{max(p.From, -math.MaxFloat32), min(p.To, math.MaxFloat32)})
}

// fraction rewrites a quotient to tighten its bounds: (px + q)/(rx + s) so that x occurs once, and px/√((rx)² + c²) so
// that quotient knows its derivative.
func (a *Arena) fraction(e *Expr) (*Expr, bool) {
	if e.op != Div {
		return nil, false
	}
	u, v := e.args[0], e.args[1]
	p, q, ok := u.Linear()
	if !ok || p == 0 {
		return nil, false
	}
	if r, s, ok := v.Linear(); ok && r != 0 {
		return a.add(a.div(a.Number(q-p*s/r), v), a.Number(p/r)), true
	}
	for _, w := range v.args {
		if r, s, ok := w.Linear(); ok && r != 0 && s == 0 && q == 0 && beside(v, w) != nil {
			return a.make(Mul, a.Number(p/r), a.make(Div, w, v)), true
		}
	}
	return nil, false
}

// middle returns where to halve an interval: at 0, at the geometric mean of ends of different magnitude, or else at the
// arithmetic mean. ok is false if the interval is narrow.
func (u interval) middle() (middle float64, ok bool) {
	const least = 1e-46 // smaller than every positive float32
	near, far := math.Abs(u.low), math.Abs(u.high)
	if near > far {
		near, far = far, near
	}
	switch {
	case u.low < 0 && 0 < u.high:
		return 0, true
	case far <= least || far-near < 1e-3*far:
		return 0, false
	case far > 4*near:
		return math.Copysign(math.Sqrt(max(near, least)*far), u.low+u.high), true
	}
	return u.low + (u.high-u.low)/2, true
}
