package compare

import (
	"math"

	"actfn/internal/number"
	"actfn/internal/statistics"
)

// The second opinions are asked for from as many seeds as let them reject at 0.05 (2·2⁻⁶ = 0.03; the rank test at
// 6 and 7 rejects only what the sign-flip test does too).
const (
	leastFlips = 6
	leastRanks = 8
)

// contrast is a row against the baseline.
type contrast struct {
	row       int                            // in the comparison's order
	images    []float64                      // differences in images, by rising seed
	std       float64                        // of the differences, at least one image's; a fraction
	spread    float64                        // over images
	estimates map[string]statistics.Estimate // by the names of generalize; fractions
	scopes    map[string]*Scope
	identical int // seeds, if no prediction differs
	total     int // images
}

func (s *sample) contrast(at int, o Options) contrast {
	a, b := s.rows[s.activations[at]], s.rows[o.Baseline]
	n := float64(s.data.Images)
	c := contrast{row: at, identical: s.identical(a, b), total: s.data.Images, scopes: map[string]*Scope{}}
	c.images, c.spread = s.differences(a, b)
	e := statistics.OverSample(c.images, 1)
	seeds := statistics.Estimate{Mean: e.Mean / n, SE: e.SE / n, DF: e.DF}
	c.std = seeds.SE * math.Sqrt(float64(len(c.images)))
	c.estimates = map[string]statistics.Estimate{
		OverSeeds:          seeds,
		OverSeedsAndImages: statistics.OverSeedsAndImages(seeds, c.spread, s.data.Images),
	}
	return c
}

// rope is the least difference that matters: that of one test image at least.
func (s *sample) rope(o Options) float64 { return math.Max(o.Rope, 1/float64(s.data.Images)) }

// judged is the family, all rows against the baseline, tested in both scopes, each with Holm's correction over all rows.
func (s *sample) judged(o Options) []contrast {
	var family []contrast
	for i, a := range s.activations {
		if a != o.Baseline {
			family = append(family, s.contrast(i, o))
		}
	}
	for _, name := range Generalizations {
		different, outside := make([]float64, len(family)), make([]float64, len(family))
		for i, c := range family {
			different[i], outside[i] = c.estimates[name].P(), c.estimates[name].Equivalent(s.rope(o))
		}
		different, outside = statistics.Holm(different), statistics.Holm(outside)
		for i, c := range family {
			e := c.estimates[name]
			scope := &Scope{SE: known(e.SE), DF: known(e.DF), P: known(e.P()), PHolm: known(different[i]), PEquivalent: known(outside[i])}
			if scope.P == nil {
				scope.SE, scope.DF = nil, nil // one seed has no degree of freedom
			}
			if ci := e.Interval(1 - o.Alpha/float64(len(family))); number.Finite(ci[0]) {
				scope.CI = &ci
			}
			scope.Verdict = verdict(e.Mean, different[i], outside[i], o.Alpha)
			if c.identical >= 2 {
				scope.Verdict = Equivalent
			}
			c.scopes[name] = scope
		}
	}
	return family
}

// verdict is that of a mean difference with Holm's p of being 0, and of being outside of the margin. A NaN
// decides nothing.
func verdict(mean, different, outside, alpha float64) Verdict {
	switch {
	case outside < alpha:
		return Equivalent
	case different < alpha && mean > 0:
		return Better
	case different < alpha && mean < 0:
		return Worse
	}
	return Inconclusive
}

// difference is the contrast as a figure of the result, of a family of k.
func (c contrast) difference(o Options, k int) *Difference {
	e := c.estimates[o.Generalize]
	d := &Difference{N: len(c.images), Scope: *c.scopes[o.Generalize], Scopes: c.scopes}
	if d.N == 0 {
		return d
	}
	mean, std := statistics.Moments(c.images)
	d.Mean = mean / float64(c.total)
	if d.N == 1 {
		return d
	}
	d.Std = std / float64(c.total)
	d.DZ = known(statistics.Effect(c.images))
	d.PBetter = known(e.Better())
	if d.N >= leastFlips {
		d.PSignFlip = known(statistics.SignFlip(c.images))
	}
	if d.N >= leastRanks {
		d.PWilcoxon = known(statistics.Wilcoxon(c.images))
	}
	if n, ok := c.seedsNeeded(o, o.Alpha/float64(k)); ok {
		d.SeedsNeeded = &n
	}
	return d
}

// seedsNeeded is the number of seeds at which a true difference like this one is found, with the images that there
// are: over new images no number of seeds may do.
func (c contrast) seedsNeeded(o Options, level float64) (int, bool) {
	mean := c.estimates[OverSeeds].Mean
	of := func(n int) statistics.Estimate {
		e := statistics.Estimate{Mean: mean, SE: c.std / math.Sqrt(float64(n)), DF: float64(n - 1)}
		if o.Generalize == OverSeedsAndImages {
			e = statistics.OverSeedsAndImages(e, c.spread, c.total)
		}
		return e
	}
	return statistics.SeedsNeeded(of, level, o.Power)
}
