package compare

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"actfn/internal/fault"
)

// Options say what Compare compares, and what it takes for evidence.
type Options struct {
	// Baseline is the activation that the others are compared with.
	Baseline string
	// Alpha is the probability at which the family of all rows may have a verdict by luck.
	Alpha float64
	// Rope is the least difference of accuracies that matters. It is raised to that of one test image.
	Rope float64
	// Generalize is OverSeeds or OverSeedsAndImages.
	Generalize string
	// Power is that of MDE and SeedsNeeded, above Alpha.
	Power float64
	// Diverged is LastFinite, Chance or Exclude.
	Diverged string
	// Seeds are all that were asked for, in the order of Row.Values; those of the cells if none are given.
	Seeds []uint64
	// Activations are the rows, in order; those of the cells, the baseline first, if none are given.
	Activations []string
	// Data names the test images. Without a number of images or classes it is the cells'.
	Data  Data
	Setup Setup
	// Looks are the times at which each row is judged by its first Seeds, if it is not decided before; what they spend sums
	// to Alpha. None: each row is judged by all seeds that it has.
	Looks []Look
	// Tuned are the learning rates that Tune has chosen, if it has.
	Tuned map[string]Tuned
	// Timed are the steps of the activations, if they were timed.
	Timed *Timed
}

// The values of Options.Diverged: what the accuracy of a run is whose loss became NaN or infinite.
const (
	LastFinite = "last"    // that of the weights after the last finite epoch
	Chance     = "chance"  // that of guessing: 1/classes, at every image
	Exclude    = "exclude" // none: the row lacks the seed
)

// Generalizations and DivergedRules are the choices of Options.
var (
	Generalizations = []string{OverSeeds, OverSeedsAndImages}
	DivergedRules   = []string{LastFinite, Chance, Exclude}
)

// LeastAlpha bounds Options.Alpha from below: shared among 500 rows, it is where Student's quantiles begin to lose
// digits (statistics.TestStudent).
const LeastAlpha = 1e-6

// Defaults are the options but for what is compared.
func Defaults() Options {
	return Options{Alpha: 0.05, Rope: 0.005, Generalize: OverSeeds, Power: 0.8, Diverged: LastFinite}
}

// Validate reports every fault of the options that shows without cells. A fault begins with the name of its flag.
func (o Options) Validate() error {
	var faults []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	choice := func(key, v string, of []string) {
		if !slices.Contains(of, v) {
			err := fmt.Errorf("%s: value is %q, want one of %s", key, v, strings.Join(of, ", "))
			faults = append(faults, fault.Suggest(err, v, of))
		}
	}
	check(o.Alpha > 0 && o.Alpha < 1, "alpha: value is %g, want above 0 and below 1", o.Alpha)
	check(!(o.Alpha > 0) || o.Alpha >= LeastAlpha, "alpha: value is %g, want at least %g", o.Alpha, LeastAlpha)
	check(o.Power > o.Alpha && o.Power < 1, "power: value is %g, want above %g, alpha, and below 1", o.Power, o.Alpha)
	check(o.Rope >= 0 && o.Rope < 1, "rope: value is %g, want 0 to below 100 percentage points", 100*o.Rope)
	choice("generalize", o.Generalize, Generalizations)
	choice("diverged", o.Diverged, DivergedRules)
	for i, s := range o.Seeds {
		check(!slices.Contains(o.Seeds[:i], s), "seeds: %d is there twice, want every seed once", s)
	}
	for i, a := range o.Activations {
		check(!slices.Contains(o.Activations[:i], a), "activations: %s is there twice, want every activation once", a)
	}
	return errors.Join(faults...)
}
