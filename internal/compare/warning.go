package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"actfn/internal/metrics"
	"actfn/internal/number"
	"actfn/internal/statistics"
	"actfn/internal/wording"
)

// Codes of warnings.
const (
	FewSeeds            = "few_seeds"              // below 6 the t test stands alone
	MissingCells        = "missing_cells"          // there is no run, or it has no test
	DivergedCells       = "diverged"               // a loss became NaN or infinite
	ChanceLevel         = "chance_level"           // no better than guessing
	SmallTestSet        = "small_test_set"         // the margin is below what the images resolve
	Identical           = "identical"              // two activations predict the same everywhere
	UnequalParameters   = "parameters"             // a row has more parameters than the baseline, or fewer
	SecondOpinion       = "second_opinion"         // a test without the normal distribution disagrees
	SignificantButTiny  = "significant_equivalent" // differs from 0, by less than the margin
	ImagesChangeVerdict = "images_change_verdict"  // seeds and seeds+images do not agree
	maxListed           = 10                       // seeds that a text names
)

// warnings are of the whole comparison first, then of the rows in their order.
func (s *sample) warnings(r Result, o Options, family []contrast) []Warning {
	list := []Warning{}
	add := func(code, activation, format string, args ...any) {
		list = append(list, Warning{code, activation, fmt.Sprintf(format, args...)})
	}
	s.ofDesign(r, o, family, add)
	for _, row := range r.Rows {
		s.ofRow(row, r, o, add)
	}
	for _, c := range family {
		c.ofVerdict(r, o, add)
	}
	return list
}

type addWarning func(code, activation, format string, args ...any)

// ofDesign warns of too few seeds and images.
func (s *sample) ofDesign(r Result, o Options, family []contrast, add addWarning) {
	least := len(r.Seeds)
	for _, c := range family {
		least = min(least, len(c.images))
	}
	switch {
	case least < 2:
		add(FewSeeds, "", "%s: there is no p-value and no verdict, as the spread over seeds is not known", wording.Counted(least, "common seed"))
	case least < leastFlips:
		add(FewSeeds, "", "%s: with fewer than %d the t test rests on differences being normal, which nothing here can check", wording.Counted(least, "common seed"), leastFlips)
	}
	if o.Rope < r.Rope {
		add(SmallTestSet, "", "one of %s is %.2f points, more than the margin of %.2f, which is raised to it",
			wording.Counted(s.data.Images, "test image"), 100*r.Rope, 100*o.Rope)
	}
	var spreads []float64
	for _, c := range family {
		if number.Finite(c.spread) && c.spread > 0 {
			spreads = append(spreads, c.spread)
		}
	}
	if len(spreads) == 0 {
		return
	}
	slices.Sort(spreads)
	// Without any error of the seeds the one-sided tests need |mean| + z SE ≤ rope.
	resolved := statistics.NormalQuantile(o.Alpha) * spreads[len(spreads)/2] / math.Sqrt(float64(s.data.Images))
	if resolved >= r.Rope {
		add(SmallTestSet, "", "%s tell %.2f points at best, more than the margin of %.2f: no number of seeds shows that a row is equivalent on new images",
			wording.Counted(s.data.Images, "test image"), 100*resolved, 100*r.Rope)
	}
}

// ofRow warns of what a row's cells are.
func (s *sample) ofRow(row Row, r Result, o Options, add addWarning) {
	name := row.Activation
	cells := s.rows[name]
	var missing []uint64
	for i, seed := range s.seeds {
		excluded := s.diverged == Exclude && slices.Contains(row.Diverged, seed)
		if _, ok := s.correct(cells[i]); !ok && !excluded {
			missing = append(missing, seed)
		}
	}
	if len(missing) > 0 {
		add(MissingCells, name, "%s has no test at %d of %s (%s)", name, len(missing), wording.Counted(len(s.seeds), "seed"), listed(missing))
	}
	if len(row.Diverged) > 0 {
		add(DivergedCells, name, "%s diverged at %d of %s (%s): %s", name, len(row.Diverged), wording.Counted(len(s.seeds), "seed"), listed(row.Diverged), s.treated())
	}
	s.ofChance(row, r, add)
	if base := s.rows[o.Baseline].parameters(); row.Parameters != base && row.Parameters > 0 && base > 0 {
		add(UnequalParameters, name, "%s has %d parameters, %s has %d", name, row.Parameters, o.Baseline, base)
	}
	for _, other := range s.activations {
		if other == name {
			break // each pair once, at the later row
		}
		if n := s.identical(s.rows[other], cells); n > 0 {
			add(Identical, name, "%s and %s predict the same class for each of %s at %s",
				other, name, wording.Counted(s.data.Images, "test image"), wording.Counted(n, "seed"))
		}
	}
}

// treated says what Options.Diverged makes of a diverged run.
func (s *sample) treated() string {
	switch s.diverged {
	case Chance:
		return "counted as guessing"
	case Exclude:
		return "left out"
	}
	return "counted with the weights after the last finite epoch"
}

func (r row) parameters() int {
	for _, c := range r {
		if c != nil && c.Run.Parameters > 0 {
			return c.Run.Parameters
		}
	}
	return 0
}

// guess is the accuracy of guessing: of a random class, 1/classes, or always of the most frequent.
func (s *sample) guess() float64 {
	largest := make([]int, s.data.Classes)
	for _, label := range s.labels {
		largest[label]++
	}
	return math.Max(1/float64(s.data.Classes), float64(slices.Max(largest))/float64(s.data.Images))
}

// atChance are the seeds at which an activation's accuracy is not above that of guessing: Wilson's interval begins
// there or below.
func (s *sample) atChance(activation string, alpha float64) []uint64 {
	at := []uint64{}
	for i, c := range s.rows[activation] {
		if _, ok := s.correct(c); !ok || s.guesses(c) {
			continue
		}
		if low, _ := metrics.Wilson(c.Run.Test.Correct, s.data.Images, 1-alpha); low <= s.guess() {
			at = append(at, s.seeds[i])
		}
	}
	return at
}

// ofChance warns of a row that has learnt nothing at some seed.
func (s *sample) ofChance(row Row, r Result, add addWarning) {
	if len(row.AtChance) == 0 {
		return
	}
	who := row.Activation
	if who == r.Baseline {
		who += ", the baseline,"
	}
	add(ChanceLevel, row.Activation, "%s is no better than guessing, %.2f %%, at %d of %s (%s)",
		who, 100*s.guess(), len(row.AtChance), wording.Counted(row.N, "seed"), listed(row.AtChance))
}

// ofVerdict warns of what stands beside a verdict.
func (c contrast) ofVerdict(r Result, o Options, add addWarning) {
	var d *Difference
	for _, row := range r.Rows {
		if row.Activation == c.activation {
			d = row.Difference
		}
	}
	if d == nil || d.P == nil {
		return
	}
	opinion := func(test string, p *float64) {
		// A test that cannot reject at alpha has no opinion of it.
		if p != nil && (*p < o.Alpha) != (*c.scopes[OverSeeds].P < o.Alpha) && c.least() < o.Alpha {
			add(SecondOpinion, c.activation, "%s: the %s test has p = %.3g where the t test has %.3g, on the two sides of %g",
				c.activation, test, *p, *c.scopes[OverSeeds].P, o.Alpha)
		}
	}
	opinion("sign-flip", d.PSignFlip)
	opinion("signed rank", d.PWilcoxon)
	if d.Verdict == Equivalent && *d.PHolm < o.Alpha {
		add(SignificantButTiny, c.activation, "%s differs from %s by %+.2f points, more than luck (p = %.3g), but within the margin of %.2f: equivalent",
			c.activation, r.Baseline, 100*d.Mean, *d.PHolm, 100*r.Rope)
	}
	if seeds, images := c.scopes[OverSeeds].Verdict, c.scopes[OverSeedsAndImages].Verdict; seeds != images && c.scopes[OverSeedsAndImages].P != nil {
		add(ImagesChangeVerdict, c.activation, "%s is %s over new seeds on these %s, but %s over new images too",
			c.activation, seeds, wording.Counted(c.total, "test image"), images)
	}
}

// least is the smallest p-value that the sign tests can have: only a difference that is not 0 has a sign.
func (c contrast) least() float64 {
	signs := 0
	for _, d := range c.images {
		if d != 0 {
			signs++
		}
	}
	return math.Exp2(float64(1 - signs))
}

// listed names seeds, the first of many.
func listed(seeds []uint64) string {
	words := []string{}
	for _, seed := range seeds[:min(len(seeds), maxListed)] {
		words = append(words, fmt.Sprint(seed))
	}
	if len(seeds) > maxListed {
		words = append(words, "…")
	}
	return strings.Join(words, ", ")
}
