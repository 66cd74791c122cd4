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
	"actfn/internal/statistics"
	"actfn/internal/wording"
)

// figure is a number of an activation that a gate can bound.
type figure struct {
	name    string
	percent bool   // a fraction, shown in percent
	over    string // mean or median of the seeds that have an accuracy; "": not of these
	show    func(v float64) string
	// value is that of a row, which has an accuracy if the figure is over such seeds.
	value func(e Evidence, row compare.Row) (float64, error)
	// interval, of a figure that is judged by one, is where its truth lies, nil where that is not known, in words too;
	// open is what would decide a clause that it leaves undecided.
	interval func(row compare.Row) (ci *[2]float64, words string)
	open     func(e Evidence, row compare.Row, c Clause) string
	// spoil puts a regression into a row: a figure just beyond the bound of a clause, which it names.
	spoil func(e Evidence, row compare.Row, c Clause) (spoilt compare.Row, what string)
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
		value: func(_ Evidence, row compare.Row) (float64, error) { return *row.Mean, nil },
		spoil: func(e Evidence, row compare.Row, c Clause) (compare.Row, string) {
			fall := *row.Mean - c.Bound + e.image()
			row = changed(row, func(i int, v float64) float64 { return v - fall })
			return row, wording.Percent(*row.Mean) + " %"
		},
	},
	{
		name: "loss", over: mean, show: lossText,
		value: func(_ Evidence, row compare.Row) (float64, error) { return float64(row.Loss), nil },
		spoil: func(_ Evidence, row compare.Row, c Clause) (compare.Row, string) {
			row.Loss = number.Float(hundredth*c.Bound + 1e-6)
			return row, "a loss of " + lossText(float64(row.Loss))
		},
	},
	{
		name: "step_seconds", show: wording.Figure,
		value: func(_ Evidence, row compare.Row) (float64, error) {
			if row.Step == nil || row.Step.CI == nil {
				return 0, fmt.Errorf("%s has no step time with an interval, want a comparison with --timing", row.Activation)
			}
			return row.Step.Seconds, nil
		},
		interval: func(row compare.Row) (*[2]float64, string) { return blocks(row.Step, row.Step.CI) },
		open:     func(Evidence, compare.Row, Clause) string { return quieter },
		spoil: func(_ Evidence, row compare.Row, c Clause) (compare.Row, string) {
			v := hundredth*c.Bound + 1e-9
			row.Step = &compare.Step{Seconds: v, CI: &[2]float64{v, v}}
			return row, fmt.Sprintf("%.6g s", v)
		},
	},
	{
		name: "step_ratio", show: wording.Figure,
		value: func(e Evidence, row compare.Row) (float64, error) {
			if row.Step == nil || row.Step.RatioCI == nil {
				return 0, fmt.Errorf("%s has no step time beside that of %s, want a comparison with --timing and this baseline",
					row.Activation, e.Result.Baseline)
			}
			return *row.Step.Ratio, nil
		},
		interval: func(row compare.Row) (*[2]float64, string) { return blocks(row.Step, row.Step.RatioCI) },
		open:     func(Evidence, compare.Row, Clause) string { return quieter },
		spoil: func(_ Evidence, row compare.Row, c Clause) (compare.Row, string) {
			v := c.beyond(false)
			row.Step = &compare.Step{Ratio: &v, RatioCI: &[2]float64{v, v}}
			return row, fmt.Sprintf("step_ratio %.6g", v)
		},
	},
	{
		name: "diverged", show: wording.Shortest,
		value: func(_ Evidence, row compare.Row) (float64, error) { return float64(len(row.Diverged)), nil },
		spoil: func(e Evidence, row compare.Row, _ Clause) (compare.Row, string) {
			row.Diverged = e.Result.Seeds
			return row, "divergence at all of " + wording.Counted(len(e.Result.Seeds), "seed")
		},
	},
	{
		name: "collapses", percent: true, show: wording.Percent,
		value: func(_ Evidence, row compare.Row) (float64, error) {
			if row.Collapses.Of == 0 {
				return 0, fmt.Errorf("%s has no run", row.Activation)
			}
			return float64(row.Collapses.N) / float64(row.Collapses.Of), nil
		},
		interval: func(row compare.Row) (*[2]float64, string) {
			c := row.Collapses
			return &[2]float64{*c.Low, *c.High}, fmt.Sprintf("%d of %s collapsed: of all runs %s to %s %% do", c.N,
				wording.Counted(c.Of, "run"), wording.Percent(*c.Low), wording.Percent(*c.High))
		},
		open: func(e Evidence, _ compare.Row, c Clause) string {
			if c.Above || c.Bound <= 0 {
				return ""
			}
			return fmt.Sprintf("%d runs without a collapse would hold it", statistics.TrialsWithoutHit(c.Bound, 1-e.Result.Alpha))
		},
		spoil: func(e Evidence, row compare.Row, _ Clause) (compare.Row, string) {
			n := len(e.Result.Seeds)
			row.Collapses = compare.Collapses{N: n, Of: n, Low: new(math.Pow(e.Result.Alpha, 1/float64(n))), High: new(1.0)}
			return row, "collapse at all of " + wording.Counted(n, "seed")
		},
	},
}

// quieter is what would narrow the interval of a time.
const quieter = "a quieter machine narrows it"

// blocks is an interval of a step's time, and in words.
func blocks(s *compare.Step, ci *[2]float64) (*[2]float64, string) {
	return new(*ci), fmt.Sprintf("95 %% CI %s to %s over %s", wording.Figure(ci[0]), wording.Figure(ci[1]), wording.Counted(s.Blocks, "block"))
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
			value: func(_ Evidence, row compare.Row) (float64, error) {
				v, ok := row.Metrics[m.Name]
				if !ok {
					return 0, fmt.Errorf("%s has no %s, want cells that measured it", row.Activation, m)
				}
				return float64(v), nil
			},
			spoil: func(_ Evidence, row compare.Row, c Clause) (compare.Row, string) {
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
			value: func(e Evidence, row compare.Row) (float64, error) {
				if gap := e.Result.HealthGap(row, f); gap != "" {
					return 0, errors.New(gap)
				}
				return *row.Health[f.Name], nil
			},
			spoil: func(_ Evidence, row compare.Row, c Clause) (compare.Row, string) {
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
func (e Evidence) figure(c Clause) (Status, string, error) {
	row, err := e.complete(c.Activation)
	if err != nil {
		return 0, "", err
	}
	f, _ := figureOf(c.Field)
	if row.N == 0 && f.over != "" {
		return 0, "", fmt.Errorf("%s diverged at every seed and was left out: %s", row.Activation, keepDiverged)
	}
	value, err := f.value(e, row)
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
	if f.over != "" && row.N == 1 {
		reason += " in the one run"
	} else if f.over != "" {
		reason += fmt.Sprintf(", the %s of these %d runs", f.over, row.N)
	}
	if math.IsNaN(value) {
		return Failed, reason + ", " + c.rule(bound, false), nil
	}
	if f.interval == nil {
		return c.status(c.holds(value)), reason + ", " + c.rule(bound, false), nil
	}
	ci, words := f.interval(row)
	status := c.within(ci)
	reason += ", " + words + ", " + c.rule(bound, true)
	if status == Undecided {
		reason += ", and it is on both sides"
		if open := f.open(e, row, c); open != "" {
			reason += ": " + open
		}
	}
	return status, reason, nil
}

// finer is a figure in the form that show gives it or, where that makes it look like a bound it is not, with more
// digits, scale times what it is.
func finer(v, bound, scale float64, show func(float64) string) string {
	if v != bound && show(v) == show(bound) {
		return fmt.Sprintf("%+.9g", scale*v)
	}
	return show(v)
}
