package compare

import (
	"fmt"
	"slices"

	"actfn/internal/statistics"
)

// Look is a time at which a comparison is judged: when its rows have so many seeds. A row that is decided there gets no
// more seeds. Alpha is what the look spends of the comparison's alpha: its intervals have the confidence 1−Alpha/k, for
// all k rows that were declared at first, whether they are decided or not.
type Look struct {
	Seeds int     `json:"seeds"`
	Alpha float64 `json:"alpha"`
}

// Looks shares alpha among looks at these numbers of seeds, which rise from 2 at least:
//
//	α_j = alpha (n_j + n_1) / Σ_i (n_i + n_1)
//
// At 5, 10 and 20 seeds it is 0.2, 0.3 and 0.5 of alpha. What the looks spend sums to alpha, so that all intervals of
// all looks hold their truths at once with confidence 1−alpha at least, however rows and looks depend on each other
// (Bonferroni's inequality): whatever is decided, and when, a false verdict in any row has probability alpha at most. The
// later looks get more, because they are the ones that find small differences.
//
// Errors: no look, numbers that do not rise, and less than 2 seeds, which have no interval.
func Looks(alpha float64, seeds []int) ([]Look, error) {
	rising := len(seeds) > 0 && seeds[0] >= 2 && slices.IsSorted(seeds) && len(slices.Compact(slices.Clone(seeds))) == len(seeds)
	if !rising {
		return nil, fmt.Errorf("looks: numbers of seeds are %v, want at least one, from 2 on and rising", seeds)
	}
	sum := 0
	for _, n := range seeds {
		sum += n + seeds[0]
	}
	looks := make([]Look, len(seeds))
	for j, n := range seeds {
		looks[j] = Look{n, alpha * float64(n+seeds[0]) / float64(sum)}
	}
	return looks, nil
}

// stop returns the look at which a row of so many seeds stops: the first that decides, or the last one that the seeds
// are enough for, and -1 if they are not for the first; and the verdict there. of is the verdict at a look by its seeds
// alone, so that seeds beyond a look never change what it decided.
func stop(looks []Look, seeds int, of func(Look) Verdict) (int, Verdict) {
	at, verdict := -1, Inconclusive
	for j, look := range looks {
		if look.Seeds > seeds || verdict != Inconclusive {
			break
		}
		at, verdict = j, of(look)
	}
	return at, verdict
}

// ofInterval is the verdict on one difference by Student's interval at 1−alpha: of its images, seed by seed.
func ofInterval(differences []float64, alpha, rope float64) Verdict {
	switch ci := statistics.OverSample(differences, 1).Interval(1 - alpha); {
	case -rope < ci[0] && ci[1] < rope:
		return Equivalent
	case ci[0] > 0:
		return Better
	case ci[1] < 0:
		return Worse
	}
	return Inconclusive
}
