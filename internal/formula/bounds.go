package formula

import "math"

// Interval contains all numbers from Low to High, which may be infinite.
type Interval struct{ Low, High float64 }

// Bounds returns an interval that contains all values of e for the x of an interval. Its ends are rounded outwards. ok is
// false if there are none, or if e may be undefined somewhere.
func (e *Expr) Bounds(x Interval) (bounds Interval, ok bool) {
	b := box{x: x, known: map[*Expr]Interval{}}
	return b.of(e)
}

// box bounds expressions of an x in an interval.
type box struct {
	x     Interval
	known map[*Expr]Interval
	jumps bool // one of the expressions compares numbers, or takes the sign of one, with several results
}

func (b *box) of(e *Expr) (bounds Interval, ok bool) {
	if bounds, ok := b.known[e]; ok {
		return bounds, true
	}
	var arg [3]Interval
	for i, v := range e.args {
		if e.op == Where && (i == 1 && arg[0] == Interval{} || i == 2 && !arg[0].has(0)) {
			continue // the branch is not taken
		}
		if arg[i], ok = b.of(v); !ok {
			return bounds, false
		}
	}
	u, v, w := arg[0], arg[1], arg[2]
	ok = true
	switch e.op {
	case Number:
		return Interval{e.value, e.value}, math.Abs(e.value) <= math.MaxFloat64
	case X:
		return b.x, true
	case Add:
		bounds = add(u, v)
	case Sub:
		bounds = add(u, Interval{-v.High, -v.Low})
	case Mul:
		bounds = mul(u, v)
	case Div:
		bounds, ok = mul(u, monotone(func(v float64) float64 { return 1 / v }, v)), !v.has(0)
	case Pow:
		bounds, ok = pow(u, v)
	case Min:
		bounds = Interval{min(u.Low, v.Low), min(u.High, v.High)}
	case Max:
		bounds = Interval{max(u.Low, v.Low), max(u.High, v.High)}
	case Hypot:
		u, v = exact(math.Abs, u), exact(math.Abs, v)
		bounds = Interval{math.Hypot(u.Low, v.Low), math.Hypot(u.High, v.High)}.wider()
	case Less, LessEqual:
		bounds = Interval{truth(u.High < v.Low), truth(u.Low <= v.High)}
	case Equal:
		bounds = Interval{0, truth(u.Low <= v.High && v.Low <= u.High)}
	case Where:
		switch {
		case !u.has(0):
			bounds = v
		case u == Interval{}:
			bounds = w
		default:
			bounds = Interval{min(v.Low, w.Low), max(v.High, w.High)}
		}
	case Sign:
		bounds = exact(signum, u)
	default:
		p := &primitives[e.op]
		if ok = p.bounds != nil; ok {
			bounds = p.bounds(p.value1, u)
		}
	}
	if !ok || math.IsNaN(bounds.Low) || math.IsNaN(bounds.High) {
		return bounds, false
	}
	if bounds.Low < bounds.High && (e.op == Less || e.op == LessEqual || e.op == Equal || e.op == Sign) {
		b.jumps = true
	}
	bounds = Interval{-round(-bounds.Low), round(bounds.High)}
	b.known[e] = bounds
	return bounds, true
}

// round raises an upper bound that has underflowed or overflowed.
func round(high float64) float64 {
	const tiny = 1e-300
	switch {
	case 0 < high && high < tiny:
		return tiny
	case -tiny < high:
		return max(high, 0)
	}
	return max(high, -math.MaxFloat64)
}

func (u Interval) has(v float64) bool { return u.Low <= v && v <= u.High }

// wider allows for the rounding errors of functions, which are much smaller.
func (u Interval) wider() Interval {
	return Interval{u.Low - 1e-13*math.Abs(u.Low), u.High + 1e-13*math.Abs(u.High)}
}

// exact bounds a function that is monotone on each side of 0 and has no rounding error.
func exact(f func(float64) float64, u Interval) Interval {
	low, high := f(u.Low), f(u.High)
	bounds := Interval{min(low, high), max(low, high)}
	if u.has(0) {
		at0 := f(0)
		bounds = Interval{min(bounds.Low, at0), max(bounds.High, at0)}
	}
	return bounds
}

// monotone bounds a function that is continuous, and monotone on each side of 0. At the edge of where the function is
// defined there may be a pole, so that there are no bounds.
func monotone(f func(float64) float64, u Interval) Interval {
	if math.IsNaN(f(math.Nextafter(u.Low, math.Inf(-1)))) || math.IsNaN(f(math.Nextafter(u.High, math.Inf(1)))) {
		return Interval{math.NaN(), math.NaN()}
	}
	return exact(f, u).wider()
}

// waves bounds sin and cos by their range.
func waves(func(float64) float64, Interval) Interval { return Interval{-1, 1} }

// add bounds a sum. Ends that are exact are not rounded.
func add(u, v Interval) Interval {
	end := func(a, b, outwards float64) float64 {
		s := a + b
		switch rest := s - a; {
		case math.IsNaN(s): // ∞ − ∞
			return outwards
		case math.IsInf(s, 0), a-(s-rest)+(b-rest) == 0:
			return s
		}
		return math.Nextafter(s, outwards)
	}
	return Interval{end(u.Low, v.Low, math.Inf(-1)), end(u.High, v.High, math.Inf(1))}
}

// mul bounds a product. Ends that are exact are not rounded.
func mul(u, v Interval) Interval {
	bounds := Interval{math.Inf(1), math.Inf(-1)}
	for _, a := range [2]float64{u.Low, u.High} {
		for _, b := range [2]float64{v.Low, v.High} {
			p := a * b
			if a == 0 || b == 0 {
				p = 0 // and not 0·∞: no value is infinite
			}
			low, high := p, p
			if !math.IsInf(p, 0) && math.FMA(a, b, -p) != 0 {
				low, high = math.Nextafter(p, math.Inf(-1)), math.Nextafter(p, math.Inf(1))
			}
			bounds = Interval{min(bounds.Low, low), max(bounds.High, high)}
		}
	}
	return bounds
}

// pow bounds a power whose exponent, or whose base, is one number.
func pow(u, v Interval) (bounds Interval, ok bool) {
	switch n := v.Low; {
	case n == v.High && (n > 0 || !u.has(0)) && (n == math.Trunc(n) || u.Low >= 0):
		return exact(func(u float64) float64 { return math.Pow(u, n) }, u).wider(), true
	case u.Low == u.High && u.Low > 0:
		return exact(func(v float64) float64 { return math.Pow(u.Low, v) }, v).wider(), true
	}
	return bounds, false
}
