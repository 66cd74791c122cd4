package activations

import (
	"fmt"
	"math"
	"slices"

	"actfn/internal/formula"
	"actfn/internal/number"
)

// MeanField is what becomes of signals and gradients in a deep network of wide layers with one activation f: Poole et
// al. 2016 (arXiv:1606.05340) and Schoenholz et al. 2017 (arXiv:1611.01232). A layer receives z = Wf(z′) + b, where
// z′ is that of the layer before, the weights have variance σw²/fan_in and the biases σb², all of mean 0. Then z is
// normal with mean 0 and a mean square q that goes from layer to layer by the length map V(q) = σw²·E[f(x)²] + σb², x
// of N(0, q), while the mean square of the gradient goes from a layer to the one before by the factor χ =
// σw²·E[f′(x)²].
type MeanField struct {
	Weights number.Float `json:"weights"` // σw²
	Biases  number.Float `json:"biases"`  // σb²
	// FixedPoint is the q that V keeps, as it is reached from q = 1; 0 if signals die out; NaN if Note says why there
	// is none.
	FixedPoint number.Float `json:"fixed_point"`
	// Every reports that V keeps every q; FixedPoint is 1 then.
	Every bool `json:"every"`
	// Slope is V′ there: between −1 and 1 nearby lengths approach the fixed point.
	Slope number.Float `json:"slope"`
	Chi   number.Float `json:"chi"` // χ there, or NaN
	// Phase is ordered if χ < 1 − Edge, where gradients vanish and different inputs grow alike; chaotic if χ > 1 +
	// Edge, where gradients explode and similar inputs part; else edge of chaos. It is "" where there is no χ.
	Phase string `json:"phase"`
	Note  string `json:"note,omitempty"` // what else there is to say of it
}

// The values of MeanField.Phase.
const (
	ordered = "ordered"
	edge    = "edge of chaos"
	chaotic = "chaotic"
)

// Edge bounds |χ − 1| on the edge of chaos.
const Edge = 0.05

// Normal computes E[f(x)²] and E[f′(x)²] for x of N(mean, variance), with the initial values of the parameters and
// the mean of random draws. Where there is no such number, or f waves more than a few times within a tenth of a
// standard deviation, they are +Inf or NaN, as MeanSquare is. Else the relative error is below 1e-4.
func (a Activation) Normal(mean, variance float64) (square, slope float64) {
	return a.normal(a.mean, mean, variance), a.normal(a.slope, mean, variance)
}

func (f *function) normal(g *formula.Expr, mean, variance float64) float64 {
	scale := math.Sqrt(variance)
	zs := []float64{0}
	for z := 0.25; z <= normalBound; z += max(0.25, math.Floor(z/8)) {
		zs = append(zs, -z, z)
	}
	zs = append(zs, -mean/scale)
	for x := 1.0 / 16; x <= near; x *= 2 { // for what f does about 0
		zs = append(zs, (-x-mean)/scale, (x-mean)/scale)
	}
	slices.Sort(zs)
	return f.normalMean(g, mean, scale, zs, gauss3, gauss5)
}

// The rules of Gauss and Legendre with 3 and 5 places, which are exact for polynomials of degree 5 and 9.
var (
	gauss3 = rule{{0.5 - math.Sqrt(0.15), 5.0 / 18}, {0.5, 4.0 / 9}, {0.5 + math.Sqrt(0.15), 5.0 / 18}}
	gauss5 = func() rule {
		inner, outer := math.Sqrt(5-2*math.Sqrt(10.0/7))/6, math.Sqrt(5+2*math.Sqrt(10.0/7))/6
		more, less := (322+13*math.Sqrt(70))/1800, (322-13*math.Sqrt(70))/1800
		return rule{
			{0.5 - outer, less}, {0.5 - inner, more}, {0.5, 64.0 / 225}, {0.5 + inner, more}, {0.5 + outer, less},
		}
	}()
)

const (
	farthest  = 1e12 // q beyond which lengths grow without bound, and below 1/farthest die out
	sameQ     = 1e-3 // growth of q from layer to layer that counts as none
	notFinite = "the mean square of f(z) is infinite"
)

// MeanField computes the theory for weights of variance σw²/fan_in and biases of variance σb².
func (a Activation) MeanField(weights, biases float64) MeanField {
	m := MeanField{
		Weights: number.Float(weights), Biases: number.Float(biases),
		FixedPoint: number.Float(math.NaN()), Slope: number.Float(math.NaN()), Chi: number.Float(math.NaN()),
	}
	length := func(q float64) float64 {
		return weights*a.normal(a.mean, 0, q) + biases
	}
	growth := func(q float64) float64 { return math.Log(length(q) / q) }
	q, d := 1.0, growth(1)
	switch square := a.normal(a.mean, 0, q); {
	case math.IsNaN(square):
		m.Note = "f(z) is not defined for every z"
		return m
	case math.IsInf(square, 1):
		m.Note = notFinite
		return m
	case math.IsInf(weights, 1):
		m.Note = "f is 0, which no weights make up for"
		return m
	case math.Abs(d) <= sameQ:
		m.Every = math.Abs(growth(0.1)) <= sameQ && math.Abs(growth(10)) <= sameQ
	default:
		if q = settle(growth, d); math.IsInf(q, 1) {
			m.Note = "the mean square of z grows from 1 without bound"
			return m
		}
	}
	at := max(q, 1/farthest)
	const h = 1e-3
	slope := (length(at*(1+h)) - length(at*(1-h))) / (2 * h * at)
	chi := weights * a.normal(a.slope, 0, at)
	m.FixedPoint, m.Slope, m.Chi = number.Float(q), number.Float(slope), number.Float(chi)
	switch {
	case math.Abs(slope) > 1+Edge:
		m.Note = "any other mean square moves away from it"
	case len(a.Properties().Jumps) > 0:
		m.Note = "χ says nothing of the jumps of f"
	}
	switch {
	case math.IsNaN(chi):
	case chi < 1-Edge:
		m.Phase = ordered
	case chi > 1+Edge:
		m.Phase = chaotic
	default:
		m.Phase = edge
	}
	return m
}

// String is the theory in words.
func (m MeanField) String() string {
	if m.Phase == "" {
		return "none: " + m.Note
	}
	text := fmt.Sprintf("q* = %.3g", m.FixedPoint)
	switch {
	case m.Every:
		text = "every q is kept"
	case m.FixedPoint == 0:
		text += ", the signal dies out"
	}
	text += fmt.Sprintf(", χ = %.3g, %s: gradients ", m.Chi, m.Phase) +
		map[string]string{ordered: "vanish", edge: "keep their size", chaotic: "explode"}[m.Phase]
	if m.Note != "" {
		text += "; " + m.Note
	}
	return text
}

// settle finds the first zero of growth, which is d at q = 1, in the direction to which q moves: +Inf or 0 if there
// is none.
func settle(growth func(q float64) float64, d float64) float64 {
	const step = 4
	low, high := 1.0, 1.0 // growth changes its sign between them
	for (growth(high) > 0) == (d > 0) {
		if d > 0 {
			low, high = high, high*step
		} else {
			low, high = high, high/step
		}
		switch {
		case high > farthest:
			return math.Inf(1)
		case high < 1/farthest:
			return 0
		}
	}
	for range 60 {
		middle := math.Sqrt(low * high)
		if math.Abs(math.Log(high/low)) < 1e-5 {
			break
		}
		if (growth(middle) > 0) == (d > 0) {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Sqrt(low * high)
}
