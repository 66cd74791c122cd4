package compare

import (
	"maps"
	"slices"

	"actfn/internal/statistics"
)

// Candidates are what the first stage of a comparison leaves to the second: the learning rate of each activation
// (Tune), and the activations that may be the best at it (statistics.BestSet at alpha), in order, by
//
//	the validation accuracy after the epoch of least validation loss, and 0 of a run that diverged
//
// at the seeds that all activations share; of a rate that was not chosen among several, by the test accuracy. least is
// that of one of the images that it is measured on.
//
// The second stage trains the candidates and the baseline at these rates and at seeds of its own, and its runs alone
// are compared: what was chosen because it looked good at some seeds looks too good at those seeds, and at no others.
func Candidates(cells []Cell, alpha, least float64, diverged string) ([]string, map[string]Tuned, error) {
	chosen, tuned, err := Tune(cells, diverged)
	if err != nil {
		return nil, nil, err
	}
	values := map[string]map[uint64]float64{}
	for _, c := range chosen {
		v := 0.0
		if len(tuned[c.Activation].Trials) > 1 {
			if v, err = validation(c); err != nil {
				return nil, nil, err
			}
		} else if c.Run.Test != nil {
			v = c.Run.Test.Accuracy
		}
		if values[c.Activation] == nil {
			values[c.Activation] = map[uint64]float64{}
		}
		values[c.Activation][c.Seed] = v
	}
	names := slices.Sorted(maps.Keys(values))
	var seeds []uint64 // that all share
	for i, a := range names {
		if i == 0 {
			seeds = slices.Sorted(maps.Keys(values[a]))
		}
		seeds = slices.DeleteFunc(seeds, func(seed uint64) bool { _, ok := values[a][seed]; return !ok })
	}
	table := make([][]float64, len(names))
	for i, a := range names {
		for _, seed := range seeds {
			table[i] = append(table[i], values[a][seed])
		}
	}
	var candidates []string
	for i, may := range statistics.BestSet(table, alpha, least) {
		if may {
			candidates = append(candidates, names[i])
		}
	}
	return candidates, tuned, nil
}
