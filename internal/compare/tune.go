package compare

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"actfn/internal/record"
	"actfn/internal/statistics"
)

// trials are an activation's cells by learning rate and seed.
type trials map[float64]map[uint64]Cell

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
	at := map[string]trials{}
	for _, c := range cells {
		if at[c.Activation] == nil {
			at[c.Activation] = trials{}
		}
		if at[c.Activation][c.LR] == nil {
			at[c.Activation][c.LR] = map[uint64]Cell{}
		}
		if _, twice := at[c.Activation][c.LR][c.Seed]; twice {
			return nil, nil, fmt.Errorf("cell %s, seed %d, lr %g: cell is there twice, want it once", c.Activation, c.Seed, c.LR)
		}
		at[c.Activation][c.LR][c.Seed] = c
	}
	var all []float64
	var sums []float64 // of the activations' scores, by rate
	tuned := map[string]Tuned{}
	for _, a := range slices.Sorted(maps.Keys(at)) {
		rates := slices.Sorted(maps.Keys(at[a]))
		if all == nil {
			all, sums = rates, make([]float64, len(rates))
		}
		if !slices.Equal(all, rates) {
			return nil, nil, fmt.Errorf("cells of %s: learning rates are %v, want %v as of the others", a, rates, all)
		}
		scores, err := at[a].scores(a, rates)
		if err != nil {
			return nil, nil, err
		}
		for i := range sums {
			sums[i] += scores[i]
		}
		tuned[a] = Tuned{Chosen: best(rates, scores), Trials: rates}
	}
	for a, t := range tuned {
		t.Shared = best(all, sums)
		t.SharedMean = meanTest(at[a][t.Shared], diverged)
		tuned[a] = t
	}
	chosen := slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return c.LR != tuned[c.Activation].Chosen })
	return chosen, tuned, nil
}

// best is the rate of the largest score, the first of equals.
func best(rates, scores []float64) float64 { return rates[slices.Index(scores, slices.Max(scores))] }

// scores are an activation's, rate by rate.
func (t trials) scores(activation string, rates []float64) ([]float64, error) {
	list := make([]float64, len(rates))
	if len(rates) == 1 {
		return list, nil
	}
	seeds := slices.Sorted(maps.Keys(t[rates[0]])) // those with a cell at every rate
	for _, lr := range rates {
		seeds = slices.DeleteFunc(seeds, func(seed uint64) bool { _, ok := t[lr][seed]; return !ok })
	}
	if len(seeds) == 0 {
		return nil, fmt.Errorf("cells of %s: no seed has all of the learning rates %v, want one at least to choose by", activation, rates)
	}
	for i, lr := range rates {
		var values []float64
		for _, seed := range seeds {
			v, err := validation(t[lr][seed])
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
