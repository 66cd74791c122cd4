//go:build !race

// The race detector makes these seconds a minute, and has nothing to find here: nothing starts a goroutine.

package statistics

import (
	"math"
	"testing"
	"time"
)

// TestTenThousand: as many seeds as a comparison may have take seconds, where the exact rank test took hours.
func TestTenThousand(t *testing.T) {
	d := many(10_000)
	start := time.Now()
	// As above; and of the normal distribution, which the sum of so many signs has: erfc(|Σd| / √(2 Σd²)).
	check(t, "Wilcoxon", Wilcoxon(d), 1.4849984679762462e-19, 1e-10)
	sum, squares := 0.0, 0.0
	for i := range d {
		if i%10 == 0 { // leaves a p that random signs can find
			d[i] -= 11
		}
		sum += d[i]
		squares += d[i] * d[i]
	}
	normal := math.Erfc(math.Abs(sum) / math.Sqrt(2*squares))
	if got := SignFlip(d); math.Abs(got-normal) > 4*math.Sqrt(normal/flipDraws) {
		t.Errorf("SignFlip = %v, want %v within four standard errors", got, normal)
	}
	took := time.Since(start)
	t.Logf("both took %v", took)
	if took > time.Minute {
		t.Errorf("both took %v, want seconds", took)
	}
}
