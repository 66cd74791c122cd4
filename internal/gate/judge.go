package gate

import (
	"cmp"
	"errors"
	"fmt"
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

// Evidence is what gates are judged by.
type Evidence struct {
	Result   compare.Result
	Baseline *compare.Result // that of a baseline file; nil without one
	// AllowDifferent are the keys of compare.Setup.Changes in which the baseline file may differ.
	AllowDifferent []string
	// UndecidedPass makes a gate pass that is undecided, not one that is undecidable.
	UndecidedPass bool
}

// leastSeeds is the number of common seeds from which a difference is judged: with two, the interval is of no use.
const leastSeeds = 3

// Judge decides gates.
//
// A difference is that of two accuracies at the same seed, over the seeds that both sides have, and is judged by its
// whole interval: the clause holds if all of it is on the right side of the bound, does not hold if all of it is on the
// wrong one, and else is undecided. Between a row and the comparison's baseline it is the interval of the table, whose
// confidence is that of all rows together. Another difference has an interval of the same confidence, over seeds, on
// these test images; no gate widens the interval of another. An activation that is at chance at all of these seeds
// fails: it has learnt nothing that could be compared.
//
// Undecidable are a clause whose activation or cells are missing, a difference over fewer than three seeds, and one
// to a baseline file of other images, another metric, a seed that this comparison lacks, or another setup, but for
// what Evidence.AllowDifferent names.
func Judge(gates []Gate, e Evidence) []Outcome {
	var outcomes []Outcome
	for _, g := range gates {
		o := Outcome{Gate: g.Text}
		reasons := map[bool][]string{} // by whether the clause passed
		for _, c := range g.Clauses {
			status, reason := e.clause(c)
			o.Status = max(o.Status, status)
			reasons[status == Passed] = append(reasons[status == Passed], reason)
		}
		o.Reason = strings.Join(reasons[o.Status == Passed], "; ")
		if o.Status == Undecided && e.UndecidedPass {
			o.Status, o.Reason = Passed, "undecided, which counts as passed: "+o.Reason
		}
		outcomes = append(outcomes, o)
	}
	return outcomes
}

// clause judges a clause, with the reason.
func (e Evidence) clause(c Clause) (Status, string) {
	judge := e.figure
	if c.isDifference() {
		judge = e.difference
	}
	status, reason, err := judge(c)
	if err != nil {
		return Undecidable, err.Error()
	}
	return status, reason
}

// difference judges a clause about a difference.
func (e Evidence) difference(c Clause) (Status, string, error) {
	p, err := e.pairs(c)
	if err != nil {
		return 0, "", err
	}
	if p.chance {
		return Failed, fmt.Sprintf("%s is at chance at all of %s: it has learnt nothing", c.Activation,
			wording.Counted(len(p.seeds), "common seed")), nil
	}
	mean, ci := e.interval(p)
	show := func(v float64) string { return finer(v, c.Bound, 100, wording.Points) }
	status := c.within(&ci)
	reason := fmt.Sprintf("%s, %s %% CI %s to %s over %s, %s", wording.Apart(c.Activation, mean, p.against),
		wording.Confidence(1-p.level), show(ci[0]), show(ci[1]),
		wording.Counted(len(p.seeds), "seed"), c.rule(pointsBound(c.Bound), true))
	if status == Undecided {
		reason += ", and it is on both sides: more seeds narrow it"
	}
	return status, reason + p.remark, nil
}

// within judges a clause by where the truth lies. An end that differs from the bound by rounding is equal to it.
func (c Clause) within(ci *[2]float64) Status {
	for i, end := range ci {
		if math.Abs(end-c.Bound) < rounding {
			ci[i] = c.Bound
		}
	}
	if low := c.holds(ci[0]); low == c.holds(ci[1]) {
		return c.status(low)
	}
	return Undecided
}

// interval is the mean of paired differences and its interval, as in compare.Compare.
func (e Evidence) interval(p pairs) (mean float64, ci [2]float64) {
	sorted := slices.Sorted(slices.Values(p.differences())) // the order of the seeds decides nothing
	estimate := statistics.OverSample(sorted, e.image())
	if p.identical {
		return 0, ci
	}
	if p.imageVariance > 0 {
		images := e.Result.Data.Images
		estimate = statistics.OverSeedsAndImages(estimate, math.Sqrt(p.imageVariance*float64(images)), images)
	}
	return estimate.Mean, estimate.Interval(p.level)
}

// image is the share of one test image, the least step of an accuracy.
func (e Evidence) image() float64 { return 1 / float64(max(e.Result.Data.Images, 1)) }

// pointsBound is a bound in points, with all the digits it was given.
func pointsBound(v float64) string {
	points := math.Round(1e12*v) / 1e10
	if math.Abs(math.Round(100*points)-100*points) < 1e-9 {
		return wording.Points(v)
	}
	return fmt.Sprintf("%+.10g", points)
}

// complete returns the row of an activation, if none of its cells is missing.
func (e Evidence) complete(activation string) (compare.Row, error) {
	row, ok := e.Result.Row(activation)
	if !ok {
		return compare.Row{}, fmt.Errorf("%s is not among the activations of the comparison: add it to --activations", activation)
	}
	if gap := e.Result.Gap(row); gap != "" {
		return compare.Row{}, errors.New(gap)
	}
	return row, nil
}

// pairs are the values of two sides at the seeds that both have.
type pairs struct {
	seeds   []uint64
	a, b    []float64
	hashes  []string // of b's predictions
	against string   // what b is, in words
	level   float64  // of the interval
	// imageVariance is that of the mean difference over new images, 0 where the interval is over seeds alone.
	imageVariance float64
	identical     bool   // the predictions are, at every seed
	chance        bool   // a is at chance at every seed
	remark        string // on the two sides
}

func (p pairs) differences() []float64 {
	d := make([]float64, len(p.a))
	for i := range d {
		d[i] = p.a[i] - p.b[i]
	}
	return d
}

// pairs finds what a clause compares.
func (e Evidence) pairs(c Clause) (pairs, error) {
	row, err := e.complete(c.Activation)
	if err != nil {
		return pairs{}, err
	}
	r, of := e.Result, e.Result
	p := pairs{against: c.Against, identical: true, chance: true}
	var other compare.Row
	if c.BaselineFile {
		p.against = "the baseline file"
		if other, p.remark, err = e.fromFile(c.Activation); err == nil {
			of = *e.Baseline
		}
	} else if other, err = e.complete(c.Against); err == nil {
		p.ofTable(r, row, other)
	}
	if err != nil {
		return pairs{}, err
	}
	var excluded, lacking []uint64 // seeds at which one side diverged and has no value, or that are not of this comparison
	for k, seed := range of.Seeds {
		i := slices.Index(r.Seeds, seed)
		if b := other.Values[k]; i >= 0 && row.Values[i] != nil && b != nil {
			p.seeds = append(p.seeds, seed)
			p.a, p.b, p.hashes = append(p.a, *row.Values[i]), append(p.b, *b), append(p.hashes, hash(other, k))
			p.identical = p.identical && hash(row, i) != "" && hash(row, i) == hash(other, k)
			p.chance = p.chance && slices.Contains(row.AtChance, seed)
		} else if i >= 0 && slices.Contains(row.Diverged, seed) || slices.Contains(other.Diverged, seed) {
			excluded = append(excluded, seed)
		} else if b != nil {
			lacking = append(lacking, seed)
		}
	}
	p.level = cmp.Or(p.level, r.Level(len(p.seeds)))
	switch {
	case len(lacking) > 0:
		return pairs{}, fmt.Errorf("%s has no result at %s of the baseline file: run --seeds %s, those of the file",
			c.Activation, wording.Seeds(lacking), wording.SeedList(of.Seeds))
	case c.BaselineFile && len(excluded) > 0, len(p.seeds) < leastSeeds && len(excluded) > 0:
		return pairs{}, fmt.Errorf("at %s one side diverged and was left out: %s", wording.Seeds(excluded), keepDiverged)
	case len(p.seeds) < leastSeeds:
		return pairs{}, fmt.Errorf("%s and %s have %s in common, want at least %d: run --seeds 5 or more",
			c.Activation, p.against, wording.Counted(len(p.seeds), "seed"), leastSeeds)
	case len(excluded) > 0:
		p.remark += fmt.Sprintf(" (left out, diverged: %s)", wording.Seeds(excluded))
	}
	return p, nil
}

// ofTable makes the interval that of the table, where one of the rows is the comparison's baseline.
func (p *pairs) ofTable(r compare.Result, a, b compare.Row) {
	d := a.Difference
	if a.Activation == r.Baseline {
		d = b.Difference
	}
	if d == nil || a.Activation != r.Baseline && b.Activation != r.Baseline {
		return
	}
	p.level = d.Level
	seeds, images := d.Scopes[compare.OverSeeds], d.Scopes[compare.OverSeedsAndImages]
	if r.Generalize == compare.OverSeedsAndImages && seeds != nil && images != nil && seeds.SE != nil && images.SE != nil {
		p.imageVariance = *images.SE**images.SE - *seeds.SE**seeds.SE
	}
}

// hash is that of a row's predictions at a seed, by its place; "" where there is none.
func hash(row compare.Row, i int) string {
	if i < len(row.Predictions) {
		return row.Predictions[i]
	}
	return ""
}

// fromFile returns an activation's row in the baseline file, if the file is of the same images and metric and of a
// setup that differs in nothing but what is allowed, which the remark names.
func (e Evidence) fromFile(activation string) (row compare.Row, remark string, err error) {
	const renew = "make the file anew with --format json"
	b := e.Baseline
	if b == nil {
		return row, "", errors.New("there is no baseline file: name one with --baseline-file")
	}
	row, ok := b.Row(activation)
	switch {
	case b.Metric != e.Result.Metric:
		err = fmt.Errorf("baseline file: metric is %s, want %s: %s", b.Metric, e.Result.Metric, renew)
	case b.Data != e.Result.Data:
		err = fmt.Errorf("baseline file: data is %s, want %s, that of this comparison: %s on these images",
			dataText(b.Data), dataText(e.Result.Data), renew)
	case !ok:
		err = fmt.Errorf("baseline file: %s is not among its activations: %s", activation, renew)
	case row.N == 0:
		err = fmt.Errorf("baseline file: %s has no result there: %s", activation, renew)
	}
	if err != nil {
		return row, "", err
	}
	var refused, allowed, keys []string
	for _, change := range e.Result.Setup.Changes(b.Setup) {
		text := fmt.Sprintf("%s is %s, was %s", change.Key, cmp.Or(change.Now, "absent"), cmp.Or(change.Before, "absent"))
		if slices.Contains(e.AllowDifferent, change.Key) {
			allowed = append(allowed, text)
		} else {
			refused, keys = append(refused, text), append(keys, change.Key)
		}
	}
	if len(refused) > 0 {
		return row, "", fmt.Errorf("baseline file: %s: %s with these settings, or compare all the same with --allow-different %s",
			strings.Join(refused, ", "), renew, strings.Join(keys, ","))
	}
	if len(allowed) > 0 {
		remark = " (different, as allowed: " + strings.Join(allowed, ", ") + ")"
	}
	return row, remark, nil
}

func dataText(d compare.Data) string {
	return fmt.Sprintf("%.12s of %d images and %d classes", d.Hash, d.Images, d.Classes)
}
