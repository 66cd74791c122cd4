//go:build !race

// The race detector has nothing to find in simulations, which start no goroutine.

package compare

import (
	"fmt"
	"math"
	"testing"

	"actfn/internal/rng"
	"actfn/internal/statistics"
)

// TestBestSetHasTheBest: the set lacks the best row at the rate alpha at most, and mostly lacks a row that is far worse.
// Of rows that are all equal, any may be called the best; they are the hardest case. Of others, each is half a standard
// deviation of the differences worse than the one before.
func TestBestSetHasTheBest(t *testing.T) {
	for _, d := range dealers(t, "steady") {
		for _, rows := range []int{2, 5, 9} {
			for _, n := range []int{3, 5, 10} {
				equal, apart, kept := 0, 0, 0
				for i := range *deals {
					dealt := d.deal(rng.New(uint64(n), fmt.Sprint("best of ", rows, d.name), i), rows, n)
					if !statistics.BestSet(dealt, 0.05, 1)[0] {
						equal++
					}
					for row := range dealt {
						for seed := range dealt[row] {
							dealt[row][seed] -= 0.5 * d.std * float64(row)
						}
					}
					may := statistics.BestSet(dealt, 0.05, 1)
					if !may[0] {
						apart++
					}
					for _, ok := range may {
						if ok {
							kept++
						}
					}
				}
				what := fmt.Sprintf("%s, %d rows, %d seeds", d.name, rows, n)
				t.Logf("%s: best left out %.4f of equal rows, %.4f of rows apart, of which %.1f stay", what, share(equal), share(apart), share(kept))
				atMost(t, what+", equal", share(equal), 0.057)
				atMost(t, what+", apart", share(apart), 0.057)
			}
		}
	}
}

// TestBestSetAndCollapses shows why the set guarantees nothing where runs collapse. A rival of 0.95 that is at chance in
// a tenth of its runs has the mean 0.865, so that a row of 0.88 is the best, and yet the set mostly lacks it: few seeds
// have no collapse, or, with one, a spread that hides it.
func TestBestSetAndCollapses(t *testing.T) {
	for n, want := range map[int]float64{3: 0.73, 5: 0.59, 10: 0.35} { // 0.9ⁿ: no collapse
		out := 0
		for i := range *deals {
			s := rng.New(uint64(n), "collapses", i)
			z := normals(s, uint64(n), 2*n)
			dealt := make([][]float64, 2)
			for seed := range n {
				rival := 475 + 5*z[n+seed]
				if s.Float64(uint64(seed)) < 0.1 {
					rival = 50
				}
				dealt[0] = append(dealt[0], 440+5*z[seed])
				dealt[1] = append(dealt[1], rival)
			}
			if !statistics.BestSet(dealt, 0.05, 1)[0] {
				out++
			}
		}
		t.Logf("%d seeds: best left out %.3f", n, share(out))
		if math.Abs(share(out)-want) > 4*math.Sqrt(want*(1-want)/float64(*deals)) {
			t.Errorf("%d seeds: best is left out at the rate %.3f, want about %.2f, that of no collapse", n, share(out), want)
		}
	}
}
