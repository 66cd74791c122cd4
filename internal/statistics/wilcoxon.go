package statistics

import (
	"cmp"
	"math"
	"slices"
)

// Wilcoxon returns the exact two-sided p-value of the signed rank test that the differences are symmetric
// around 0 (F. Wilcoxon 1945, doi:10.2307/3001968): of all signs of the ranks, the share with |Σ signᵢ rankᵢ| at
// least the one seen. Ranks are of |d|, equal ones share their mean, and zeros are ranked, then dropped (J. W.
// Pratt 1959, doi:10.1080/01621459.1959.10501526). It is coin's wilcoxsign_test(a ~ b, zero.method = "Pratt",
// distribution = exact()) in R. No differences or only zeros give 1, a NaN gives NaN. n differences take n³ steps.
func Wilcoxon(differences []float64) float64 {
	ranks, ok := doubledRanks(differences)
	if !ok {
		return math.NaN()
	}
	total, seen := 0, 0
	for _, r := range ranks {
		total += max(r, -r)
		seen += r
	}
	// share[s] is the share of the signs at which the positive ranks sum to s.
	share := make([]float64, total+1)
	share[0] = 1
	reach := 0
	for _, r := range ranks {
		r = max(r, -r)
		reach += r
		for s := reach; s >= 0; s-- {
			without := share[s]
			if s >= r {
				without += share[s-r]
			}
			share[s] = without / 2
		}
	}
	p := 0.0
	for s, q := range share {
		if sum := 2*s - total; max(sum, -sum) >= max(seen, -seen) {
			p += q
		}
	}
	return math.Min(1, p)
}

// doubledRanks returns twice the rank of each difference other than 0, which is whole for mid-ranks too, with
// the difference's sign; false if a difference is NaN.
func doubledRanks(differences []float64) ([]int, bool) {
	sorted := slices.Clone(differences)
	slices.SortFunc(sorted, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	var ranks []int
	for first := 0; first < len(sorted); {
		size := math.Abs(sorted[first])
		if math.IsNaN(size) {
			return nil, false
		}
		end := first + 1
		for end < len(sorted) && math.Abs(sorted[end]) == size {
			end++
		}
		for _, d := range sorted[first:end] {
			switch {
			case d > 0:
				ranks = append(ranks, first+1+end)
			case d < 0:
				ranks = append(ranks, -(first + 1 + end))
			}
		}
		first = end
	}
	return ranks, true
}
