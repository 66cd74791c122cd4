// Package compare says what the runs of a comparison are evidence for: which activation is better than the
// baseline, by how much, and whether that is more than the luck of these seeds and these images. All functions
// are pure but ReadFile: cells in, a Result out.
package compare

import (
	"cmp"
	"math"
	"slices"

	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/statistics"
)

// Compare says what the cells are evidence for. The family is all rows but the baseline's, and its size k does not
// shrink with cells that are missing.
//
// Differences are taken seed by seed; their standard deviation is held to be at least that of one test image,
// 1/N, so that a few seeds that happen to agree are not proof (OverSample). Each row has one interval, Student's at
// 1−Alpha/k, which decides everything that is said of it:
//
//	equivalent    if it lies within ±Rope, or if the row predicts the same class as the baseline for every image at
//	              two seeds or more
//	better, worse if not so and it lies above or below 0
//	inconclusive  otherwise, and always at one seed
//
// Being equivalent wins over being different by less than the margin; a warning tells of it. The order of the cells
// decides nothing, nor does that of Options.Seeds but for Row.Values.
//
// Errors are those of Options.Validate, an unknown baseline, cells of other activations, seeds or test images,
// cells that are there twice, and test figures that are not those of the predictions.
func Compare(cells []Cell, o Options) (Result, error) {
	if err := o.Validate(); err != nil {
		return Result{}, err
	}
	s, err := newSample(cells, o)
	if err != nil {
		return Result{}, err
	}
	r := Result{Schema: Schema, Metric: "accuracy", Baseline: o.Baseline, Alpha: o.Alpha, Rope: s.rope(o),
		Generalize: o.Generalize, Looks: o.Looks, Seeds: o.Seeds, Data: s.data, Setup: o.Setup, Timing: o.Timed.timing()}
	if len(r.Seeds) == 0 {
		r.Seeds = s.seeds
	}
	family := s.judged(o)
	if len(o.Looks) > 0 {
		s.cut(family, o)
	}
	for _, a := range s.activations {
		r.Rows = append(r.Rows, s.summary(a, r.Seeds, o))
	}
	base := &r.Rows[slices.Index(s.activations, o.Baseline)]
	for _, c := range family {
		row := &r.Rows[c.row]
		row.Difference, row.SeedsWanted = c.difference(o, r.Rope), c.wanted
		base.SeedsWanted = max(base.SeedsWanted, c.wanted)
	}
	r.Best = s.best(r, o)
	r.MDE = detectable(latest(family), o)
	r.Luck = luck(latest(family), o, r.Rows)
	r.Warnings = s.warnings(r, o, family)
	return r, nil
}

// summary is the row of an activation, its values in the order of seeds, without the difference.
func (s *sample) summary(activation string, seeds []uint64, o Options) Row {
	r := Row{Activation: activation, Values: make([]*float64, len(seeds)), Predictions: make([]string, len(seeds)),
		Diverged: []uint64{}, AtChance: s.atChance(activation, o.Alpha), Checkups: make([]*record.Checkup, len(seeds))}
	images := float64(s.data.Images)
	var correct, losses []float64
	var runs []record.Run // with a value
	for i, c := range s.rows[activation] {
		if c == nil {
			continue
		}
		r.Parameters = cmp.Or(r.Parameters, c.Run.Parameters)
		if Diverged(c.Run) {
			r.Diverged = append(r.Diverged, c.Seed)
		}
		if v := s.score(c); v.ok {
			correct = append(correct, v.correct)
			losses = append(losses, v.loss)
			runs = append(runs, c.Run)
			at := slices.Index(seeds, s.seeds[i])
			r.Values[at], r.Predictions[at], r.Checkups[at] = known(v.correct/images), v.hash(), c.Run.Health
		}
	}
	r.N = len(correct)
	mean, std := statistics.Moments(correct)
	r.Mean, r.Std = known(mean/images), known(std/images)
	if ci := s.accuracy(activation, correct, o).Interval(1 - o.Alpha); number.Finite(ci[0]) {
		r.CI = &[2]float64{math.Max(0, ci[0]), math.Min(1, ci[1])} // accuracies are within 0 to 1
	}
	r.Collapses = collapses(r, seeds, o.Alpha)
	loss, _ := statistics.Moments(losses)
	r.Loss, r.Metrics, r.Health = number.Float(loss), lastEpochs(runs), health(r)
	if tuned, ok := o.Tuned[activation]; ok {
		r.LR = &tuned
	}
	r.Step = o.Timed.step(activation, o.Baseline)
	return r
}

// accuracy estimates that of an activation from the numbers of images that are right at its seeds.
func (s *sample) accuracy(activation string, correct []float64, o Options) statistics.Estimate {
	e := inImages(correct, s.data.Images)
	if o.Generalize == OverSeedsAndImages {
		sums := make([]float64, s.data.Images)
		for _, c := range s.rows[activation] {
			if v := s.score(c); v.ok {
				s.addCorrect(sums, v, 1)
			}
		}
		_, spread := statistics.Moments(sums)
		e = statistics.OverSeedsAndImages(e, spread/float64(len(correct)), s.data.Images)
	}
	return e
}

// inImages is the estimate of a mean over seeds of numbers of images, as a fraction of all: see Compare.
func inImages(counts []float64, images int) statistics.Estimate {
	e := statistics.OverSample(counts, 1)
	return statistics.Estimate{Mean: e.Mean / float64(images), SE: e.SE / float64(images), DF: e.DF}
}

// lastEpochs aggregates the metrics of the last epochs of runs, but for those that depend on the machine.
func lastEpochs(runs []record.Run) map[string]number.Float {
	metrics := map[string]number.Float{}
	for _, m := range record.Metrics {
		var values []float64
		for _, r := range runs {
			if v, ok := m.Last(r); ok {
				values = append(values, v)
			}
		}
		if !m.Timing && len(values) > 0 && len(values) == len(runs) {
			metrics[m.Name] = number.Float(m.Aggregate(values))
		}
	}
	return metrics
}

// known is v, or nil where it does not exist.
func known(v float64) *float64 {
	if !number.Finite(v) {
		return nil
	}
	return &v
}

// detectable is the least difference that the design finds, of the rows the median one's (of two the larger): one
// row that collapsed at some seeds says nothing of the others.
func detectable(family []contrast, o Options) *MDE {
	var list []MDE
	for _, c := range family {
		e := c.estimates[o.Generalize]
		shift := statistics.DetectableShift(o.Power, e.DF, o.Alpha/c.k)
		if difference := shift * e.SE; number.Finite(difference) {
			list = append(list, MDE{Difference: difference, Power: o.Power, N: len(c.images)})
		}
	}
	if len(list) == 0 {
		return nil
	}
	slices.SortStableFunc(list, func(a, b MDE) int { return cmp.Compare(a.Difference, b.Difference) })
	return &list[len(list)/2]
}

// luck is the expected maximum of the rows' means around their common one, with the median of the differences'
// standard errors over √2, a row's own part of it.
func luck(family []contrast, o Options, rows []Row) *float64 {
	k := 0
	for _, r := range rows {
		k += min(r.N, 1)
	}
	se := upperMedian(family, func(c contrast) float64 { return c.estimates[o.Generalize].SE })
	return known(statistics.ExpectedMaximum(k) * se / math.Sqrt2)
}

// upperMedian is the median of what rows have that is finite, of two the larger; NaN of none.
func upperMedian(family []contrast, of func(contrast) float64) float64 {
	var values []float64
	for _, c := range family {
		if v := of(c); number.Finite(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	return values[len(values)/2]
}
