package plot

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Figure describes a picture: what it shows, not how it is drawn.
type Figure struct {
	notes  []string // lines of text above everything else
	legend []entry
	panels []panel
	beside bool // in a picture, the panels are side by side, not below each other
	below  bool // in a terminal, the panels are below each other, however wide it is
	// table is what a terminal shows instead of the panels, if it is not nil.
	table func(width int, paint painter) []string
}

// panel is a pair of axes and the series between them, each drawn over those before it.
type panel struct {
	title  string
	x, y   axis
	series []series
	size   vg.Point   // of the part between the axes in a picture; 0 is the usual size
	rows   int        // lines of that part in a terminal; 0 is the usual number
	right  [][]string // texts at the right, in columns; those of row i stand at the height −i
	// pictureOnly is a panel that a terminal leaves out.
	pictureOnly bool
}

// axis is the range that a panel shows of one coordinate.
type axis struct {
	name      string
	low, high float64
	log       bool        // what stands at a place is ten to the power of it
	ticks     []plot.Tick // nil: round numbers
	// named is an axis of things, not of numbers: it has no line, no grid and no zero.
	named    bool
	textSize vg.Length // of the ticks; 0 is the usual size
}

// kind is how a series shows its places.
type kind int

const (
	line     kind = iota // joined in their order; a NaN makes a gap, and what stands alone is a dot
	band                 // filled between y and y2, with gaps as in a line
	boxes                // filled rectangles from (x, y) to (x2, y2)
	whiskers             // strokes from (x, y) to (x2, y2), each with a foot at the ends that are in sight
	points               // marks; one out of sight stands at the edge, one with a NaN is left out
	words                // texts around the places
)

// place is one element of a series.
type place struct {
	x, y, x2, y2 float64
	text         string // of words, and beside points
}

// known reports that a place has no NaN.
func (p place) known() bool {
	return !math.IsNaN(p.x) && !math.IsNaN(p.y) && !math.IsNaN(p.x2) && !math.IsNaN(p.y2)
}

// series is what is drawn in one style.
type series struct {
	kind
	places []place
	colour colour
	// alpha is the opacity in a picture; 0 is opaque, too. A terminal leaves out what is not opaque.
	alpha  float64
	size   vg.Length   // the width of lines, the radius of points, the size of words
	dashes []vg.Length // a terminal draws any as dots
	shape  draw.GlyphDrawer
	// mark is a character for a terminal: it replaces each of points, which are left out without one, and stands
	// once upon a line.
	mark string
}

// entry explains series in the legend.
type entry struct {
	text    string
	samples []series // drawn one over the other
}

// sample is a series in the style of s for the legend, where both axes go from 0 to 1.
func (s series) sample() series {
	at := map[kind]place{
		line:     {x2: 1, y: 0.5, y2: 0.5},
		band:     {x2: 1, y: 0, y2: 1},
		boxes:    {x2: 1, y: 0, y2: 1},
		whiskers: {x: 0.5, x2: 0.5, y: 0, y2: 1},
		points:   {x: 0.5, y: 0.5},
	}[s.kind]
	s.places = []place{at}
	if s.kind == line || s.kind == band {
		s.places = append(s.places, place{x: at.x2, y: at.y, y2: at.y2})
	}
	return s
}

// pieces are the places between gaps.
func (s series) pieces() [][]place {
	var all [][]place
	start := 0
	for i, at := range s.places {
		if !at.known() {
			all = append(all, s.places[start:i])
			start = i + 1
		}
	}
	return append(all, s.places[start:])
}

// marks are the axis's ticks.
func (a axis) marks() []plot.Tick {
	switch {
	case a.ticks != nil:
		return a.ticks
	case a.log:
		return powers(a.low, a.high)
	}
	return ticks(a.low, a.high)
}

// hasZero reports that 0 is within the axis, not at its end.
func (a axis) hasZero() bool { return !a.named && !a.log && a.low < 0 && a.high > 0 }

// ticks are multiples of 1, 2 or 5 times a power of ten, between four and ten of them, each with its number.
func ticks(low, high float64) []plot.Tick {
	power := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	step := power
	for _, factor := range []float64{2, 5} {
		if factor*power <= (high-low)/4 {
			step = factor * power
		}
	}
	var marks []plot.Tick
	for n := math.Ceil(low / step); n*step <= high; n++ {
		text := strconv.FormatFloat(n*step, 'g', 6, 64) // n·step may be off in the last place
		if n == 0 {
			text = "0"
		}
		marks = append(marks, plot.Tick{Value: n * step, Label: minus(text)})
	}
	return marks
}

// powers are ten to the powers from low to high, as many as ticks would be or, within three of them, 2 and 5 times them
// too.
func powers(low, high float64) []plot.Tick {
	every, factors := max(1, math.Ceil((high-low)/8)), []float64{1}
	if high-low < 3 {
		factors = []float64{1, 2, 5}
	}
	var marks []plot.Tick
	for n := math.Ceil(math.Floor(low)/every) * every; n <= high; n += every {
		for _, factor := range factors {
			if at := n + math.Log10(factor); at >= low && at <= high {
				marks = append(marks, plot.Tick{Value: at, Label: short(strconv.FormatFloat(math.Pow(10, n)*factor, 'g', 4, 64))})
			}
		}
	}
	if len(marks) < 2 {
		marks = ticks(math.Pow(10, low), math.Pow(10, high))
		for i, m := range marks {
			marks[i] = plot.Tick{Value: math.Log10(m.Value), Label: short(strconv.FormatFloat(m.Value, 'g', 6, 64))}
		}
	}
	return marks
}

// minus is the text of a number with the sign of mathematics.
func minus(text string) string { return strings.ReplaceAll(text, "-", "−") }

// short is the text of a number with few characters: 2.9e−5 for 2.9e-05, 2.9e−4 for 0.00029.
func short(text string) string {
	if v, _ := strconv.ParseFloat(text, 64); v != 0 && math.Abs(v) < 0.001 {
		text = strconv.FormatFloat(v, 'e', -1, 64)
	}
	return minus(strings.NewReplacer("e-0", "e-", "e+0", "e", "e+", "e").Replace(text))
}
