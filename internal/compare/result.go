package compare

import (
	"fmt"
	"slices"

	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/wording"
)

// Schema is the version of Result's JSON. It grows when a key changes its meaning.
const Schema = 1

// Result is a comparison: what `actfn compare --format json` prints, and a baseline file holds. Accuracies and
// their differences are fractions. A figure that does not exist, as an interval of one seed, is null.
type Result struct {
	Schema     int      `json:"schema"`
	Metric     string   `json:"metric"` // accuracy
	Baseline   string   `json:"baseline"`
	Alpha      float64  `json:"alpha"`
	Rope       float64  `json:"rope"`       // the least difference that matters
	Generalize string   `json:"generalize"` // seeds, or seeds+images
	Seeds      []uint64 `json:"seeds"`
	Data       Data     `json:"data"`
	Setup      Setup    `json:"setup"`
	Timing     *Timing  `json:"timing,omitempty"`
	Rows       []Row    `json:"rows"`
	MDE        *MDE     `json:"mde"`
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

// missing are the seeds at which a row has neither a value nor diverged.
func (r Result) missing(row Row) []uint64 {
	var seeds []uint64
	for i, v := range row.Values {
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

// Setup is what all cells have in common.
type Setup struct {
	Version string `json:"version"`
	Kernel  string `json:"kernel"`
	// Config is the resolved configuration without activation, seed and learning rate, key by key.
	Config map[string]any `json:"config"`
}

// Row is one activation.
type Row struct {
	Activation string `json:"activation"`
	N          int    `json:"n"` // seeds with a value
	// Values are the test accuracies, in the order of Result.Seeds; null where there is none.
	Values []*float64  `json:"values"`
	Mean   *float64    `json:"mean"`
	CI     *[2]float64 `json:"ci"` // t interval at 1−alpha, over seeds
	Std    *float64    `json:"std"`
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
	DZ        *float64 `json:"d_z"`      // mean/std with Hedges' correction
	PBetter   *float64 `json:"p_better"` // that the true difference is above 0
	// SeedsNeeded to find a true difference as large as the one seen, at the chosen power; null where none would.
	SeedsNeeded *int `json:"seeds_needed"`
	// Scopes are the two answers to "evidence for what?".
	Scopes map[string]*Scope `json:"scopes"` // by the names of generalize
}

// Scope is a difference tested as one over new seeds on these test images, or over new images too.
type Scope struct {
	SE *float64 `json:"se"`
	DF *float64 `json:"df"`
	// CI is the simultaneous interval: at 1−alpha/k for k rows that are compared.
	CI          *[2]float64 `json:"ci"`
	P           *float64    `json:"p"`
	PHolm       *float64    `json:"p_holm"`
	PEquivalent *float64    `json:"p_equivalent"` // of the two one-sided tests against ±rope, Holm's
	Verdict     Verdict     `json:"verdict"`
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
