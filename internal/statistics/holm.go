package statistics

import (
	"cmp"
	"math"
	"slices"
)

// Holm returns the p-values of a family, in their order, so raised that rejecting those below alpha rejects a
// true hypothesis with probability alpha at most, however they depend on each other:
//
//	p̃₍ᵢ₎ = max_{j ≤ i} min(1, (k−j+1) p₍ⱼ₎)
//
// of the k in rising order (S. Holm 1979, Scandinavian Journal of Statistics 6:65). It is R's p.adjust(p,
// "holm") but for a NaN, which stays NaN and yet counts in k, as a 1.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	asNumber := func(i int) float64 {
		if math.IsNaN(p[i]) {
			return 1
		}
		return p[i]
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(asNumber(i), asNumber(j)) })
	raised := make([]float64, len(p))
	least := 0.0
	for rank, i := range order {
		least = math.Max(least, math.Min(1, float64(len(p)-rank)*asNumber(i)))
		raised[i] = least
		if math.IsNaN(p[i]) {
			raised[i] = math.NaN()
		}
	}
	return raised
}
