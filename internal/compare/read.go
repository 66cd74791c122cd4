package compare

import (
	"fmt"
	"slices"

	"actfn/internal/strictjson"
)

// ReadFile reads the JSON of a Result, as `actfn compare --format json` prints it, strictly: a key that is
// missing, unknown or given twice, another schema, or lists and figures that contradict each other are errors.
// They name file, line and key.
func ReadFile(path string) (Result, error) {
	return strictjson.Read(path, Parse)
}

// Parse is ReadFile for text that is of no file: its errors begin with the line.
func Parse(b []byte) (Result, error) {
	if err := strictjson.CheckSchema(b, Schema); err != nil {
		return Result{}, err
	}
	var r Result
	ends := map[string]int{}
	if err := strictjson.Unmarshal(b, &r, ends); err != nil {
		return Result{}, err
	}
	c := checker{r: r}
	c.result()
	if c.err != nil {
		return Result{}, strictjson.NewFault(b, ends[c.place], c.err)
	}
	return r, nil
}

// checker finds the first contradiction in a Result, and its place: rows[2].n.
type checker struct {
	r     Result
	in    string // the place of the Result, with a dot
	place string
	err   error
}

// words are a value that is told, not quoted.
type words string

// want notes that the value at a place is not what is wanted, unless something was found before.
func (c *checker) want(ok bool, place string, value any, rule string, args ...any) {
	if ok || c.err != nil {
		return
	}
	if text, is := value.(string); is {
		value = fmt.Sprintf("%q", text)
	}
	place = c.in + place
	c.place, c.err = place, fmt.Errorf("%s is %v, want %s", place, value, fmt.Sprintf(rule, args...))
}

func (c *checker) result() {
	r := c.r
	c.want(r.Metric != "", "metric", r.Metric, "a name")
	c.want(0 < r.Alpha && r.Alpha < 1, "alpha", r.Alpha, "a number between 0 and 1")
	c.want(r.Rope >= 0, "rope", r.Rope, "at least 0")
	c.scopeName("generalize", r.Generalize)
	c.want(len(r.Seeds) > 0, "seeds", words("an empty list"), "at least one seed")
	c.distinct("seeds", r.Seeds)
	for i, look := range r.Looks {
		place := fmt.Sprintf("looks[%d]", i)
		c.want(look.Seeds >= 2 && (i == 0 || look.Seeds > r.Looks[i-1].Seeds), place+".seeds", look.Seeds, "at least 2 and rising")
		c.fraction(place+".alpha", &look.Alpha)
	}
	c.want(r.Data.Images >= 0, "data.images", r.Data.Images, "at least 0")
	c.want(r.Data.Classes >= 0, "data.classes", r.Data.Classes, "at least 0")
	c.timing()
	names := map[string]bool{}
	for i, row := range r.Rows {
		place := fmt.Sprintf("rows[%d]", i)
		c.want(row.Activation != "", place+".activation", row.Activation, "a name")
		c.want(!names[row.Activation], place+".activation", row.Activation, "each activation once")
		names[row.Activation] = true
		c.row(place, row)
	}
	c.want(names[r.Baseline], "baseline", r.Baseline, "the activation of a row")
	if r.Best != nil {
		for i, name := range r.Best.Activations {
			c.want(names[name], fmt.Sprintf("best.activations[%d]", i), name, "the activation of a row")
		}
	}
	if r.MDE != nil {
		c.want(r.MDE.Difference >= 0, "mde.difference", r.MDE.Difference, "at least 0")
		c.fraction("mde.power", &r.MDE.Power)
	}
}

func (c *checker) row(place string, row Row) {
	c.want(len(row.Values) == len(c.r.Seeds), place+".values", words(fmt.Sprintf("a list of %d", len(row.Values))),
		"%d, one for each seed", len(c.r.Seeds))
	n := 0
	for i, v := range row.Values {
		if v != nil {
			n++
		}
		c.fraction(fmt.Sprintf("%s.values[%d]", place, i), v)
	}
	c.want(row.N == n, place+".n", row.N, "%d, the number of values", n)
	c.want(len(row.Predictions) == len(row.Values), place+".predictions", words(fmt.Sprintf("a list of %d", len(row.Predictions))),
		"%d, one for each seed", len(c.r.Seeds))
	c.want((row.Mean != nil) == (n > 0), place+".mean", presence(row.Mean != nil), "a number where there are values, else null")
	c.fraction(place+".mean", row.Mean)
	c.interval(place+".ci", row.CI)
	c.want(0 <= row.SeedsWanted && row.SeedsWanted <= len(c.r.Seeds), place+".seeds_wanted", row.SeedsWanted,
		"0 to %d", len(c.r.Seeds))
	c.want(row.Parameters >= 0, place+".parameters", row.Parameters, "at least 0")
	c.step(place, row.Step)
	c.health(place, row)
	c.seeds(place+".diverged", row.Diverged)
	c.seeds(place+".at_chance", row.AtChance)
	c.want(0 <= row.Collapses.N && row.Collapses.N <= row.Collapses.Of, place+".collapses.n", row.Collapses.N,
		"0 to %d, of", row.Collapses.Of)
	c.fraction(place+".collapses.low", row.Collapses.Low)
	c.fraction(place+".collapses.high", row.Collapses.High)
	if row.LR != nil {
		c.fraction(place+".lr.shared_mean", row.LR.SharedMean)
	}
	c.want(row.Difference == nil || row.Activation != c.r.Baseline, place+".difference", words("an object"), "null in the baseline's row")
	if row.Difference != nil {
		c.difference(place+".difference", *row.Difference, n)
	}
}

func (c *checker) health(place string, row Row) {
	c.want(row.Checkups == nil || len(row.Checkups) == len(c.r.Seeds), place+".checkups",
		words(fmt.Sprintf("a list of %d", len(row.Checkups))), "%d, one for each seed", len(c.r.Seeds))
	for _, f := range HealthFigures {
		at, v, n := place+".health."+f.Name, row.Health[f.Name], len(f.Values(row))
		c.want((v != nil) == (n > 0), at, presence(v != nil), "a number where checkups have one, else null")
		if v != nil {
			c.want(*v >= 0 && (f.Unit != "%" || *v <= 1), at, *v, "at least 0, of a share at most 1")
		}
	}
}

func (c *checker) difference(place string, d Difference, n int) {
	c.want(0 <= d.N && d.N <= n, place+".n", d.N, "0 to %d, the number of values", n)
	c.want(-1 <= d.Mean && d.Mean <= 1, place+".mean", d.Mean, "-1 to 1")
	c.want(d.Std >= 0, place+".std", d.Std, "at least 0")
	c.scope(place, d.Scope)
	c.fraction(place+".p_sign_flip", d.PSignFlip)
	c.fraction(place+".p_wilcoxon", d.PWilcoxon)
	if p := d.Probabilities; p != nil {
		c.fraction(place+".probabilities.worse", &p.Worse)
		c.fraction(place+".probabilities.within", &p.Within)
		c.fraction(place+".probabilities.better", &p.Better)
	}
	for _, name := range []string{OverSeeds, OverSeedsAndImages} {
		if s, there := d.Scopes[name]; there {
			at := place + ".scopes." + name
			c.want(s != nil, at, words("null"), "an object")
			if s != nil {
				c.scope(at, *s)
			}
		}
	}
	for name := range d.Scopes {
		if name != OverSeeds && name != OverSeedsAndImages {
			c.scopeName(place+".scopes", name)
			break
		}
	}
}

func (c *checker) scope(place string, s Scope) {
	c.interval(place+".ci", s.CI)
	c.fraction(place+".p", s.P)
	c.fraction(place+".p_adjusted", s.PAdjusted)
	c.fraction(place+".level", &s.Level)
	c.fraction(place+".p_equivalent", s.PEquivalent)
	c.verdict(place+".verdict", s.Verdict)
}

func (c *checker) verdict(place string, v Verdict) {
	known := []Verdict{Better, Worse, Equivalent, Inconclusive}
	c.want(slices.Contains(known, v), place, string(v), "%s, %s, %s or %s", Better, Worse, Equivalent, Inconclusive)
}

func (c *checker) scopeName(place, name string) {
	c.want(name == OverSeeds || name == OverSeedsAndImages, place, name, "%s or %s", OverSeeds, OverSeedsAndImages)
}

func (c *checker) fraction(place string, v *float64) {
	if v != nil {
		c.want(0 <= *v && *v <= 1, place, *v, "0 to 1")
	}
}

func (c *checker) interval(place string, ci *[2]float64) {
	if ci != nil {
		c.want(ci[0] <= ci[1], place, words(fmt.Sprintf("%v to %v", ci[0], ci[1])), "the lower end first")
	}
}

func (c *checker) distinct(place string, seeds []uint64) {
	for i, seed := range seeds {
		c.want(slices.Index(seeds, seed) == i, fmt.Sprintf("%s[%d]", place, i), seed, "each seed once")
	}
}

// seeds are some of the comparison's.
func (c *checker) seeds(place string, seeds []uint64) {
	c.distinct(place, seeds)
	for i, seed := range seeds {
		c.want(slices.Contains(c.r.Seeds, seed), fmt.Sprintf("%s[%d]", place, i), seed, "one of the seeds")
	}
}

func presence(there bool) words {
	if there {
		return "a number"
	}
	return "null"
}
