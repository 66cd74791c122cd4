package compare

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"actfn/internal/record"
	"actfn/internal/statistics"
)

// trial is an activation at a learning rate.
type trial struct {
	activation string
	lr         float64
}

// Tune chooses a learning rate for each activation from the cells of several, and returns the cells at the chosen
// ones, in their order, and by activation what was chosen. A rate's score is the mean over seeds of
//
//	the validation accuracy after the epoch of least validation loss, and 0 of a run that diverged
//
// over the seeds that the activation has at every rate; the best score is chosen, the smaller rate of equals. The
// shared rate is the one of the best mean score over all activations. The test set has no say: SharedMean, the
// mean accuracy on it with diverged as Options.Diverged, is for comparison alone. Where there is one rate only, it is
// chosen without validation.
//
// Errors: a cell that is there twice, activations of different rates, no seed with every rate, and a run with
// nothing measured on validation images.
func Tune(cells []Cell, diverged string) ([]Cell, map[string]Tuned, error) {
	rates := map[string][]float64{} // by activation, rising
	at := map[trial]map[uint64]Cell{}
	for _, c := range cells {
		key := trial{c.Activation, c.LR}
		if at[key] == nil {
			at[key] = map[uint64]Cell{}
			rates[c.Activation] = append(rates[c.Activation], c.LR)
		}
		if _, twice := at[key][c.Seed]; twice {
			return nil, nil, fmt.Errorf("cell %s, seed %d, lr %g: cell is there twice, want it once", c.Activation, c.Seed, c.LR)
		}
		at[key][c.Seed] = c
	}
	var all []float64
	var sums []float64 // of the activations' scores, by rate
	tuned := map[string]Tuned{}
	for _, a := range slices.Sorted(maps.Keys(rates)) {
		slices.Sort(rates[a])
		if all == nil {
			all, sums = rates[a], make([]float64, len(rates[a]))
		}
		if !slices.Equal(all, rates[a]) {
			return nil, nil, fmt.Errorf("cells of %s: learning rates are %v, want %v as of the others", a, rates[a], all)
		}
		scores, err := scoresOf(a, all, at)
		if err != nil {
			return nil, nil, err
		}
		for i := range sums {
			sums[i] += scores[i]
		}
		tuned[a] = Tuned{Chosen: all[best(scores)], Trials: slices.Clone(all)}
	}
	if len(all) == 0 {
		return nil, tuned, nil
	}
	one := all[best(sums)]
	for a, t := range tuned {
		t.Shared, t.SharedMean = one, meanTest(at[trial{a, one}], diverged)
		tuned[a] = t
	}
	var chosen []Cell
	for _, c := range cells {
		if c.LR == tuned[c.Activation].Chosen {
			chosen = append(chosen, c)
		}
	}
	return chosen, tuned, nil
}

// scoresOf are an activation's, rate by rate.
func scoresOf(activation string, rates []float64, at map[trial]map[uint64]Cell) ([]float64, error) {
	list := make([]float64, len(rates))
	if len(rates) == 1 {
		return list, nil
	}
	var seeds []uint64 // with a cell at every rate
	for seed := range at[trial{activation, rates[0]}] {
		every := true
		for _, lr := range rates {
			_, ok := at[trial{activation, lr}][seed]
			every = every && ok
		}
		if every {
			seeds = append(seeds, seed)
		}
	}
	if len(seeds) == 0 {
		return nil, fmt.Errorf("cells of %s: no seed has all of the learning rates %v, want one at least to choose by", activation, rates)
	}
	slices.Sort(seeds)
	for i, lr := range rates {
		var values []float64
		for _, seed := range seeds {
			v, err := validation(at[trial{activation, lr}][seed])
			if err != nil {
				return nil, fmt.Errorf("cell %s, seed %d, lr %g: %w", activation, seed, lr, err)
			}
			values = append(values, v)
		}
		slices.Sort(values) // equal scores are equal in every bit, whichever seed has which
		list[i], _ = statistics.Moments(values)
	}
	return list, nil
}

// validation is the accuracy after the epoch of least validation loss, the first of equals; 0 of a diverged run.
func validation(c Cell) (float64, error) {
	if Diverged(c.Run) {
		return 0, nil
	}
	least, accuracy, found := math.Inf(1), 0.0, false
	for _, e := range c.Run.Epochs {
		loss, ok := e.Values[record.ValLoss]
		fraction, both := e.Values[record.ValAccuracy]
		if ok && both && (loss < least || !found) {
			least, accuracy, found = loss, fraction, true
		}
	}
	if !found {
		return 0, fmt.Errorf("run has no validation, want validation images to choose a learning rate by")
	}
	if !(accuracy >= 0 && accuracy <= 1) {
		return 0, fmt.Errorf("validation accuracy is %g, want 0 to 1", accuracy)
	}
	return accuracy, nil
}

// best is the place of the largest score, the first of equals.
func best(scores []float64) int {
	at := 0
	for i, v := range scores {
		if v > scores[at] {
			at = i
		}
	}
	return at
}

// meanTest is the mean test accuracy, by a rule of Options.Diverged, over the seeds with one; nil without.
func meanTest(cells map[uint64]Cell, diverged string) *float64 {
	var values []float64
	for _, c := range cells {
		switch {
		case diverged == Chance && Diverged(c.Run) && len(c.Run.Classes) > 0:
			values = append(values, 1/float64(len(c.Run.Classes)))
		case diverged == Exclude && Diverged(c.Run), c.Run.Test == nil:
		default:
			values = append(values, c.Run.Test.Accuracy)
		}
	}
	slices.Sort(values) // a map has no order
	mean, _ := statistics.Moments(values)
	return known(mean)
}
