package plot

import (
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strconv"

	"actfn/internal/activations"
	"actfn/internal/number"
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
	y      [2][]float64
}

// What is drawn of a function.
const (
	value = iota
	slope
)

// NewCurves samples the functions from low to high, of which low is less.
func NewCurves(functions []activations.Activation, low, high float64) Curves {
	c := Curves{Low: low, High: high}
	for _, f := range functions {
		breaks := breaksOf(f)
		breaks = slices.DeleteFunc(breaks, func(b float64) bool { return b < low || b > high })
		k := curve{Activation: f, breaks: breaks, x: pieces(low, high, breaks)}
		k.y = k.at(k.x)
		c.curves = append(c.curves, k)
	}
	return c
}

// at is f and f′. Where f is not defined f′ is not either, whatever its formula gives: that of log(x) is 1/x.
func (k curve) at(x []float64) (y [2][]float64) {
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

// density is the number of points of a curve: more than a picture has dots across.
const density = 2001

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

// Figure draws f above f′, with the values at kinks and jumps.
func (c Curves) Figure() Figure {
	var f Figure
	for which, name := range []string{value: "f(x)", slope: "f′(x)"} {
		low, high := c.limits(which)
		margin := (high - low) / 20
		p := panel{x: axis{name: "x", low: c.Low, high: c.High}, y: axis{name: name, low: low - margin, high: high + margin}}
		for i, k := range c.curves {
			p.series = append(p.series, c.style(i, k.places(which, low, high)))
		}
		for i, k := range c.curves {
			p.series = append(p.series, breakMarks(colourOf(i), k.marks(which, p.y)))
		}
		f.panels = append(f.panels, p)
	}
	broken := false
	for i, k := range c.curves {
		f.legend = append(f.legend, entry{k.String(), []series{c.style(i, nil)}})
		broken = broken || len(k.breaks) > 0
	}
	if broken {
		f.legend = append(f.legend, entry{"value at a kink or jump", []series{breakMarks(zeroGray, nil)}})
	}
	return f
}

func (c Curves) style(i int, places []place) series {
	return series{places: places, colour: colourOf(i), size: 1.5, dashes: dashesOf(i), mark: letterOf(i, len(c.curves))}
}

func breakMarks(c colour, places []place) series {
	return series{kind: points, places: places, colour: c, size: 2.5, shape: disc, mark: "●"}
}

// places are a curve with a gap where it has no finite value, and where it leaves the panel at one edge to come
// back at the other, as at a pole.
func (k curve) places(which int, low, high float64) []place {
	var all []place
	last := math.NaN()
	for i, x := range k.x {
		y := k.y[which][i]
		if y > high && last < low || y < low && last > high {
			all = append(all, place{y: math.NaN()})
		}
		if math.IsInf(y, 0) {
			y = math.NaN()
		}
		all = append(all, place{x: x, y: y})
		last = y
	}
	return all
}

// marks are the values at the breaks that are in sight.
func (k curve) marks(which int, in axis) []place {
	var all []place
	for i, y := range k.at(k.breaks)[which] {
		if y >= in.low && y <= in.high {
			all = append(all, place{x: k.breaks[i], y: y})
		}
	}
	return all
}

// rows is the number of rows of a function in a table: steps of a fortieth from −5 to 5.
const rows = 401

// WriteCSV writes x, f(x) and f′(x) of each function, one below the other. What is not finite is NaN,
// Infinity or -Infinity.
func (c Curves) WriteCSV(w io.Writer) error {
	table := csv.NewWriter(w)
	_ = table.Write([]string{"activation", "x", "y", "dydx"}) // an error is kept for the end
	x := grid(c.Low, c.High, rows)
	for _, k := range c.curves {
		y := k.at(x)
		for i := range x {
			row := []string{k.String()}
			for _, v := range []float64{x[i], y[value][i], y[slope][i]} {
				row = append(row, number.Float(v).String())
			}
			_ = table.Write(row)
		}
	}
	table.Flush()
	return table.Error()
}
