package formula

import "math"

// interval contains all values of an expression. Its ends may be infinite.
type interval struct{ low, high float64 }

// box bounds expressions of an x in an interval. All ends are rounded outwards.
type box struct {
	x     interval
	known map[*Expr]interval
}

// of returns bounds of e. ok is false if there are none, or if e may be undefined somewhere in the box.
func (b *box) of(e *Expr) (bounds interval, ok bool) {
	if bounds, ok := b.known[e]; ok {
		return bounds, true
	}
	var arg [3]interval
	for i, v := range e.args {
		if e.op == Where && (i == 1 && arg[0] == interval{} || i == 2 && !arg[0].has(0)) {
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
		bounds, ok = interval{e.value, e.value}, !math.IsInf(e.value, 0)
	case X:
		bounds = b.x
	case Add:
		bounds = add(u, v)
	case Sub:
		bounds = add(u, interval{-v.high, -v.low})
	case Mul:
		bounds = mul(u, v)
	case Div:
		bounds, ok = mul(u, monotone(func(v float64) float64 { return 1 / v }, v)), !v.has(0)
	case Pow:
		bounds, ok = pow(u, v)
	case Min:
		bounds = interval{min(u.low, v.low), min(u.high, v.high)}
	case Max:
		bounds = interval{max(u.low, v.low), max(u.high, v.high)}
	case Hypot:
		u, v = exact(math.Abs, u), exact(math.Abs, v)
		bounds = interval{math.Hypot(u.low, v.low), math.Hypot(u.high, v.high)}.wider()
	case Less, LessEqual:
		bounds = interval{truth(u.high < v.low), truth(u.low <= v.high)}
	case Equal:
		bounds = interval{0, truth(u.low <= v.high && v.low <= u.high)}
	case Where:
		switch {
		case !u.has(0):
			bounds = v
		case u == interval{}:
			bounds = w
		default:
			bounds = interval{min(v.low, w.low), max(v.high, w.high)}
		}
	case Sign:
		bounds = exact(signum, u)
	default:
		p := &primitives[e.op]
		if ok = p.bounds != nil; ok {
			bounds = p.bounds(p.value1, u)
		}
	}
	if !ok || math.IsNaN(bounds.low) || math.IsNaN(bounds.high) {
		return bounds, false
	}
	bounds = interval{-round(-bounds.low), round(bounds.high)}
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

func (u interval) has(v float64) bool { return u.low <= v && v <= u.high }

// wider allows for the rounding errors of functions, which are much smaller.
func (u interval) wider() interval {
	return interval{u.low - 1e-13*math.Abs(u.low), u.high + 1e-13*math.Abs(u.high)}
}

// exact bounds a function that is monotone on each side of 0 and has no rounding error.
func exact(f func(float64) float64, u interval) interval {
	low, high := f(u.low), f(u.high)
	bounds := interval{min(low, high), max(low, high)}
	if u.has(0) {
		at0 := f(0)
		bounds = interval{min(bounds.low, at0), max(bounds.high, at0)}
	}
	return bounds
}

// monotone bounds a function that is continuous, and monotone on each side of 0. At the edge of where the function is
// defined there may be a pole, so that there are no bounds.
func monotone(f func(float64) float64, u interval) interval {
	if math.IsNaN(f(math.Nextafter(u.low, math.Inf(-1)))) || math.IsNaN(f(math.Nextafter(u.high, math.Inf(1)))) {
		return interval{math.NaN(), math.NaN()}
	}
	return exact(f, u).wider()
}

// waves bounds sin and cos by their range.
func waves(func(float64) float64, interval) interval { return interval{-1, 1} }

// add bounds a sum. Ends that are exact are not rounded.
func add(u, v interval) interval {
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
	return interval{end(u.low, v.low, math.Inf(-1)), end(u.high, v.high, math.Inf(1))}
}

// mul bounds a product. Ends that are exact are not rounded.
func mul(u, v interval) interval {
	bounds := interval{math.Inf(1), math.Inf(-1)}
	for _, a := range [2]float64{u.low, u.high} {
		for _, b := range [2]float64{v.low, v.high} {
			p := a * b
			if a == 0 || b == 0 {
				p = 0 // and not 0·∞: no value is infinite
			}
			low, high := p, p
			if !math.IsInf(p, 0) && math.FMA(a, b, -p) != 0 {
				low, high = math.Nextafter(p, math.Inf(-1)), math.Nextafter(p, math.Inf(1))
			}
			bounds = interval{min(bounds.low, low), max(bounds.high, high)}
		}
	}
	return bounds
}

// pow bounds a power whose exponent, or whose base, is one number.
func pow(u, v interval) (bounds interval, ok bool) {
	switch n := v.low; {
	case n == v.high && (n > 0 || !u.has(0)) && (n == math.Trunc(n) || u.low >= 0):
		return exact(func(u float64) float64 { return math.Pow(u, n) }, u).wider(), true
	case u.low == u.high && u.low > 0:
		return exact(func(v float64) float64 { return math.Pow(u.low, v) }, v).wider(), true
	}
	return bounds, false
}
