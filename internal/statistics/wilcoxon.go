package statistics

import (
	"cmp"
	"math"
	"slices"
)

// exactRanks is the number of differences up to which Wilcoxon is exact: n take n³ steps, these 10 ms.
const exactRanks = 200

// Wilcoxon returns the two-sided p-value of the signed rank test that the differences are symmetric around 0
// (F. Wilcoxon 1945, doi:10.2307/3001968): of all signs of the ranks, the share with |Σ signᵢ rankᵢ| at least the
// one seen. Ranks are of |d|, equal ones share their mean, and zeros are ranked, then dropped (J. W. Pratt 1959,
// doi:10.1080/01621459.1959.10501526). Up to 200 differences other than 0 it is exact, as coin's
// wilcoxsign_test(a ~ b, zero.method = "Pratt", distribution = exact()) in R. Above, Σ signᵢ rankᵢ is taken to be
// normal with variance Σ rankᵢ², which corrects for ties, less 1 for continuity, as SciPy's
// wilcoxon(d, zero_method="pratt", correction=True, mode="approx"). No differences or only zeros give 1, a NaN
// gives NaN.
func Wilcoxon(differences []float64) float64 {
	ranks, ok := doubledRanks(differences)
	if !ok {
		return math.NaN()
	}
	total, seen, squares := 0, 0, 0.0
	for _, r := range ranks {
		total += max(r, -r)
		seen += r
		squares += float64(r) * float64(r)
	}
	seen = max(seen, -seen)
	if len(ranks) > exactRanks {
		return math.Min(1, 2*normalCDF(-float64(seen-2)/math.Sqrt(squares))) // ranks are doubled: 1 is 2
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
		if sum := 2*s - total; max(sum, -sum) >= seen {
			p += q
		}
	}
	return math.Min(1, p)
}

// doubledRanks returns twice the rank of each difference other than 0, which is whole for mid-ranks too, with
// the difference's sign; false if a difference is NaN.
func doubledRanks(differences []float64) ([]int, bool) {
	if slices.ContainsFunc(differences, math.IsNaN) {
		return nil, false
	}
	sorted := slices.SortedFunc(slices.Values(differences), func(a, b float64) int {
		return cmp.Compare(math.Abs(a), math.Abs(b))
	})
	var ranks []int
	for first := 0; first < len(sorted); {
		end := first + 1
		for end < len(sorted) && math.Abs(sorted[end]) == math.Abs(sorted[first]) {
			end++
		}
		for _, d := range sorted[first:end] {
			if d != 0 {
				ranks = append(ranks, int(math.Copysign(float64(first+1+end), d)))
			}
		}
		first = end
	}
	return ranks, true
}
