package plot

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

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

// NewComparison takes a result that has rows. Colours that the scheme does not have, or all with nil, are those
// of ColorsOf.
func NewComparison(r compare.Result, colors Scheme) (Comparison, error) {
	if len(r.Rows) == 0 {
		return Comparison{}, fmt.Errorf("plot compare: number of activations is 0, want at least 1")
	}
	if colors == nil {
		colors = ColorsOf(r)
	}
	c := Comparison{result: r}
	seconds := math.NaN()
	for _, row := range r.Rows {
		colors = colors.with(row.Activation)
		if row.Activation == r.Baseline && row.StepSeconds != nil && *row.StepSeconds > 0 {
			seconds = *row.StepSeconds
		}
	}
	for _, row := range r.Rows {
		f := forestRow{Row: row, look: colors[row.Activation], difference: math.NaN(), low: math.NaN(), high: math.NaN(),
			accuracy: percent(row.Mean), accuracyInterval: interval(row.CI, 100), time: math.NaN()}
		switch {
		case row.Activation == r.Baseline:
			f.difference = 0
		case row.Difference != nil && row.Difference.N > 0:
			f.difference = finite(100 * row.Difference.Mean)
			ci := interval(row.Difference.CI, 100)
			f.low, f.high = ci[0], ci[1]
		}
		if row.StepSeconds != nil {
			f.time = finite(*row.StepSeconds / seconds)
		}
		f.verdict = c.words(f)
		c.rows = append(c.rows, f)
	}
	slices.SortStableFunc(c.rows, func(a, b forestRow) int { return cmp.Compare(b.difference, a.difference) }) // NaN last
	c.low, c.high = c.limits()
	return c, nil
}

// percent is a share that may not be there.
func percent(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return finite(100 * *v)
}

// interval is one that may not be there, times a factor.
func interval(ci *[2]float64, factor float64) [2]float64 {
	if ci == nil || math.IsNaN(finite(ci[0])) || math.IsNaN(finite(ci[1])) {
		return [2]float64{math.NaN(), math.NaN()}
	}
	return [2]float64{factor * ci[0], factor * ci[1]}
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
