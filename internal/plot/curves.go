package plot

import (
	"math"
	"slices"
	"strconv"

	"actfn/internal/activations"
)

// Curves are activations over a range of x.
type Curves struct {
	Low, High float64
	curves    []curve
}

// curve is one function, sampled densely. Its breaks are where f or f′ jumps.
type curve struct {
	activations.Activation
	breaks []float64
	x      []float64 // NaN parts the pieces between breaks
	y      [panels][]float64
}

// The panels of a plot.
const (
	value = iota
	slope
	panels
)

var panelNames = [panels]string{"f(x)", "f′(x)"}

// NewCurves samples the functions from low to high, of which low is less.
func NewCurves(functions []activations.Activation, low, high float64) Curves {
	c := Curves{Low: low, High: high}
	for _, f := range functions {
		breaks := breaksOf(f)
		breaks = slices.DeleteFunc(breaks, func(b float64) bool { return b < low || b > high })
		x := pieces(low, high, breaks)
		k := curve{Activation: f, breaks: breaks, x: x}
		k.y = k.at(x)
		c.curves = append(c.curves, k)
	}
	return c
}

// at is f and f′. Where f is not defined f′ is not either, whatever its formula gives: that of log(x) is 1/x.
func (k curve) at(x []float64) (y [panels][]float64) {
	y[value], y[slope] = k.Eval(x)
	for i, v := range y[value] {
		if math.IsNaN(v) {
			y[slope][i] = math.NaN()
		}
	}
	return y
}

func breaksOf(f activations.Activation) []float64 {
	p := f.Properties()
	breaks := slices.Concat(p.Kinks, p.Jumps)
	slices.Sort(breaks)
	return slices.Compact(breaks)
}

// grid is n points from low to high, rounded to what one would type.
func grid(low, high float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		v := low + (high-low)*(float64(i)/float64(n-1))
		if math.Abs(v) < 1e-12*(high-low) {
			v = 0
		}
		x[i], _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	}
	return x
}

// density is the number of points of a curve: several for each dot of a picture's width.
const density = 4001

// pieces is a grid that comes close to each break from both sides, with NaN at it.
func pieces(low, high float64, breaks []float64) []float64 {
	near := (high - low) * 1e-9
	var x []float64
	for _, v := range grid(low, high, density) {
		for len(breaks) > 0 && breaks[0] <= v+near {
			x = append(x, breaks[0]-near, math.NaN(), breaks[0]+near)
			breaks = breaks[1:]
		}
		if n := len(x); n == 0 || v > x[n-1] {
			x = append(x, v)
		}
	}
	return slices.DeleteFunc(x, func(v float64) bool { return v < low || v > high })
}
