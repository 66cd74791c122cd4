package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/wording"
)

// Schema is the version of Result's JSON. It grows when a key changes its meaning.
const Schema = 2

// Result is a comparison: what `actfn compare --format json` prints, and a baseline file holds. Accuracies and
// their differences are fractions. A figure that does not exist, as an interval of one seed, is null.
type Result struct {
	Schema     int     `json:"schema"`
	Metric     string  `json:"metric"` // accuracy
	Baseline   string  `json:"baseline"`
	Alpha      float64 `json:"alpha"`
	Rope       float64 `json:"rope"`       // the least difference that matters
	Generalize string  `json:"generalize"` // seeds, or seeds+images
	// Looks are the times at which each row was judged until it was decided: Options.Looks.
	Looks  []Look   `json:"looks,omitempty"`
	Seeds  []uint64 `json:"seeds"`
	Data   Data     `json:"data"`
	Setup  Setup    `json:"setup"`
	Timing *Timing  `json:"timing,omitempty"`
	Rows   []Row    `json:"rows"`
	Best   *Best    `json:"best"`
	MDE    *MDE     `json:"mde"`
	// Luck is by how much the best row's mean is expected to be too good if all rows were equal: the expected
	// maximum of as many means.
	Luck     *float64  `json:"luck"`
	Warnings []Warning `json:"warnings"`
}

// Row finds an activation.
func (r Result) Row(activation string) (Row, bool) {
	for _, row := range r.Rows {
		if row.Activation == activation {
			return row, true
		}
	}
	return Row{}, false
}

// Level is the confidence of the interval of a difference over so many of the first seeds: that of the rows, 1−alpha/k,
// or with looks that of the last one with so many.
func (r Result) Level(seeds int) float64 {
	alpha := r.Alpha
	for i, look := range r.Looks {
		if i == 0 || look.Seeds <= seeds {
			alpha = look.Alpha
		}
	}
	return 1 - alpha/float64(max(1, len(r.Rows)-1))
}

// missing are the seeds that a row is to have, and at which it has neither a value nor diverged.
func (r Result) missing(row Row) []uint64 {
	var seeds []uint64
	for i, v := range row.Values {
		if row.SeedsWanted > 0 && i >= row.SeedsWanted {
			break
		}
		if v == nil && i < len(r.Seeds) && !slices.Contains(row.Diverged, r.Seeds[i]) {
			seeds = append(seeds, r.Seeds[i])
		}
	}
	return seeds
}

// Gap says at which seeds a row is missing, and what to do about it; "" of one that is complete.
func (r Result) Gap(row Row) string {
	missing := r.missing(row)
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("%s has no result at %s: run the same command again to make what is missing", row.Activation, wording.Seeds(missing))
}

// Data says on which images.
type Data struct {
	Hash    string `json:"hash"`
	Images  int    `json:"images"` // of the test set
	Classes int    `json:"classes"`
}

// Setup is what all cells have in common: all that decides a result but for activation, seed and images.
type Setup struct {
	Version string    `json:"version"` // of the program, which decides nothing
	Results int       `json:"results"` // version of the results: the same settings give the same bits
	Kernel  string    `json:"kernel"`  // arithmetic class
	LRs     []float64 `json:"lrs"`     // of several, each row has its best: Row.LR
	// Diverged is how runs that diverged count, a value of Options.Diverged.
	Diverged string `json:"diverged"`
	// Config is the resolved configuration without activation, seed and learning rate, key by key. Of a file of initial
	// weights it has the hash.
	Config map[string]any `json:"config"`
}

// Keys are the names of the parts that decide a result.
func (s Setup) Keys() []string { return slices.Sorted(maps.Keys(s.parts())) }

// Change is a part of a Setup that is not the same in two, as text; "" in one that lacks it.
type Change struct{ Key, Now, Before string }

// Changes are the parts that decide a result and differ from those of before, by the names that they have in JSON, of
// the configuration its keys. Numbers are equal as numbers: 1e-8 and 1e-08 are.
func (s Setup) Changes(before Setup) []Change {
	now, then := s.parts(), before.parts()
	keys := maps.Clone(now)
	maps.Copy(keys, then)
	var changes []Change
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if now[key] != then[key] {
			changes = append(changes, Change{key, now[key], then[key]})
		}
	}
	return changes
}

// parts are texts that are equal where what they stand for is.
func (s Setup) parts() map[string]string {
	parts := map[string]string{"results": text(s.Results), "kernel": text(s.Kernel), "train.lr": text(s.LRs),
		"diverged": text(s.Diverged)}
	for key, v := range s.Config {
		parts[key] = text(v)
	}
	return parts
}

// text is a value as JSON, its numbers in one form.
func text(v any) string {
	b, err := json.Marshal(v)
	if err == nil {
		var plain any
		if err = json.Unmarshal(b, &plain); err == nil {
			b, err = json.Marshal(plain)
		}
	}
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// Row is one activation.
type Row struct {
	Activation string `json:"activation"`
	N          int    `json:"n"` // seeds with a value
	// SeedsWanted are the first of Result.Seeds that the row is to have by its looks: those of the look that decided it, or
	// else of the next one. 0 without looks: all.
	SeedsWanted int `json:"seeds_wanted,omitempty"`
	// Values are the test accuracies, in the order of Result.Seeds; null where there is none.
	Values []*float64 `json:"values"`
	// Predictions are hashes of the classes that are predicted of the test images, in the order of Result.Seeds; "" where
	// there is no value or it is that of guessing. They are equal where all predictions are.
	Predictions []string    `json:"predictions"`
	Mean        *float64    `json:"mean"`
	CI          *[2]float64 `json:"ci"` // t interval of the mean at 1−alpha, over what Result.Generalize says
	Std         *float64    `json:"std"`
	// Difference to the baseline; null in the baseline's own row.
	Difference *Difference `json:"difference"`
	LR         *Tuned      `json:"lr,omitempty"`
	Step       *Step       `json:"step,omitempty"` // left out where it was not timed
	Parameters int         `json:"parameters"`
	// Loss is the mean test loss, NaN where a cell's is.
	Loss number.Float `json:"loss"`
	// Metrics are, by name, those of the last epoch, aggregated over the seeds with a value (record.Metric.Aggregate); of a
	// metric that a cell did not measure there is none.
	Metrics map[string]number.Float `json:"metrics,omitempty"`
	// Health are, by name, the medians of HealthFigures over the seeds that have the figure, null where none has. Checkups
	// are the figures of the seeds, in the order of Result.Seeds; null where there is no value or health was not measured.
	// Older results have neither.
	Health   map[string]*float64 `json:"health,omitempty"`
	Checkups []*record.Checkup   `json:"checkups,omitempty"`
	// Diverged are the seeds at which the loss became NaN or infinite.
	Diverged []uint64 `json:"diverged"`
	// AtChance are the seeds at which the accuracy is no better than guessing: nothing was learnt.
	AtChance []uint64 `json:"at_chance"`
	// Collapses counts the runs that diverged or are at chance.
	Collapses Collapses `json:"collapses"`
}

// Collapses are the runs, of those that there are, that came to nothing. Low and High bound the share of such runs
// among all possible ones, each with confidence 1−alpha (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404); null
// without a run.
type Collapses struct {
	N    int      `json:"n"`
	Of   int      `json:"of"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

// Best is the set of the activations of which one is the best with probability 1−alpha at least (statistics.BestSet),
// over the seeds at which all have a value. Where a run collapsed, the rows are compared by runs too few to show how
// often that happens, and nothing is guaranteed.
type Best struct {
	Activations []string `json:"activations"`
	Cheapest    string   `json:"cheapest"` // of them, the one with the shortest step; "" without step times
	Seeds       int      `json:"seeds"`
	Guaranteed  bool     `json:"guaranteed"` // no run collapsed
}

// Difference is a row's accuracy less the baseline's, seed by seed. Its interval, p and verdict are those of the
// scope that Result.Generalize names.
type Difference struct {
	N    int     `json:"n"` // seeds with both values
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"` // of the differences, over seeds
	Scope
	// The second opinions, which need no normal distribution: exact up to 20 seeds and up to 200, then by random signs
	// and by the normal distribution of the rank sum (statistics.SignFlip, statistics.Wilcoxon).
	PSignFlip *float64 `json:"p_sign_flip"`
	PWilcoxon *float64 `json:"p_wilcoxon"`
	DZ        *float64 `json:"d_z"` // mean/std with Hedges' correction
	// Probabilities are those of the true difference, one by one: not adjusted for the number of rows.
	Probabilities *Probabilities `json:"probabilities"`
	// SeedsNeeded to find a true difference as large as the one seen, at the chosen power; null where none would.
	SeedsNeeded *int `json:"seeds_needed"`
	// Scopes are the two answers to "evidence for what?".
	Scopes map[string]*Scope `json:"scopes"` // by the names of generalize
}

// Scope is a difference tested as one over new seeds on these test images, or over new images too.
type Scope struct {
	SE *float64 `json:"se"`
	DF *float64 `json:"df"`
	// CI is the simultaneous interval: at Level, 1−alpha/k for k rows that are compared.
	CI    *[2]float64 `json:"ci"`
	Level float64     `json:"level"`
	P     *float64    `json:"p"`
	// PAdjusted is below alpha where CI excludes 0, and PEquivalent where CI is within ±rope: both are adjusted for k.
	PAdjusted   *float64 `json:"p_adjusted"`
	PEquivalent *float64 `json:"p_equivalent"`
	Verdict     Verdict  `json:"verdict"` // of CI alone
}

// Probabilities are that the true difference is below −rope, within ±rope, and above rope, to one who knew nothing
// before (statistics.Estimate.Above). They sum to 1.
type Probabilities struct {
	Worse  float64 `json:"worse"`
	Within float64 `json:"within"`
	Better float64 `json:"better"`
}

// Verdict is what the evidence comes to.
type Verdict string

// The verdicts. Inconclusive is not "no difference": it says that these seeds cannot tell.
const (
	Better       Verdict = "better"
	Worse        Verdict = "worse"
	Equivalent   Verdict = "equivalent"
	Inconclusive Verdict = "inconclusive"
)

// The values of Result.Generalize.
const (
	OverSeeds          = "seeds"
	OverSeedsAndImages = "seeds+images"
)

// MDE is the least true difference that this design finds with the given power.
type MDE struct {
	Difference float64 `json:"difference"`
	Power      float64 `json:"power"`
	N          int     `json:"n"`
}

// Tuned is the learning rate that a row's trials chose on the validation images.
type Tuned struct {
	Chosen float64   `json:"chosen"`
	Trials []float64 `json:"trials"`
	// Shared is the rate that is best for all activations together, and SharedMean the row's mean at it.
	Shared     float64  `json:"shared"`
	SharedMean *float64 `json:"shared_mean"`
}

// Warning is something to know before believing a row, or all of them.
type Warning struct {
	Code       string `json:"code"`                 // few_seeds
	Activation string `json:"activation,omitempty"` // "" of the whole comparison
	Text       string `json:"text"`
}
