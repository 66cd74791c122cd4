package statistics

import (
	"fmt"
	"math"
	"testing"
)

// binom.test(c, n, alternative="greater", conf.level=confidence)$conf.int[1] and alternative="less", [2], in R 4.2.2.
func TestClopperPearson(t *testing.T) {
	for _, c := range []struct {
		c, n                  int
		confidence, low, high float64
	}{
		{0, 29, 0.95, 0, 0.098144627677295704},
		{29, 29, 0.95, 0.9018553723227043, 1},
		{0, 10, 0.95, 0, 0.2588655508930523},
		{1, 10, 0.95, 0.0051161968918237051, 0.39416330243650477},
		{3, 20, 0.95, 0.042169407885778623, 0.3436638043142819},
		{1, 2, 0.95, 0.025320565519103628, 0.97467943448089633},
		{40, 400, 0.95, 0.076349533645702475, 0.12818123205071763},
		{9, 10, 0.99, 0.49564733706919872, 0.99899547129175004},
		{5, 10000, 0.95, 0.0001970349563609182, 0.0010510137186384818},
		{0, 1, 0.95, 0, 0.95},
		{0, 0, 0.95, 0, 1},
	} {
		low, high := ClopperPearson(c.c, c.n, c.confidence)
		what := fmt.Sprintf("ClopperPearson(%d, %d, %v)", c.c, c.n, c.confidence)
		check(t, "low of "+what, low, c.low, 1e-9)
		check(t, "high of "+what, high, c.high, 1e-9)
	}
}

// TestTrialsWithoutHit: the number is the least whose bound is small enough.
func TestTrialsWithoutHit(t *testing.T) {
	if got := TrialsWithoutHit(0.1, 0.95); got != 29 {
		t.Errorf("trials without a hit that bound 10%% = %d, want 29", got)
	}
	for _, bound := range []float64{0.9, 0.5, 0.3, 0.05, 0.01, 1e-4} {
		n := TrialsWithoutHit(bound, 0.95)
		_, enough := ClopperPearson(0, n, 0.95)
		_, short := ClopperPearson(0, n-1, 0.95)
		if enough > bound+1e-12 || short <= bound {
			t.Errorf("%d trials without a hit bound %v, one less %v, want %v between", n, enough, short, bound)
		}
	}
	if got := TrialsWithoutHit(math.Nextafter(1, 0), 0.95); got != 1 {
		t.Errorf("trials for a bound of 1 = %d, want 1", got)
	}
}
