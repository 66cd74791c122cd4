package activations

import (
	"math"
	"slices"

	"actfn/internal/number"
)

// Properties describes a function with the initial values of its parameters and the mean of random draws. Except for
// NonDecreasing, the properties are estimated in float64, at points that are dense in [−50, 50] and sparse up to the
// limits of float32. A function of which neither NonDecreasing nor Falls is true may be either.
type Properties struct {
	NonDecreasing bool            `json:"non_decreasing"` // proven or declared, as Activation.NonDecreasing is
	Falls         bool            `json:"-"`              // f falls or is NaN at one of the points
	Range         [2]number.Float `json:"range"`          // the bounds of the values of f
	RangeClosed   [2]bool         `json:"range_closed"`   // the bound is a value
	Kinks         number.Floats   `json:"kinks"`          // where f′ jumps or is unbounded, ascending
	Jumps         number.Floats   `json:"jumps"`          // where f jumps, ascending
	Smooth        bool            `json:"smooth"`         // there are neither kinks nor jumps
	Odd           bool            `json:"odd"`
	Even          bool            `json:"even"`
	Lipschitz     number.Float    `json:"lipschitz"`    // the largest |f′|, or +Inf if f′ is unbounded or f jumps
	Gain          number.Float    `json:"gain"`         // 1/√E[f(z)²] for a standard normal z, or NaN if there is no such number
	Finite        bool            `json:"finite"`       // f and f′ are finite in float32 on [−50, 50]
	AtZero        number.Float    `json:"at_0"`         // f(0)
	AtMinusInf    number.Float    `json:"at_minus_inf"` // the limit of f at −∞, or NaN
	AtInf         number.Float    `json:"at_inf"`       // the limit of f at ∞, or NaN
}

// Properties returns the properties.
func (a Activation) Properties() Properties { return a.properties() }

// near bounds the interval [−near, near] in which the points are dense.
const near = 50

// landmarks are the points, in ascending order and symmetric about 0.
var landmarks = func() []float64 {
	var far []float64
	for e := 2.0; e <= 38; e += 0.25 {
		far = append(far, math.Pow(10, e))
	}
	var xs []float64
	for _, x := range slices.Backward(far) {
		xs = append(xs, -x)
	}
	for x := -float64(near); x <= near; x += 1.0 / 64 {
		xs = append(xs, x)
	}
	return append(xs, far...)
}()

// study holds a function and its values at the landmarks.
type study struct {
	f, slope func(x float64) float64
	y, dydx  []float64 // at the landmarks
}

func (f *function) study() Properties {
	s := study{
		f:     func(x float64) float64 { return f.mean.Eval(x, f.initial) },
		slope: func(x float64) float64 { return f.slope.Eval(x, f.initial) },
		y:     f.mean.EvalAll(landmarks, f.initial),
		dydx:  f.slope.EvalAll(landmarks, f.initial),
	}
	p := Properties{
		NonDecreasing: f.monotone(), Falls: falls(s.y), Finite: s.finite(),
		Odd: s.symmetric(-1), Even: s.symmetric(1),
		Gain: number.Float(math.NaN()), Lipschitz: number.Float(math.Inf(1)),
	}
	if square := f.meanSquare(); square > 0 && !math.IsInf(square, 1) {
		p.Gain = number.Float(1 / math.Sqrt(square))
	}
	breaks := f.breaks()
	kinks, jumps, steep := s.breaks(breaks)
	p.Kinks, p.Jumps, p.Smooth = kinks, jumps, len(kinks)+len(jumps) == 0
	if !steep && len(jumps) == 0 {
		p.Lipschitz = number.Float(s.steepest(kinks))
	}
	low, lowClosed := s.supremum(-1, breaks)
	high, highClosed := s.supremum(1, breaks)
	low = 0 - low // and not −0
	below, above := s.limit(-1), s.limit(1)
	for _, limit := range []float64{below, above} { // which the range may miss by rounding
		room := 1e-9 * (1 + math.Abs(limit))
		if limit < low && low <= limit+room {
			low = limit
		}
		if limit > high && high >= limit-room {
			high = limit
		}
	}
	p.Range, p.RangeClosed = [2]number.Float{number.Float(low), number.Float(high)}, [2]bool{lowClosed, highClosed}
	p.AtZero = number.Float(0 + s.f(0)) // and not −0
	p.AtMinusInf, p.AtInf = number.Float(below), number.Float(above)
	return p
}

func (s study) finite() bool {
	for i, x := range landmarks {
		if math.Abs(x) <= near && !(math.Abs(s.y[i]) <= math.MaxFloat32 && math.Abs(s.dydx[i]) <= math.MaxFloat32) {
			return false
		}
	}
	return true
}

// symmetric reports whether f(−x) = sign·f(x).
func (s study) symmetric(sign float64) bool {
	for i, y := range s.y {
		mirrored := sign * s.y[len(s.y)-1-i]
		if !(y == mirrored || math.Abs(y-mirrored) <= 1e-12*math.Abs(y)) {
			return false
		}
	}
	return true
}

// breaks finds the kinks and the jumps among the points where a formula may have a break. steep reports whether f′ is
// unbounded at one of them.
func (s study) breaks(candidates []float64) (kinks, jumps []float64, steep bool) {
	for _, c := range candidates {
		h := 1e-7 * max(1, math.Abs(c))
		below, above := s.slope(c-h), s.slope(c+h)
		rise := s.f(c+h) - s.f(c-h)
		grows := func(sign float64) bool {
			closer, far := math.Abs(s.slope(c+sign*h/100)), math.Abs(s.slope(c+sign*h))
			return closer > 2*far && closer > 1e3
		}
		switch {
		case math.Abs(rise-h*(below+above)) > 1e-5*(1+math.Abs(s.f(c))) && !grows(1) && !grows(-1):
			jumps = append(jumps, c)
		case grows(1) || grows(-1):
			kinks, steep = append(kinks, c), true
		case math.Abs(above-below) > 1e-4*(1+math.Abs(below)):
			kinks = append(kinks, c)
		}
	}
	return kinks, jumps, steep
}

// supremum returns the supremum of sign·f, and whether f attains it. Values far out that equal it may only be rounded to
// it: they attain it where f is constant up to ±∞. A value at the edge of where f is defined attains it.
func (s study) supremum(sign float64, breaks []float64) (bound float64, attained bool) {
	value := func(x float64) float64 { return sign * s.f(x) }
	ys := make([]float64, len(s.y))
	for i, y := range s.y {
		ys[i] = sign * y
	}
	inside, inner := peak(value, ys, near)
	far, at := peak(value, ys, math.Inf(1))
	if math.IsInf(far, 1) {
		return far, false
	}
	if far > inside+1e-9*(1+math.Abs(inside)) {
		last, before := value(math.Copysign(1e38, landmarks[at])), value(math.Copysign(1e19, landmarks[at]))
		if far > 1e15 || last > before+1e-3*(1+math.Abs(before)) {
			return math.Inf(1), false
		}
		return far, false
	}
	first, last := 0, len(ys)-1
	met := func(i int) bool { return ys[i] >= inside-1e-15*max(1, math.Abs(inside)) }
	edge := func(i, outside int) bool {
		return math.Abs(landmarks[i]) <= near && math.IsNaN(ys[outside]) && !math.IsNaN(ys[i])
	}
	for first < last && (met(first) || math.IsNaN(ys[first])) && !(first > 0 && edge(first, first-1)) {
		first++
	}
	for first < last && (met(last) || math.IsNaN(ys[last])) && !(last < len(ys)-1 && edge(last, last+1)) {
		last--
	}
	for i := first; i <= last; i++ {
		if met(i) || i == inner && first < i && i < last {
			return inside, true
		}
	}
	return inside, s.stands(first-1, -1, breaks) || s.stands(last+1, 1, breaks)
}

// stands reports whether f is constant from a landmark on, in the direction of outwards·∞: f′ is 0 there, or from a break
// on that lies beyond it.
func (s study) stands(i int, outwards float64, breaks []float64) bool {
	if i < 0 || i >= len(s.dydx) {
		return false
	}
	if s.dydx[i] == 0 {
		return true
	}
	return slices.ContainsFunc(breaks, func(c float64) bool {
		h := 1e-6 * outwards * max(1, math.Abs(c))
		return outwards*c >= outwards*landmarks[i] && s.slope(c-h) != 0 && s.slope(c+h) == 0
	})
}

// peak returns the largest value at landmarks within a bound, refined between the neighbors of that landmark, and the
// index of the landmark.
func peak(value func(x float64) float64, ys []float64, within float64) (largest float64, at int) {
	largest, at = math.Inf(-1), -1
	for i, y := range ys {
		if math.Abs(landmarks[i]) <= within && y > largest {
			largest, at = y, i
		}
	}
	if at <= 0 || at >= len(ys)-1 || math.Abs(landmarks[at]) > near {
		return largest, at
	}
	low, high := landmarks[at-1], landmarks[at+1]
	for range 60 { // ternary search
		a, b := low+(high-low)/3, high-(high-low)/3
		va, vb := value(a), value(b)
		for _, v := range []float64{va, vb} {
			if v > largest {
				largest = v
			}
		}
		if va < vb {
			low = a
		} else {
			high = b
		}
	}
	if largest > 1e6*max(1, math.Abs(ys[at])) { // a pole
		largest = math.Inf(1)
	}
	return largest, at
}

// steepest is the largest |f′|.
func (s study) steepest(kinks []float64) float64 {
	ys := make([]float64, len(s.dydx))
	for i, d := range s.dydx {
		ys[i] = math.Abs(d)
	}
	slope := func(x float64) float64 { return math.Abs(s.slope(x)) }
	inside, _ := peak(slope, ys, near)
	for _, k := range kinks {
		h := 1e-9 * max(1, math.Abs(k))
		inside = max(inside, slope(k-h), slope(k+h))
	}
	if far, _ := peak(slope, ys, math.Inf(1)); far > 10*inside {
		return math.Inf(1)
	}
	return inside
}

// limit returns the limit of f at sign·∞, estimated from its value there or at points far out, or NaN.
func (s study) limit(sign float64) float64 {
	if y := s.f(math.Inf(int(sign))); !math.IsNaN(y) {
		return 0 + y // and not −0
	}
	const points = 40
	var ys [points]float64 // outwards
	for i := range ys {
		ys[i] = s.y[len(s.y)-points+i]
		if sign < 0 {
			ys[i] = s.y[points-1-i]
		}
	}
	last := ys[points-1]
	settled, grows := true, true
	for i, y := range ys[:points-1] {
		settled = settled && math.Abs(y-last) <= 1e-9*(1+math.Abs(last))
		grows = grows && (ys[i+1] > y && y > 0 || ys[i+1] < y && y < 0 || math.IsInf(last, 0) && ys[i+1] == y)
	}
	switch {
	case settled && math.Abs(last) < 1e-9:
		return 0
	case settled:
		return last
	case grows:
		return math.Copysign(math.Inf(1), last)
	}
	return math.NaN()
}
