package formula

import "math"

// NonDecreasing reports that f(x) ≤ f(y) is proven for all numbers x ≤ y of float32, where e = f(x) has no parameters
// and no draws. In doubt it is false. On each piece of f the derivative is bounded from below over intervals, which are
// halved until the bound is good enough; where pieces meet, f may jump upwards. What falls by no more than the rounding
// of float64 does not count.
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

func ascend(ys ...float64) bool {
	for i, y := range ys {
		if math.IsNaN(y) || math.IsInf(y, 0) || i > 0 && y < ys[i-1]-1e-12*math.Abs(ys[i-1]) {
			return false
		}
	}
	return true
}

// rises reports that a piece is proven to be continuous and non-decreasing.
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
		if defined && bounded && d.low >= -1e-90 { // over all of float32 it falls by less than the smallest number
			return true
		}
		tries--
		middle, ok := x.middle()
		return ok && tries > 0 && !(bounded && d.high < 0) && rises(interval{x.low, middle}) && rises(interval{middle, x.high})
	}
	return rises(interval{max(p.From, -math.MaxFloat32), min(p.To, math.MaxFloat32)})
}

// fraction rewrites (px + q)/(rx + s) with one x, which tightens its bounds.
func (a *Arena) fraction(e *Expr) (*Expr, bool) {
	if e.op != Div {
		return nil, false
	}
	p, q, ok1 := e.args[0].Linear()
	r, s, ok2 := e.args[1].Linear()
	if !ok1 || !ok2 || p == 0 || r == 0 {
		return nil, false
	}
	return a.add(a.div(a.Number(q-p*s/r), e.args[1]), a.Number(p/r)), true
}

// middle cuts an interval where its ends have the same number of digits on both sides; ok is false if it is narrow.
func (u interval) middle() (middle float64, ok bool) {
	const least = 1e-46 // is less than every number of float32 but 0
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
