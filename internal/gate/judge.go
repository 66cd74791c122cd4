package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/number"
	"actfn/internal/wording"
)

// rounding is by how much a mean of fractions may miss the bound that it is equal to.
const rounding = 1e-12

// Judge decides gates by a comparison and, where they ask for it, by the one in a baseline file (nil without one).
//
// A difference is that of two accuracies at the same seed, over the seeds that both sides have. Its interval is
// Student's at 1−alpha/k, two-sided, for the k clauses of all gates that are about a difference (Bonferroni's
// inequality: with probability 1−alpha no interval misses). It is over seeds, on these test images, whatever
// r.Generalize says: a gate asks whether the program changed, not whether other images would say the same.
//
// Undecidable are a clause whose activation or cells are missing, a difference over fewer than two seeds, and one
// to a baseline file of other images or another metric. Another configuration is among the changes that a gate
// is there to judge: it is decided, and the reason says what differs.
func Judge(gates []Gate, r compare.Result, baseline *compare.Result) []Outcome {
	j := newCourt(gates, r, baseline)
	var outcomes []Outcome
	for _, g := range gates {
		var clauses []ClauseOutcome
		for _, c := range g.Clauses {
			clauses = append(clauses, j.clause(c))
		}
		outcomes = append(outcomes, joined(g.Text, clauses))
	}
	return outcomes
}

// court is what clauses are judged by.
type court struct {
	r        compare.Result
	baseline *compare.Result
	alpha    float64 // of one interval
}

func newCourt(gates []Gate, r compare.Result, baseline *compare.Result) court {
	k := 0
	for _, g := range gates {
		for _, c := range g.Clauses {
			if c.isDifference() {
				k++
			}
		}
	}
	return court{r, baseline, r.Alpha / float64(max(k, 1))}
}

func (j court) clause(c Clause) ClauseOutcome {
	status, reason, err := Undecidable, "", error(nil)
	if c.isDifference() {
		status, reason, err = j.difference(c)
	} else {
		status, reason, err = j.figure(c)
	}
	if err != nil {
		status, reason = Undecidable, err.Error()
	}
	return ClauseOutcome{c.Text, status, reason}
}

// verdictOf is the status of a clause that holds or does not.
func verdictOf(c Clause, holds bool) Status {
	if holds == c.Regression {
		return Failed
	}
	return Passed
}

// figure judges a clause about one activation's own figure. One that is NaN is within no bound: it fails.
func (j court) figure(c Clause) (Status, string, error) {
	row, err := j.complete(c.Activation)
	if err != nil {
		return 0, "", err
	}
	value, text := 0.0, ""
	switch c.Field {
	case "accuracy":
		if row.Mean == nil {
			return 0, "", j.excluded(row)
		}
		if value = *row.Mean; math.Abs(value-c.Bound) < rounding {
			value = c.Bound
		}
		text = strings.TrimPrefix(finer(value, c.Bound, 100, wording.Percent), "+") + " %"
	case "loss":
		if row.N == 0 {
			return 0, "", j.excluded(row)
		}
		value = float64(row.Loss)
		text = strings.TrimPrefix(finer(value, c.Bound, 1, lossText), "+")
	case "step_seconds":
		if row.StepSeconds == nil {
			return 0, "", fmt.Errorf("%s has no step time, want a comparison with times", row.Activation)
		}
		value = *row.StepSeconds
		text = wording.Shortest(value)
	case "diverged":
		value = float64(len(row.Diverged))
		text = wording.Shortest(value)
	}
	reason := fmt.Sprintf("%s.%s is %s", row.Activation, c.Field, text)
	if c.Field == "accuracy" || c.Field == "loss" {
		reason += ", the mean of " + wording.Counted(row.N, "seed")
	}
	reason += ", " + wanted(c, boundText(c))
	if math.IsNaN(value) {
		return Failed, reason, nil
	}
	return verdictOf(c, c.holds(value)), reason, nil
}

// difference judges a clause about a difference by its whole interval.
func (j court) difference(c Clause) (Status, string, error) {
	pairs, err := j.pairs(c)
	if err != nil {
		return 0, "", err
	}
	p := pairedT(pairs.differences(), j.r.Data.Images, j.alpha)
	near := p.low()
	if !c.Above {
		near = p.high()
	}
	if math.Abs(near-c.Bound) < rounding {
		near = c.Bound
	}
	show := func(v float64) string { return finer(v, c.Bound, 100, wording.Points) }
	reason := fmt.Sprintf("%s is %s points off %s, %s %% CI %s to %s over %s, %s", c.Activation, wording.Points(p.mean),
		pairs.against, wording.Confidence(j.alpha), show(p.low()), show(p.high()), wording.Counted(p.n, "seed"), wanted(c, "all of it "+c.operator()+" "+pointsBound(c.Bound)))
	if c.BaselineFile {
		reason += j.changes()
	}
	if len(pairs.excluded) > 0 {
		reason += fmt.Sprintf(" (left out, diverged: %s)", wording.Seeds(pairs.excluded))
	}
	return verdictOf(c, c.holds(near)), reason, nil
}

// wanted is the rule of a clause.
func wanted(c Clause, rule string) string {
	if c.Regression {
		return "a regression if " + rule
	}
	return "want " + rule
}

// pointsBound is a bound in points, with all the digits it was given.
func pointsBound(v float64) string {
	points := math.Round(1e12*v) / 1e10
	if math.Abs(math.Round(100*points)-100*points) < 1e-9 {
		return wording.Points(v)
	}
	return fmt.Sprintf("%+.10g", points)
}

func boundText(c Clause) string {
	if c.Field == "accuracy" {
		return c.operator() + " " + wording.Shortest(math.Round(1e12*c.Bound)/1e10) + " %"
	}
	return c.operator() + " " + wording.Shortest(c.Bound)
}

// finer is a figure in the form that show gives it or, where that makes it look like a bound it is not, with more
// digits, scale times what it is.
func finer(v, bound, scale float64, show func(float64) string) string {
	if v != bound && show(v) == show(bound) {
		return fmt.Sprintf("%+.9g", scale*v)
	}
	return show(v)
}

// complete returns the row of an activation, if none of its cells is missing.
func (j court) complete(activation string) (compare.Row, error) {
	row, ok := j.r.Row(activation)
	if !ok {
		return compare.Row{}, fmt.Errorf("%s is not among the activations of the comparison: add it to --activations", activation)
	}
	if gap := j.r.Gap(row); gap != "" {
		return compare.Row{}, errors.New(gap)
	}
	return row, nil
}

func (j court) excluded(row compare.Row) error {
	return fmt.Errorf("%s diverged at every seed and was left out: lower the learning rate, or count what it came to with --diverged last", row.Activation)
}

// changes names the settings that differ from those of the baseline file.
func (j court) changes() string {
	var differ []string
	mine, theirs := j.r.Setup.Config, j.baseline.Setup.Config
	keys := map[string]bool{}
	for key := range mine {
		keys[key] = true
	}
	for key := range theirs {
		keys[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if a, b := settingText(mine, key), settingText(theirs, key); a != b {
			differ = append(differ, fmt.Sprintf("%s is %s, was %s", key, a, b))
		}
	}
	if len(differ) == 0 {
		return ""
	}
	return " (settings changed: " + strings.Join(differ, ", ") + ")"
}

// lossText is a loss with four decimals, or the word for one that is not finite.
func lossText(v float64) string {
	if !number.Finite(v) {
		return number.Float(v).String()
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

func settingText(config map[string]any, key string) string {
	v, there := config[key]
	if !there {
		return "absent"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
