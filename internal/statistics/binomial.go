package statistics

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// ClopperPearson is what c hits in n independent trials say of a trial's probability p: it is at least low with the
// given confidence, and at most high with the same confidence, each by itself. Both together have 2 confidence − 1.
//
//	P(at least c hits | low) = P(at most c hits | high) = 1 − confidence
//
// (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404). low is 0 without a hit, high is 1 without a miss, and no
// trial says nothing: 0 and 1. It is R's binom.test(c, n, alternative = "greater")$conf.int[1] and "less", [2].
func ClopperPearson(c, n int, confidence float64) (low, high float64) {
	hits, misses := float64(c), float64(n-c)
	high = 1
	if c > 0 {
		low = mathext.InvRegIncBeta(hits, misses+1, 1-confidence)
	}
	if c < n {
		high = mathext.InvRegIncBeta(hits+1, misses, confidence)
	}
	return low, high
}

// TrialsWithoutHit is the least number of trials without a hit that bounds a trial's probability by bound, 0 to 1,
// with the given confidence: ClopperPearson(0, n, confidence) is then at most that.
//
//	n ≥ ln(1 − confidence)/ln(1 − bound)
func TrialsWithoutHit(bound, confidence float64) int {
	return int(math.Ceil(math.Log1p(-confidence) / math.Log1p(-bound)))
}
