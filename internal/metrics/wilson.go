package metrics

import (
	"fmt"
	"math"
)

// Wilson returns the score interval of a proportion of which k in n were seen: the p for
// which k/n is within z standard errors √(p(1−p)/n),
//
//	(p̂ + z²/2n ± z √(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n),  p̂ = k/n,
//
// z the normal quantile of the two-sided confidence (E. B. Wilson 1927,
// doi:10.1080/01621459.1927.10502953), without continuity correction. It is R's
// prop.test(k, n, conf.level = confidence, correct = FALSE). Both ends are within [0, 1];
// k = 0 begins at 0, k = n ends at 1, and n = 0 says nothing: [0, 1].
//
// It panics unless 0 ≤ k ≤ n and 0 < confidence < 1.
func Wilson(k, n int, confidence float64) (low, high float64) {
	if k < 0 || k > n || !(0 < confidence && confidence < 1) {
		panic(fmt.Sprintf("metrics: Wilson interval of %d in %d at confidence %v", k, n, confidence))
	}
	if n == 0 {
		return 0, 1
	}
	z := math.Sqrt2 * math.Erfinv(confidence)
	size := float64(n)
	p := float64(k) / size
	centre := p + z*z/(2*size)
	half := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	scale := 1 + z*z/size
	low, high = (centre-half)/scale, (centre+half)/scale
	if k == 0 {
		low = 0 // exactly, whatever centre − half rounds to
	}
	if k == n {
		high = 1
	}
	return low, high
}
