package compare

import (
	"fmt"
	"math"
	"slices"

	"actfn/internal/statistics"
	"actfn/internal/wording"
)

// Codes of warnings.
const (
	FewSeeds            = "few_seeds"              // below 6 the t test stands alone
	SmallTestSet        = "small_test_set"         // the margin is below what the images resolve
	MissingCells        = "missing_cells"          // there is no run, or it has no test
	DivergedCells       = "diverged"               // a loss became NaN or infinite
	ChanceLevel         = "chance_level"           // no better than guessing
	Diagnosis           = "diagnosis"              // why a row is worse, or at chance
	UnequalParameters   = "parameters"             // a row has more parameters than the baseline, or fewer
	Identical           = "identical"              // two activations predict the same everywhere
	SecondOpinion       = "second_opinion"         // a test without the normal distribution disagrees
	SignificantButTiny  = "significant_equivalent" // differs from 0, by less than the margin
	ImagesChangeVerdict = "images_change_verdict"  // seeds and seeds+images do not agree
	NotConfirmed        = "not_confirmed"          // left out of the second stage
	StoppedEarly        = "stopped_early"          // decided at a look that is not the last
)

// warning is one that a comparison may need: text says it of what it is about, a row or a difference where there is
// one, and is "" where there is nothing to warn of.
type warning struct {
	code string
	text func(subject) string
}

// subject is what a warning is about.
type subject struct {
	*sample
	Options
	result   Result
	family   []contrast
	row      Row      // of the warnings of a row or a difference
	contrast contrast // of those of a difference
}

// when is a warning's text, if it applies.
func when(applies bool, format string, args ...any) string {
	if !applies {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// The warnings, in the order in which they are given: of the whole comparison, then of each row, then of each
// difference that has a p-value.
var (
	ofComparison = []warning{
		{FewSeeds, func(v subject) string {
			n := v.commonSeeds()
			return when(n < 2, "with %s a row has no p-value and no verdict, as the spread over seeds is not known",
				wording.Counted(n, "common seed"))
		}},
		{FewSeeds, func(v subject) string {
			n := v.commonSeeds()
			return when(2 <= n && n < leastFlips, "with %s, fewer than %d, the t test assumes that differences are normal, and no other test can check it",
				wording.Counted(n, "common seed"), leastFlips)
		}},
		{SmallTestSet, func(v subject) string {
			return when(v.Rope < v.result.Rope, "one of %s is %.2f points: the margin is raised to that, from %.2f",
				wording.Counted(v.data.Images, "test image"), 100*v.result.Rope, 100*v.Rope)
		}},
		{SmallTestSet, func(v subject) string {
			resolved := v.resolved()
			return when(resolved >= v.result.Rope, "%s cannot resolve less than %.2f points, and the margin is %.2f: "+
				"no number of seeds shows that a row is equivalent on new images",
				wording.Counted(v.data.Images, "test image"), 100*resolved, 100*v.result.Rope)
		}},
	}
	ofRow = []warning{
		{MissingCells, func(v subject) string {
			missing := v.result.missing(v.row)
			return when(len(missing) > 0, "%s has no test result at %s", v.row.Activation, some(missing, len(v.seeds)))
		}},
		{DivergedCells, func(v subject) string {
			treated := map[string]string{
				LastFinite: "counted with the weights after the last finite epoch",
				Chance:     "counted as guessing",
				Exclude:    "left out",
			}
			return when(len(v.row.Diverged) > 0, "%s diverged at %s: %s",
				v.row.Activation, some(v.row.Diverged, len(v.seeds)), treated[v.Diverged])
		}},
		{ChanceLevel, func(v subject) string {
			who := v.row.Activation
			if who == v.Baseline {
				who += ", the baseline,"
			}
			return when(len(v.row.AtChance) > 0, "%s is no better than guessing, %.2f %%, at %s",
				who, 100*v.guess(), some(v.row.AtChance, v.row.N))
		}},
		{Diagnosis, subject.diagnosis},
		{UnequalParameters, func(v subject) string {
			base, _ := v.result.Row(v.Baseline)
			return when(v.row.Parameters != base.Parameters && v.row.Parameters > 0 && base.Parameters > 0,
				"%s has %d parameters, %s has %d", v.row.Activation, v.row.Parameters, v.Baseline, base.Parameters)
		}},
	}
	ofDifference = []warning{
		{SecondOpinion, func(v subject) string { return v.opinion("sign-flip", v.row.Difference.PSignFlip) }},
		{SecondOpinion, func(v subject) string { return v.opinion("signed rank", v.row.Difference.PWilcoxon) }},
		{SignificantButTiny, func(v subject) string {
			d := v.row.Difference
			return when(d.Verdict == Equivalent && d.CI[0]*d.CI[1] > 0,
				"%s, more than luck (adjusted p = %.3g), but within the margin of %.2f: equivalent",
				wording.Apart(v.row.Activation, d.Mean, v.Baseline), *d.PAdjusted, 100*v.result.Rope)
		}},
		{ImagesChangeVerdict, func(v subject) string {
			seeds, images := v.contrast.scopes[OverSeeds], v.contrast.scopes[OverSeedsAndImages]
			return when(seeds.Verdict != images.Verdict && images.P != nil, "%s is %s over new seeds on these %s, but %s over new images too",
				v.row.Activation, seeds.Verdict, wording.Counted(v.data.Images, "test image"), images.Verdict)
		}},
		{StoppedEarly, func(v subject) string {
			d := v.row.Difference
			return when(d.Verdict != Inconclusive && v.row.SeedsWanted < len(v.result.Seeds) && len(v.Looks) > 0,
				"%s was decided with %d of %d seeds: a difference that stops early looks larger than it is",
				v.row.Activation, v.row.SeedsWanted, len(v.result.Seeds))
		}},
	}
)

// warnings are those that apply.
func (s *sample) warnings(r Result, o Options, family []contrast) []Warning {
	list := []Warning{}
	add := func(of []warning, v subject) {
		for _, w := range of {
			if text := w.text(v); text != "" {
				list = append(list, Warning{w.code, v.row.Activation, text})
			}
		}
	}
	v := subject{sample: s, Options: o, result: r, family: family}
	add(ofComparison, v)
	for i, row := range r.Rows {
		v.row = row
		add(ofRow, v)
		for _, other := range r.Rows[:i] { // each pair once, at the later row
			add([]warning{{Identical, func(v subject) string { return v.same(other) }}}, v)
		}
	}
	for _, c := range family {
		if v.row, v.contrast = r.Rows[c.row], c; v.row.Difference.P != nil {
			add(ofDifference, v)
		}
	}
	return list
}

// commonSeeds is the least number of seeds that a row shares with the baseline.
func (v subject) commonSeeds() int {
	least := len(v.seeds)
	for _, c := range v.family {
		least = min(least, len(c.images))
	}
	return least
}

// resolved is the least margin within which new images let a row be shown to be, had the seeds no error: the one-sided
// tests need |mean| + z SE ≤ rope. It is 0 where no row differs from the baseline.
func (v subject) resolved() float64 {
	spread := upperMedian(v.family, func(c contrast) float64 {
		if c.spread == 0 {
			return math.NaN()
		}
		return c.spread
	})
	if math.IsNaN(spread) {
		return 0
	}
	return statistics.NormalQuantile(v.Alpha) * spread / math.Sqrt(float64(v.data.Images))
}

// guess is the accuracy of guessing the class of images with these labels.
func (s *sample) guess() float64 { return guess(s.labels, s.data.Classes) }

// atChance are the seeds at which an activation's accuracy is at chance: Cell.AtChance.
func (s *sample) atChance(activation string, alpha float64) []uint64 {
	at := []uint64{}
	for i, c := range s.rows[activation] {
		if v := s.score(c); v.ok && !v.guess && c.AtChance(s.data.Classes, alpha) {
			at = append(at, s.seeds[i])
		}
	}
	return at
}

// same says that another row predicts what this one does.
func (v subject) same(other Row) string {
	n := v.identical(v.rows[other.Activation], v.rows[v.row.Activation])
	return when(n > 0, "%s and %s predict the same class for each of %s at %s", other.Activation, v.row.Activation,
		wording.Counted(v.data.Images, "test image"), wording.Counted(n, "seed"))
}

// opinion says that a test without the normal distribution, adjusted as Student's is, comes to the other side of alpha.
// One that cannot reject has none: only a difference that is not 0 has a sign, and the least p-value of n signs is
// 2^{1−n}.
func (v subject) opinion(test string, p *float64) string {
	if p == nil {
		return ""
	}
	signs := len(v.contrast.images)
	for _, d := range v.contrast.images {
		if d == 0 {
			signs--
		}
	}
	k := v.contrast.k
	other, student := math.Min(1, k**p), *v.contrast.scopes[OverSeeds].PAdjusted
	disagree := (other < v.Alpha) != (student < v.Alpha) && k*math.Exp2(float64(1-signs)) < v.Alpha
	return when(disagree, "%s: the %s test has the adjusted p = %.3g and the t test %.3g, on different sides of %g",
		v.row.Activation, test, other, student, v.Alpha)
}

// some is a number of seeds with their names, the first of many: 2 of 5 seeds (1, 4).
func some(seeds []uint64, of int) string {
	const most = 10
	names := wording.Ranges(slices.Sorted(slices.Values(seeds))[:min(len(seeds), most)], ", ")
	if len(seeds) > most {
		names += ", …"
	}
	return fmt.Sprintf("%d of %s (%s)", len(seeds), wording.Counted(of, "seed"), names)
}
