package gate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/statistics"
	"actfn/internal/wording"
)

// rounding is by how much a mean of fractions may miss the bound that it is equal to.
const rounding = 1e-12

// keepDiverged is what to do where runs that diverged are left out.
const keepDiverged = "lower the learning rate, or count what it came to with --diverged last"

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
		o := Outcome{Gate: g.Text}
		reasons := map[bool][]string{} // by whether the clause passed
		for _, c := range g.Clauses {
			status, reason := j.clause(c)
			o.Status = max(o.Status, status)
			reasons[status == Passed] = append(reasons[status == Passed], reason)
		}
		o.Reason = strings.Join(reasons[o.Status == Passed], "; ")
		outcomes = append(outcomes, o)
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

// clause judges a clause, with the reason.
func (j court) clause(c Clause) (Status, string) {
	judge := j.figure
	if c.isDifference() {
		judge = j.difference
	}
	status, reason, err := judge(c)
	if err != nil {
		return Undecidable, err.Error()
	}
	return status, reason
}

// difference judges a clause about a difference by its whole interval.
func (j court) difference(c Clause) (Status, string, error) {
	p, err := j.pairs(c)
	if err != nil {
		return 0, "", err
	}
	mean, half := j.interval(p.differences())
	low, high := mean-half, mean+half
	near := high
	if c.Above {
		near = low
	}
	if math.Abs(near-c.Bound) < rounding {
		near = c.Bound
	}
	show := func(v float64) string { return finer(v, c.Bound, 100, wording.Points) }
	reason := fmt.Sprintf("%s, %s %% CI %s to %s over %s, %s", wording.Apart(c.Activation, mean, p.against),
		wording.Confidence(j.alpha), show(low), show(high), wording.Counted(len(p.seeds), "seed"), c.rule(pointsBound(c.Bound)))
	if c.BaselineFile {
		reason += j.changes()
	}
	if len(p.excluded) > 0 {
		reason += fmt.Sprintf(" (left out, diverged: %s)", wording.Seeds(p.excluded))
	}
	return c.status(c.holds(near)), reason, nil
}

// interval is the t interval at 1−alpha of the mean of two paired differences or more (OverSample), as mean ± half.
// Accuracies are of so many images; the spread of their differences is taken to be at least one image, as in Compare,
// but for results that are the same at every seed, as those of a program that did not change: they differ by 0.
func (j court) interval(differences []float64) (mean, half float64) {
	sorted := slices.Sorted(slices.Values(differences)) // the order of the seeds decides nothing
	if sorted[0] == 0 && sorted[len(sorted)-1] == 0 {
		return 0, 0
	}
	e := statistics.OverSample(sorted, j.image())
	return e.Mean, e.HalfWidth(1 - j.alpha)
}

// image is the share of one test image, the least step of an accuracy.
func (j court) image() float64 { return 1 / float64(max(j.r.Data.Images, 1)) }

// pointsBound is a bound in points, with all the digits it was given.
func pointsBound(v float64) string {
	points := math.Round(1e12*v) / 1e10
	if math.Abs(math.Round(100*points)-100*points) < 1e-9 {
		return wording.Points(v)
	}
	return fmt.Sprintf("%+.10g", points)
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

// pairs are the values of two sides at the seeds that both have.
type pairs struct {
	seeds    []uint64
	a, b     []float64
	against  string   // what b is, in words
	excluded []uint64 // seeds at which one side diverged and has no value
}

func (p pairs) differences() []float64 {
	d := make([]float64, len(p.a))
	for i := range d {
		d[i] = p.a[i] - p.b[i]
	}
	return d
}

// pairs finds what a clause compares.
func (j court) pairs(c Clause) (pairs, error) {
	row, err := j.complete(c.Activation)
	if err != nil {
		return pairs{}, err
	}
	p, of := pairs{against: c.Against}, j.r
	var other compare.Row
	if c.BaselineFile {
		p.against = "the baseline file"
		if other, err = j.fromFile(c.Activation); err == nil {
			of = *j.baseline
		}
	} else {
		other, err = j.complete(c.Against)
	}
	if err != nil {
		return pairs{}, err
	}
	for i, seed := range j.r.Seeds {
		k := slices.Index(of.Seeds, seed)
		if k < 0 {
			continue
		}
		a, b := row.Values[i], other.Values[k]
		if a != nil && b != nil {
			p.seeds = append(p.seeds, seed)
			p.a, p.b = append(p.a, *a), append(p.b, *b)
		} else if slices.Contains(row.Diverged, seed) || slices.Contains(other.Diverged, seed) {
			p.excluded = append(p.excluded, seed)
		}
	}
	if len(p.seeds) >= 2 {
		return p, nil
	}
	cure := "run --seeds 5 or more"
	switch {
	case len(p.excluded) > 0:
		cure = fmt.Sprintf("at %s one side diverged and was left out: %s", wording.Seeds(p.excluded), keepDiverged)
	case c.BaselineFile:
		cure = fmt.Sprintf("run --seeds %s, those of the file", wording.SeedList(of.Seeds))
	}
	return pairs{}, fmt.Errorf("%s and %s have %s in common, want at least 2: %s",
		c.Activation, p.against, wording.Counted(len(p.seeds), "seed"), cure)
}

// fromFile returns an activation's row in the baseline file, if the file is of the same images and metric.
func (j court) fromFile(activation string) (compare.Row, error) {
	const renew = "make the file anew with --format json"
	b := j.baseline
	if b == nil {
		return compare.Row{}, errors.New("there is no baseline file: name one with --baseline-file")
	}
	row, ok := b.Row(activation)
	var err error
	switch {
	case b.Metric != j.r.Metric:
		err = fmt.Errorf("baseline file: metric is %s, want %s: %s", b.Metric, j.r.Metric, renew)
	case b.Data != j.r.Data:
		err = fmt.Errorf("baseline file: data is %s, want %s, that of this comparison: %s on these images",
			dataText(b.Data), dataText(j.r.Data), renew)
	case !ok:
		err = fmt.Errorf("baseline file: %s is not among its activations: %s", activation, renew)
	case row.N == 0:
		err = fmt.Errorf("baseline file: %s has no result there: %s", activation, renew)
	}
	return row, err
}

func dataText(d compare.Data) string {
	return fmt.Sprintf("%.12s of %d images and %d classes", d.Hash, d.Images, d.Classes)
}

// changes names the settings that differ from those of the baseline file.
func (j court) changes() string {
	now, before := settings(j.r), settings(*j.baseline)
	keys := maps.Clone(now)
	maps.Copy(keys, before)
	const absent = "absent"
	var differ []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if a, b := now[key], before[key]; a != b {
			differ = append(differ, fmt.Sprintf("%s is %s, was %s", key, cmp.Or(a, absent), cmp.Or(b, absent)))
		}
	}
	if len(differ) == 0 {
		return ""
	}
	return " (settings changed: " + strings.Join(differ, ", ") + ")"
}

// settings are the texts of a comparison's settings, by key.
func settings(r compare.Result) map[string]string {
	texts := map[string]string{}
	for key, v := range r.Setup.Config {
		b, err := json.Marshal(v)
		if err != nil {
			b = fmt.Append(nil, v)
		}
		texts[key] = string(b)
	}
	return texts
}
