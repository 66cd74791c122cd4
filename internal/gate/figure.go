package gate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/wording"
)

// figure is a number of an activation that a gate can bound.
type figure struct {
	name    string
	percent bool                                   // a fraction, shown in percent
	mean    bool                                   // over seeds
	value   func(compare.Row) (v float64, ok bool) // false where there is none
	show    func(v float64) string
	// missing is why a row that has accuracies has no value.
	missing string
	// spoil puts a regression into a row: a figure just beyond the bound of a clause, which it names.
	spoil func(j court, row compare.Row, c Clause) (spoilt compare.Row, what string)
}

// figures are all that there are: those of the whole run, then the metrics of its last epoch.
var figures = slices.Concat(ofRuns, ofEpochs())

var ofRuns = []figure{
	{
		name: "accuracy", percent: true, mean: true, show: wording.Percent,
		value: func(row compare.Row) (float64, bool) {
			if row.Mean == nil {
				return 0, false
			}
			return *row.Mean, true
		},
		spoil: func(j court, row compare.Row, c Clause) (compare.Row, string) {
			fall := *row.Mean - c.Bound + j.image()
			row = changed(row, func(i int, v float64) float64 { return v - fall })
			return row, wording.Percent(*row.Mean) + " %"
		},
	},
	{
		name: "loss", mean: true, show: lossText,
		value: func(row compare.Row) (float64, bool) { return float64(row.Loss), row.N > 0 },
		spoil: func(_ court, row compare.Row, c Clause) (compare.Row, string) {
			row.Loss = number.Float(hundredth*c.Bound + 1e-6)
			return row, "a loss of " + lossText(float64(row.Loss))
		},
	},
	{
		name: "step_seconds", show: wording.Shortest, missing: "has no step time, want a comparison with times",
		value: func(row compare.Row) (float64, bool) {
			if row.StepSeconds == nil {
				return 0, false
			}
			return *row.StepSeconds, true
		},
		spoil: func(_ court, row compare.Row, c Clause) (compare.Row, string) {
			row.StepSeconds = new(hundredth*c.Bound + 1e-9)
			return row, fmt.Sprintf("%.6g s", *row.StepSeconds)
		},
	},
	{
		name: "diverged", show: wording.Shortest,
		value: func(row compare.Row) (float64, bool) { return float64(len(row.Diverged)), true },
		spoil: func(j court, row compare.Row, _ Clause) (compare.Row, string) {
			row.Diverged = j.r.Seeds
			return row, "divergence at all of " + wording.Counted(len(j.r.Seeds), "seed")
		},
	},
}

// ofEpochs are the metrics of the last epoch that a comparison has.
func ofEpochs() []figure {
	var all []figure
	for _, m := range record.Metrics {
		if m.Timing {
			continue
		}
		show := wording.Figure
		if m.Unit == "%" {
			show = wording.Percent
		}
		all = append(all, figure{
			name: m.Name, percent: m.Unit == "%", mean: true, show: show, missing: "has no " + m.Name + ", want cells that measured it",
			value: func(row compare.Row) (float64, bool) {
				v, ok := row.Metrics[m.Name]
				return float64(v), ok
			},
			spoil: func(_ court, row compare.Row, c Clause) (compare.Row, string) {
				v := hundredth*c.Bound + 1e-6
				if c.Above {
					v = c.Bound/hundredth - 1e-6
				}
				row.Metrics = map[string]number.Float{m.Name: number.Float(v)} // all that the clause reads
				return row, fmt.Sprintf("%s %.6g", m.Name, v)
			},
		})
	}
	return all
}

// hundredth is by how much a regression that is put in is beyond the bound.
const hundredth = 1.01

// figureOf is the figure with a name.
func figureOf(name string) (figure, bool) {
	for _, f := range figures {
		if f.name == name {
			return f, true
		}
	}
	return figure{}, false
}

// lossText is a loss with four decimals, or the word for one that is not finite.
func lossText(v float64) string {
	if !number.Finite(v) {
		return number.Float(v).String()
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

// figure judges a clause about one activation's own figure. One that is NaN is within no bound: it fails.
func (j court) figure(c Clause) (Status, string, error) {
	row, err := j.complete(c.Activation)
	if err != nil {
		return 0, "", err
	}
	f, _ := figureOf(c.Field)
	value, ok := f.value(row)
	switch {
	case !ok && row.N > 0:
		return 0, "", fmt.Errorf("%s %s", row.Activation, f.missing)
	case !ok:
		return 0, "", fmt.Errorf("%s diverged at every seed and was left out: %s", row.Activation, keepDiverged)
	case f.percent && math.Abs(value-c.Bound) < rounding:
		value = c.Bound
	}
	text, bound := finer(value, c.Bound, 1, f.show), wording.Shortest(c.Bound)
	if f.percent {
		text = finer(value, c.Bound, 100, f.show) + " %"
		bound = wording.Shortest(math.Round(1e12*c.Bound)/1e10) + " %"
	}
	reason := fmt.Sprintf("%s.%s is %s", row.Activation, f.name, strings.TrimPrefix(text, "+"))
	if f.mean {
		reason += ", the mean of " + wording.Counted(row.N, "seed")
	}
	reason += ", " + c.rule(bound)
	if math.IsNaN(value) {
		return Failed, reason, nil
	}
	return c.status(c.holds(value)), reason, nil
}

// finer is a figure in the form that show gives it or, where that makes it look like a bound it is not, with more
// digits, scale times what it is.
func finer(v, bound, scale float64, show func(float64) string) string {
	if v != bound && show(v) == show(bound) {
		return fmt.Sprintf("%+.9g", scale*v)
	}
	return show(v)
}
