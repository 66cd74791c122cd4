package compare

import (
	"fmt"
	"maps"
	"slices"
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

// stopped is a row, one of k, where it stops: as if it had no seeds but those of its look. Where its cells or those of
// the baseline are not enough for the first look, it has none.
func (s *sample) stopped(at, k int, o Options) contrast {
	a, b, order := s.rows[s.activations[at]], s.rows[o.Baseline], s.order(o)
	enough := slices.IndexFunc(order, func(seed uint64) bool {
		i, _ := slices.BinarySearch(s.seeds, seed)
		return a[i] == nil || b[i] == nil
	})
	if enough < 0 {
		enough = len(order)
	}
	c := s.judge(s.among(nil).contrast(at, o), float64(k), o)
	look, verdict := stop(o.Looks, enough, func(l Look) Verdict {
		c = s.judge(s.among(order[:l.Seeds]).contrast(at, o), float64(k)*o.Alpha/l.Alpha, o)
		c.used = l.Seeds
		return c.scopes[o.Generalize].Verdict
	})
	if verdict == Inconclusive {
		look = min(look+1, len(o.Looks)-1)
	}
	c.wanted = o.Looks[look].Seeds
	return c
}

// order are the seeds in the order in which looks take them.
func (s *sample) order(o Options) []uint64 {
	if len(o.Seeds) > 0 {
		return o.Seeds
	}
	return s.seeds
}

// among is the sample with the cells of these seeds alone.
func (s sample) among(seeds []uint64) *sample {
	s.rows = maps.Clone(s.rows)
	for a := range s.rows {
		s.keep(a, seeds)
	}
	return &s
}

// keep leaves a row the cells of these seeds alone.
func (s *sample) keep(activation string, seeds []uint64) {
	kept := slices.Clone(s.rows[activation])
	for i, seed := range s.seeds {
		if !slices.Contains(seeds, seed) {
			kept[i] = nil
		}
	}
	s.rows[activation] = kept
}

// latest are the rows that got the furthest: those of the design, of which others stopped early. Without looks, all.
func latest(family []contrast) []contrast {
	most := 0
	for _, c := range family {
		most = max(most, c.used)
	}
	return slices.DeleteFunc(slices.Clone(family), func(c contrast) bool { return c.used < most })
}

// cut leaves each row the cells that it is judged by, and the baseline those of any row.
func (s *sample) cut(family []contrast, o Options) {
	most := 0
	for _, c := range family {
		s.keep(s.activations[c.row], s.order(o)[:c.used])
		most = max(most, c.used)
	}
	s.keep(o.Baseline, s.order(o)[:most])
}

// Wanted says how many of the first seeds each activation is to have, by Options.Looks and the cells that there are: the
// baseline as many as any other.
func Wanted(cells []Cell, o Options) (map[string]int, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s, err := newSample(cells, o)
	if err != nil {
		return nil, err
	}
	wanted := map[string]int{}
	for _, c := range s.judged(o) {
		wanted[s.activations[c.row]] = c.wanted
		wanted[o.Baseline] = max(wanted[o.Baseline], c.wanted)
	}
	return wanted, nil
}
