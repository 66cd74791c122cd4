package statistics

import (
	"cmp"
	"math"
	"slices"

	"actfn/internal/rng"
)

// The permutation test of Friedman looks at all permutations up to exactPermutations, and at flipDraws random ones
// above.
const exactPermutations = 500_000

// Friedman returns the p-value of the hypothesis that nothing distinguishes k treatments: blocks[b][j] is what block b,
// as a data set, has of treatment j. The values are ranked within each block, equal ones sharing their mean rank, and
//
//	p = the share of all (k!)ⁿ permutations within the n blocks at which Σ_j (R_j − n(k+1)/2)² is at least the one seen
//
// with R_j the sum of the ranks of treatment j: the permutation version of the test of M. Friedman (1937,
// doi:10.1080/01621459.1937.10503522), whose statistic is that sum up to a factor (FriedmanStatistic). It is exact
// where (k!)^{n−1} is 500000 at most; above, p = (1 + hits)/(1 + 100000) of as many random permutations, always the
// same ones. least is the smallest p that n blocks without ties can have, (k!)^{1−n}: where it is above the level of a
// test, no data can reject. Without two blocks and two treatments p is 1; a NaN gives NaN.
func Friedman(blocks [][]float64) (p, least float64) {
	if len(blocks) < 2 || len(blocks[0]) < 2 {
		return 1, 1
	}
	k := len(blocks[0])
	orders := 1.0
	for i := range k {
		orders *= float64(i + 1)
	}
	least = math.Pow(orders, float64(1-len(blocks)))
	ranks, _ := blockRanks(blocks)
	if ranks == nil {
		return math.NaN(), least
	}
	far := spreadOf(ranks) - 1e-9 // ranks are multiples of a half: sums of squares that differ do so by more
	if 1/least <= exactPermutations {
		var all [][]int
		permutations(make([]int, 0, k), k, &all)
		// One block may stand still: only how the others stand to it counts.
		hits, of := reach(ranks[0], ranks[1:], all, len(ranks), far)
		return float64(hits) / float64(of), least
	}
	draws, draw, hits := rng.New(0, "friedman", 0), uint64(0), 0
	for range flipDraws {
		for _, r := range ranks {
			for i := k - 1; i > 0; i-- { // Fisher and Yates
				j := draws.Intn(draw, i+1)
				r[i], r[j] = r[j], r[i]
				draw++
			}
		}
		if spreadOf(ranks) >= far {
			hits++
		}
	}
	return float64(1+hits) / float64(1+flipDraws), math.Max(least, 1/float64(1+flipDraws))
}

// FriedmanStatistic is that of R's friedman.test, corrected for ties, which is about χ² with k−1 degrees of freedom in
// many blocks. NaN where all values of each block are equal.
func FriedmanStatistic(blocks [][]float64) float64 {
	ranks, ties := blockRanks(blocks)
	if ranks == nil {
		return math.NaN()
	}
	n, k := float64(len(ranks)), float64(len(ranks[0]))
	return 12 * spreadOf(ranks) / (n*k*(k+1) - ties/(k-1))
}

// blockRanks are the mean ranks within each block, and ties is Σ (t³ − t) over groups of t equal values; nil with a NaN.
func blockRanks(blocks [][]float64) (ranks [][]float64, ties float64) {
	for _, values := range blocks {
		order := make([]int, len(values))
		for i := range order {
			if order[i] = i; math.IsNaN(values[i]) {
				return nil, 0
			}
		}
		slices.SortFunc(order, func(i, j int) int { return cmp.Compare(values[i], values[j]) })
		r := make([]float64, len(values))
		for first := 0; first < len(order); {
			end := first + 1
			for end < len(order) && values[order[end]] == values[order[first]] {
				end++
			}
			for _, i := range order[first:end] {
				r[i] = float64(first+1+end) / 2
			}
			t := float64(end - first)
			ties += t*t*t - t
			first = end
		}
		ranks = append(ranks, r)
	}
	return ranks, ties
}

// spreadOf is Σ_j (R_j − n(k+1)/2)².
func spreadOf(ranks [][]float64) float64 {
	sums := make([]float64, len(ranks[0]))
	for _, r := range ranks {
		for j, v := range r {
			sums[j] += v
		}
	}
	return squares(sums, len(ranks))
}

func squares(sums []float64, blocks int) float64 {
	total, middle := 0.0, float64(blocks)*float64(len(sums)+1)/2
	for _, v := range sums {
		total += (v - middle) * (v - middle)
	}
	return total
}

// reach counts the ways of permuting the ranks of the blocks that are left, added to sums, and how many of them bring the
// spread of the sums to far.
func reach(sums []float64, left [][]float64, all [][]int, blocks int, far float64) (hits, of int) {
	if len(left) == 0 {
		if squares(sums, blocks) >= far {
			return 1, 1
		}
		return 0, 1
	}
	next := make([]float64, len(sums))
	for _, order := range all {
		for j, v := range sums {
			next[j] = v + left[0][order[j]]
		}
		h, o := reach(next, left[1:], all, blocks, far)
		hits, of = hits+h, of+o
	}
	return hits, of
}

// permutations appends those of 0 to k−1 that begin with some.
func permutations(begin []int, k int, all *[][]int) {
	if len(begin) == k {
		*all = append(*all, slices.Clone(begin))
		return
	}
	for i := range k {
		if !slices.Contains(begin, i) {
			permutations(append(begin, i), k, all)
		}
	}
}
