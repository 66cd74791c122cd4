package gate

import (
	"errors"
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
	percent bool   // a fraction, shown in percent
	over    string // mean or median of the seeds that have an accuracy; "": not of these
	show    func(v float64) string
	// value is that of a row, which has an accuracy if the figure is over such seeds.
	value func(j court, row compare.Row) (float64, error)
	// interval is that of the value, which decides in its place; nil: there is none.
	interval func(row compare.Row) *[2]float64
	// spoil puts a regression into a row: a figure just beyond the bound of a clause, which it names.
	spoil func(j court, row compare.Row, c Clause) (spoilt compare.Row, what string)
}

// figures are all that there are: those of the whole run, the metrics of its last epoch, and the health in the epoch
// that was tested.
var figures = slices.Concat(ofRuns, ofEpochs(), ofHealth())

// Figures are their names.
func Figures() []string {
	var names []string
	for _, f := range figures {
		names = append(names, f.name)
	}
	return names
}

var ofRuns = []figure{
	{
		name: "accuracy", percent: true, over: mean, show: wording.Percent,
		value: func(_ court, row compare.Row) (float64, error) { return *row.Mean, nil },
		spoil: func(j court, row compare.Row, c Clause) (compare.Row, string) {
			fall := *row.Mean - c.Bound + j.image()
			row = changed(row, func(i int, v float64) float64 { return v - fall })
			return row, wording.Percent(*row.Mean) + " %"
		},
	},
	{
		name: "loss", over: mean, show: lossText,
		value: func(_ court, row compare.Row) (float64, error) { return float64(row.Loss), nil },
		spoil: func(_ court, row compare.Row, c Clause) (compare.Row, string) {
			row.Loss = number.Float(hundredth*c.Bound + 1e-6)
			return row, "a loss of " + lossText(float64(row.Loss))
		},
	},
	{
		name: "step_seconds", show: wording.Figure,
		value: func(j court, row compare.Row) (float64, error) {
			s, err := j.step(row)
			return s.Seconds, err
		},
		interval: func(row compare.Row) *[2]float64 { return row.Step.CI },
		spoil: func(_ court, row compare.Row, c Clause) (compare.Row, string) {
			v := hundredth*c.Bound + 1e-9
			row.Step = &compare.Step{Seconds: v, CI: &[2]float64{v, v}}
			return row, fmt.Sprintf("%.6g s", v)
		},
	},
	{
		name: "step_ratio", show: wording.Figure,
		value: func(j court, row compare.Row) (float64, error) {
			s, err := j.step(row)
			if err == nil && s.Ratio == nil {
				err = fmt.Errorf("%s has no step time in units of that of %s: its steps were timed beside another baseline's",
					row.Activation, j.r.Baseline)
			}
			if err != nil {
				return 0, err
			}
			return *s.Ratio, nil
		},
		interval: func(row compare.Row) *[2]float64 { return row.Step.RatioCI },
		spoil: func(_ court, row compare.Row, c Clause) (compare.Row, string) {
			v := c.beyond(false)
			row.Step = &compare.Step{Ratio: &v, RatioCI: &[2]float64{v, v}}
			return row, fmt.Sprintf("step_ratio %.6g", v)
		},
	},
	{
		name: "diverged", show: wording.Shortest,
		value: func(_ court, row compare.Row) (float64, error) { return float64(len(row.Diverged)), nil },
		spoil: func(j court, row compare.Row, _ Clause) (compare.Row, string) {
			row.Diverged = j.r.Seeds
			return row, "divergence at all of " + wording.Counted(len(j.r.Seeds), "seed")
		},
	},
}

// step is the time of a row's step.
func (j court) step(row compare.Row) (compare.Step, error) {
	if row.Step == nil {
		return compare.Step{}, fmt.Errorf("%s has no step time, want a comparison with --timing", row.Activation)
	}
	return *row.Step, nil
}

// byInterval is the status of a clause about a figure that lies somewhere in an interval: that of all of it, or undecidable.
func (c Clause) byInterval(ci [2]float64) Status {
	if c.holds(ci[0]) != c.holds(ci[1]) {
		return Undecidable
	}
	return c.status(c.holds(ci[0]))
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
			name: m.Name, percent: m.Unit == "%", over: mean, show: show,
			value: func(_ court, row compare.Row) (float64, error) {
				v, ok := row.Metrics[m.Name]
				if !ok {
					return 0, fmt.Errorf("%s has no %s, want cells that measured it", row.Activation, m)
				}
				return float64(v), nil
			},
			spoil: func(_ court, row compare.Row, c Clause) (compare.Row, string) {
				v := c.beyond(m.Unit == "%")
				row.Metrics = map[string]number.Float{m.Name: number.Float(v)} // all that the clause reads
				return row, fmt.Sprintf("%s %.6g", m.Name, v)
			},
		})
	}
	return all
}

// ofHealth are what the networks were found to be like in the epoch that was tested.
func ofHealth() []figure {
	var all []figure
	for _, f := range compare.HealthFigures {
		show, percent := wording.Figure, f.Unit == "%"
		if percent {
			show = wording.Percent
		}
		all = append(all, figure{
			name: f.Name, percent: percent, over: "median", show: show,
			value: func(j court, row compare.Row) (float64, error) {
				if gap := j.r.HealthGap(row, f); gap != "" {
					return 0, errors.New(gap)
				}
				return *row.Health[f.Name], nil
			},
			spoil: func(_ court, row compare.Row, c Clause) (compare.Row, string) {
				v := c.beyond(percent)
				row.Health = map[string]*float64{f.Name: &v} // all that the clause reads
				return row, fmt.Sprintf("%s %.6g", f, v)
			},
		})
	}
	return all
}

// mean says that a figure is the mean of the seeds'.
const mean = "mean"

// hundredth is by how much a regression that is put in is beyond the bound.
const hundredth = 1.01

// beyond is a figure that the clause must refuse, just beyond its bound. No figure is negative, and no share above 1.
func (c Clause) beyond(share bool) float64 {
	if c.Above != c.Regression {
		return max(0, c.Bound/hundredth-1e-6)
	}
	v := hundredth*c.Bound + 1e-6
	if share {
		return min(v, 1)
	}
	return v
}

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
	if row.N == 0 && f.over != "" {
		return 0, "", fmt.Errorf("%s diverged at every seed and was left out: %s", row.Activation, keepDiverged)
	}
	value, err := f.value(j, row)
	if err != nil {
		return 0, "", err
	}
	if f.percent && math.Abs(value-c.Bound) < rounding {
		value = c.Bound
	}
	text, bound := finer(value, c.Bound, 1, f.show), wording.Shortest(c.Bound)
	if f.percent {
		text = finer(value, c.Bound, 100, f.show) + " %"
		bound = wording.Shortest(math.Round(1e12*c.Bound)/1e10) + " %"
	}
	reason := fmt.Sprintf("%s.%s is %s", row.Activation, f.name, strings.TrimPrefix(text, "+"))
	var ci *[2]float64
	if f.interval != nil {
		if ci = f.interval(row); ci == nil {
			return 0, "", fmt.Errorf("%s.%s has no interval, want a comparison that was timed in several blocks", row.Activation, f.name)
		}
		reason += fmt.Sprintf(", 95 %% CI %s to %s", finer(ci[0], c.Bound, 1, f.show), finer(ci[1], c.Bound, 1, f.show))
	}
	if f.over != "" {
		reason += ", the " + f.over + " of " + wording.Counted(row.N, "seed")
	}
	reason += ", " + c.rule(bound)
	if ci != nil {
		return c.byInterval(*ci), reason, nil
	}
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
