package statistics

import (
	"math"
	"slices"

	"actfn/internal/rng"
)

// The sign-flip test looks at all 2ⁿ signs up to exactFlips differences, and at flipDraws random ones above.
const (
	exactFlips = 20
	flipDraws  = 100_000
)

// SignFlip returns the two-sided p-value of the hypothesis that the differences are symmetric around 0: the
// share of the 2ⁿ ways of giving them signs whose sum is at least as far from 0 as the one seen,
//
//	p = #{s ∈ {−1, +1}ⁿ: |Σ sᵢdᵢ| ≥ |Σ dᵢ|} / 2ⁿ
//
// (R. A. Fisher 1935, The Design of Experiments, section 21). It is exact up to 20 differences; above, p =
// (1 + hits)/(1 + 100000) from as many random signs, always the same ones (Phipson and Smyth 2010,
// doi:10.2202/1544-6115.1585), with a standard error of √(p/100000) at most. Sums that differ by rounding are
// equal. Zeros flip to themselves; no differences give 1, a NaN gives NaN.
func SignFlip(differences []float64) float64 {
	seen, scale := 0.0, 0.0
	sizes := make([]float64, len(differences))
	for i, d := range differences {
		seen += d
		sizes[i] = math.Abs(d)
		scale += sizes[i]
	}
	if math.IsNaN(scale) {
		return math.NaN()
	}
	slices.Sort(sizes) // the order of the differences decides nothing
	far := math.Abs(seen) - 1e-12*scale
	if len(sizes) > exactFlips {
		return randomFlips(sizes, far)
	}
	return flips(sizes, 0, far)
}

// flips is the share of the signs of sizes that bring sum to far or beyond.
func flips(sizes []float64, sum, far float64) float64 {
	if len(sizes) == 0 {
		if math.Abs(sum) >= far {
			return 1
		}
		return 0
	}
	last := len(sizes) - 1
	return (flips(sizes[:last], sum+sizes[last], far) + flips(sizes[:last], sum-sizes[last], far)) / 2
}

// randomFlips is p by random signs. A draw adds a sum of eight sizes at a time, of the 256 that these can have.
func randomFlips(sizes []float64, far float64) float64 {
	var sums [][256]float64
	for eight := range slices.Chunk(sizes, 8) {
		var of [256]float64
		for signs := range of {
			for i, size := range eight {
				if signs>>i&1 == 0 {
					size = -size
				}
				of[signs] += size
			}
		}
		sums = append(sums, of)
	}
	draws, draw := rng.New(0, "sign flip", 0), uint64(0)
	hits := 0
	for range flipDraws {
		sum, bits := 0.0, uint64(0)
		for i := range sums {
			if i%8 == 0 {
				bits = draws.Uint64(draw)
				draw++
			}
			sum += sums[i][bits&255]
			bits >>= 8
		}
		if math.Abs(sum) >= far {
			hits++
		}
	}
	return float64(1+hits) / float64(1+flipDraws)
}
