package compare

import (
	"cmp"
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
	identical int     // seeds, if no prediction differs
	total     int     // images
	k         float64 // comparisons among which alpha is shared
	// By Options.Looks, of the first seeds, how many the contrast is over and how many the row is to have.
	used, wanted int
}

func (s *sample) contrast(at int, o Options) contrast {
	a, b := s.rows[s.activations[at]], s.rows[o.Baseline]
	c := contrast{row: at, identical: s.identical(a, b), total: s.data.Images, scopes: map[string]*Scope{}}
	c.images, c.spread = s.differences(a, b)
	seeds := inImages(c.images, s.data.Images)
	c.std = seeds.SE * math.Sqrt(float64(len(c.images)))
	c.estimates = map[string]statistics.Estimate{
		OverSeeds:          seeds,
		OverSeedsAndImages: statistics.OverSeedsAndImages(seeds, c.spread, s.data.Images),
	}
	return c
}

// rope is the least difference that matters: that of one test image at least.
func (s *sample) rope(o Options) float64 { return math.Max(o.Rope, 1/float64(s.data.Images)) }

// judged is the family, all rows against the baseline, in both scopes. Each row has one interval in a scope, which
// decides everything: see judge.
func (s *sample) judged(o Options) []contrast {
	var family []contrast
	for i, a := range s.activations {
		if a != o.Baseline {
			family = append(family, s.contrast(i, o))
		}
	}
	k := cmp.Or(o.Family, len(family))
	for i, c := range family {
		if len(o.Looks) > 0 {
			family[i] = s.stopped(c.row, k, o)
			continue
		}
		family[i] = s.judge(c, float64(k), o)
	}
	return family
}

// judge is a contrast that is one of k, with its verdicts.
func (s *sample) judge(c contrast, k float64, o Options) contrast {
	c.k = k
	for _, name := range Generalizations {
		c.scopes[name] = judge(c.estimates[name], c.identical >= 2, s.rope(o), o.Alpha, k)
	}
	return c
}

// judge makes of the estimate of a difference, one of k, what it is evidence for. Its interval is Student's at
// 1−alpha/k, so that all k hold their truths at once with confidence 1−alpha at least (Bonferroni's inequality), and
// the verdict is that of the interval. The p-values are adjusted alike, by the factor k: each is below alpha where,
// and only where, the interval excludes what it is of. Results whose predictions are identical differ by 0 for certain.
func judge(e statistics.Estimate, identical bool, rope, alpha, k float64) *Scope {
	level := 1 - alpha/k
	s := &Scope{SE: known(e.SE), DF: known(e.DF), P: known(e.P()), Level: level, Verdict: Inconclusive}
	if s.P == nil { // one seed has no degree of freedom
		s.SE, s.DF = nil, nil
		return s
	}
	s.CI, s.PAdjusted = new(e.Interval(level)), new(math.Min(1, k*e.P()))
	s.PEquivalent = new(math.Min(1, 2*k*e.Equivalent(rope))) // both sides of the interval count
	if identical {
		s.CI, s.PEquivalent = &[2]float64{}, new(0.0)
	}
	s.Verdict = verdict(*s.CI, rope)
	return s
}

// verdict is what an interval is evidence for.
func verdict(ci [2]float64, rope float64) Verdict {
	switch {
	case -rope < ci[0] && ci[1] < rope:
		return Equivalent
	case ci[0] > 0:
		return Better
	case ci[1] < 0:
		return Worse
	}
	return Inconclusive
}

// difference is the contrast as a figure of the result.
func (c contrast) difference(o Options, rope float64) *Difference {
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
	if d.Probabilities = chances(e, rope); c.identical >= 2 {
		d.Probabilities = &Probabilities{Within: 1}
	}
	if d.N >= leastFlips {
		d.PSignFlip = known(statistics.SignFlip(c.images))
	}
	if d.N >= leastRanks {
		d.PWilcoxon = known(statistics.Wilcoxon(c.images))
	}
	if n, ok := c.seedsNeeded(o, o.Alpha/c.k); ok {
		d.SeedsNeeded = &n
	}
	return d
}

// chances are those of the true difference.
func chances(e statistics.Estimate, rope float64) *Probabilities {
	worse, better := e.Above(-rope), e.Above(rope) // of the truth, above these
	if !number.Finite(worse) || !number.Finite(better) {
		return nil
	}
	return &Probabilities{Worse: 1 - worse, Within: worse - better, Better: better}
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
