package plot

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"actfn/internal/compare"
	"actfn/internal/wording"
)

// Comparison is a result to be drawn, its rows sorted by their difference to the baseline, the best first.
type Comparison struct {
	result compare.Result
	rows   []forestRow
	// low and high are the ends of the differences that are shown, in points.
	low, high float64
}

// forestRow is a row with what the pictures show of it: differences in points, accuracies in percent, times
// relative to the baseline's; NaN where there is none.
type forestRow struct {
	compare.Row
	look             int
	difference       float64
	low, high        float64 // the interval of the difference
	accuracy         float64
	accuracyInterval [2]float64
	time             float64
	verdict          string
}

// NewComparison takes a result that has rows. The baseline has the first colour, and the others follow in the order
// of their rows.
func NewComparison(r compare.Result) (Comparison, error) {
	if len(r.Rows) == 0 {
		return Comparison{}, fmt.Errorf("plot compare: number of activations is 0, want at least 1")
	}
	colors := Colors([]string{r.Baseline})
	c := Comparison{result: r}
	for _, row := range r.Rows {
		colors = colors.with(row.Activation)
	}
	for _, row := range r.Rows {
		f := forestRow{Row: row, look: colors[row.Activation], difference: math.NaN(), low: math.NaN(), high: math.NaN(),
			accuracy: percent(row.Mean), accuracyInterval: percents(row.CI), time: math.NaN()}
		switch {
		case row.Activation == r.Baseline:
			f.difference = 0
		case row.Difference != nil && row.Difference.N > 0:
			f.difference = finite(100 * row.Difference.Mean)
			ci := percents(row.Difference.CI)
			f.low, f.high = ci[0], ci[1]
		}
		if row.Step != nil && row.Step.Ratio != nil {
			f.time = finite(*row.Step.Ratio)
		}
		f.verdict = c.words(f)
		c.rows = append(c.rows, f)
	}
	slices.SortStableFunc(c.rows, func(a, b forestRow) int { return cmp.Compare(b.difference, a.difference) }) // NaN last
	c.low, c.high = c.limits()
	return c, nil
}

// percent is a share that may be absent, and percents an interval.
func percent(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return finite(100 * *v)
}

func percents(ci *[2]float64) [2]float64 {
	if ci == nil || math.IsNaN(finite(ci[0])) || math.IsNaN(finite(ci[1])) {
		return [2]float64{math.NaN(), math.NaN()}
	}
	return [2]float64{100 * ci[0], 100 * ci[1]}
}

// words are the verdict on a row, and what makes it doubtful.
func (c Comparison) words(f forestRow) string {
	var words []string
	switch {
	case f.Activation == c.result.Baseline:
		words = append(words, "baseline")
	case math.IsNaN(f.difference):
		words = append(words, "no value")
	case math.IsNaN(f.low) && f.Difference.N == 1:
		words = append(words, "one seed, no interval")
	case math.IsNaN(f.low):
		words = append(words, "no interval")
	default:
		words = append(words, string(f.Difference.Verdict))
	}
	switch chance := len(f.AtChance); {
	case chance > 0 && chance == f.N:
		words = append(words, "at chance")
	case chance > 0:
		words = append(words, fmt.Sprintf("%d of %d at chance", chance, f.N))
	}
	if len(f.Diverged) > 0 {
		words = append(words, fmt.Sprintf("%d diverged", len(f.Diverged)))
	}
	return strings.Join(words, ", ")
}

// figures is a difference with its interval, in points.
func (f forestRow) figures() string {
	switch {
	case f.Difference == nil || math.IsNaN(f.difference):
		return ""
	case math.IsNaN(f.low):
		return signed(f.difference)
	}
	return fmt.Sprintf("%s [%s, %s]", signed(f.difference), signed(f.low), signed(f.high))
}

// signed is a number of points with its sign.
func signed(v float64) string {
	text := strings.Replace(fmt.Sprintf("%+.2f", v), "-", "−", 1)
	if strings.Trim(text, "+−0.") == "" {
		return "0.00"
	}
	return text
}

// limits hold zero, the margin and the intervals, but leave out of sight how far a row reaches that is more
// than four times as far from zero as the middle one, as one that learnt nothing.
func (c Comparison) limits() (low, high float64) {
	rope := 100 * c.result.Rope
	low, high = -1.2*rope, 1.2*rope
	var reaches []float64
	for _, f := range c.rows {
		if f.Difference != nil && !math.IsNaN(f.difference) {
			_, reach := extent([]float64{math.Abs(f.difference), math.Abs(f.low), math.Abs(f.high)})
			reaches = append(reaches, reach)
		}
	}
	if len(reaches) > 0 {
		slices.Sort(reaches)
		most := max(4*reaches[(len(reaches)-1)/2], 2*rope)
		for _, f := range c.rows {
			if !(math.Abs(f.difference) <= most) {
				continue
			}
			l, h := extent([]float64{f.difference, f.low, f.high})
			low, high = min(low, max(l, -most)), max(high, min(h, most))
		}
	}
	if high-low < 1e-9 {
		low, high = low-1, high+1
	}
	margin := (high - low) / 20
	return low - margin, high + margin
}

// off reports that a row's difference is out of sight.
func (c Comparison) off(f forestRow) bool {
	return f.difference < c.low || f.difference > c.high
}

// timed are the numbers, from 0, of the rows that have an accuracy and a time; none if there is no time to
// compare.
func (c Comparison) timed() []int {
	var rows []int
	for i, f := range c.rows {
		if !math.IsNaN(f.time) && !math.IsNaN(f.accuracy) {
			rows = append(rows, i)
		}
	}
	if len(rows) < 2 {
		return nil
	}
	return rows
}

// mostNames is how many names there is room for beside points; of more rows the points have the rows' numbers.
const mostNames = 10

// numbered reports that rows and points have numbers.
func (c Comparison) numbered() bool { return len(c.timed()) > mostNames }

// about says of what the differences and intervals are.
func (c Comparison) about() string {
	over := "seeds"
	if c.result.Generalize == compare.OverSeedsAndImages {
		over = "seeds and images"
	}
	return fmt.Sprintf("difference to %s in points, simultaneous %.4g%% intervals over %s",
		wording.Printable(c.result.Baseline), 100*(1-c.result.Alpha), over)
}

// The sizes of a comparison's picture.
const (
	forestWidth  = vg.Length(230)
	scatterWidth = vg.Length(300)
	rowHeight    = vg.Length(20)
	longestName  = vg.Length(150)
	longestWords = vg.Length(180)
)

// Figure draws the differences with their intervals, and beside them, where times were taken, accuracy against the
// time of a training step: ● in its interval, ○ where there is no interval, an arrow to what is out of sight.
func (c Comparison) Figure() Figure {
	f := Figure{notes: []string{c.about()}, panels: []panel{c.forest()}, beside: true}
	if c.result.Rope > 0 {
		shaded := fmt.Sprintf("shaded: ±%.4g points, within which a difference does not matter", 100*c.result.Rope)
		f.notes = append(f.notes, shaded)
	}
	if timed := c.timed(); timed != nil {
		f.panels[0].size.Y = max(f.panels[0].size.Y, 200)
		f.panels = append(f.panels, c.scatter(timed))
		f.panels[1].size.Y = f.panels[0].size.Y
	}
	return f
}

// forest has a row for each activation, row i at the height −i.
func (c Comparison) forest() panel {
	n := len(c.rows)
	p := panel{
		x:    axis{name: "difference in accuracy, points", low: c.low, high: c.high},
		y:    axis{low: 0.5 - float64(n), high: 0.5, named: true, textSize: 10},
		size: vg.Point{X: forestWidth, Y: vg.Length(n) * rowHeight},
		rows: n,
	}
	if rope := 100 * c.result.Rope; rope > 0 {
		margin := place{x: -rope, y: p.y.low, x2: rope, y2: p.y.high}
		p.series = append(p.series, series{kind: boxes, colour: shadeGray, places: []place{margin}})
	}
	p.series = append(p.series, series{colour: black, size: 0.75, places: []place{{y: p.y.low}, {y: p.y.high}}})
	for i, row := range c.rows {
		name := narrowed(wording.Printable(row.Activation), longestName)
		if c.numbered() {
			name += fmt.Sprintf("  %d", i+1)
		}
		p.y.ticks = append(p.y.ticks, plot.Tick{Value: -float64(i), Label: name})
		p.right = append(p.right, []string{row.figures(), narrowed(row.verdict, longestWords)})
		p.series = append(p.series, c.forestRow(row, -float64(i))...)
	}
	return p
}

// forestRow is a row's interval and difference, with arrows in place of what is out of sight.
func (c Comparison) forestRow(row forestRow, y float64) []series {
	mark := func(x float64, shape draw.GlyphDrawer, mark string) series {
		at := []place{{x: x, y: y}}
		return series{kind: points, colour: colourOf(row.look), size: 4, shape: shape, mark: mark, places: at}
	}
	var all []series
	if !math.IsNaN(row.low) {
		all = append(all, series{kind: whiskers, colour: colourOf(row.look), size: 1.75,
			places: []place{{x: row.low, y: y, x2: row.high, y2: y}}})
	}
	if min(row.low, row.difference) < c.low {
		all = append(all, mark(c.low, toLeft, "◄"))
	}
	if max(row.high, row.difference) > c.high {
		all = append(all, mark(c.high, toRight, "►"))
	}
	switch {
	case c.off(row):
	case math.IsNaN(row.low):
		all = append(all, mark(row.difference, hollow{}, "○"))
	default:
		all = append(all, mark(row.difference, shapeOf(row.look), "●"))
	}
	return all
}

// scatter is accuracy against time. A row whose difference is out of sight at the left stands at the edge here too.
func (c Comparison) scatter(rows []int) panel {
	p := panel{
		x:           axis{name: "time of a training step, relative to the baseline"},
		y:           axis{name: "accuracy, %"},
		size:        vg.Point{X: scatterWidth},
		pictureOnly: true,
	}
	var inSight, times []float64
	var reaches [][2]float64
	for _, i := range rows {
		f := c.rows[i]
		times = append(times, f.time)
		if c.off(f) {
			continue
		}
		inSight = append(inSight, f.accuracy)
		if half := f.accuracyInterval[1] - f.accuracy; !math.IsNaN(half) {
			reaches = append(reaches, [2]float64{0, half})
		}
	}
	low, high := extent(inSight)
	if low > high {
		low, high = 0, 100
	}
	if len(reaches) > 0 {
		_, reach := shown(reaches)
		low, high = low-reach, high+reach
	}
	p.y.low, p.y.high = widened(low, high, 0.1)
	low, high = extent(times)
	p.x.low, p.x.high = widened(low, high, 0.15)
	for _, i := range rows {
		f := c.rows[i]
		if ci := f.accuracyInterval; !math.IsNaN(ci[0]) {
			p.series = append(p.series, series{kind: whiskers, colour: colourOf(f.look), size: 1.25,
				places: []place{{x: f.time, y: ci[0], x2: f.time, y2: ci[1]}}})
		}
	}
	for _, i := range rows {
		f := c.rows[i]
		at := place{x: f.time, y: f.accuracy, text: wording.Printable(f.Activation)}
		if c.numbered() {
			at.text = fmt.Sprint(i + 1)
		}
		s := series{kind: points, colour: colourOf(f.look), size: 3.5, shape: shapeOf(f.look)}
		if outside := f.accuracy < p.y.low; outside || f.accuracy > p.y.high {
			at.text += fmt.Sprintf(", %.2f%%", f.accuracy)
			s.shape = toAbove
			if outside {
				s.shape = toBelow
			}
		}
		s.places = []place{at}
		p.series = append(p.series, s)
	}
	return p
}
