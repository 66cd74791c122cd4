//go:build !race

// The race detector has nothing to find in simulations, which start no goroutine.

package compare

import (
	"embed"
	"flag"
	"fmt"
	"math"
	"strings"
	"testing"

	"actfn/internal/rng"
	"actfn/internal/statistics"
)

// deals is how often a calibration deals runs. A rate of 0.05 has the standard error 0.0154 with 200 deals, and 0.0034
// with the 4000 of .ci/nightly.
var deals = flag.Int("deals", 200, "how often each calibration deals runs")

// pools are the runs of bench/pools.py.
//
//go:embed testdata/pools
var pools embed.FS

// pool returns the columns of a pool, a run each: numbers of correct images.
func pool(t *testing.T, name string) [][]float64 {
	t.Helper()
	text, err := pools.ReadFile("testdata/pools/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	var columns [][]float64
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for i, field := range strings.Fields(line) {
			var v float64
			if _, err := fmt.Sscan(field, &v); err != nil {
				t.Fatalf("pool %s: %v", name, err)
			}
			if i == len(columns) {
				columns = append(columns, nil)
			}
			columns[i] = append(columns[i], v)
		}
	}
	return columns
}

// dealer deals rows of runs, of numbers of correct images: rows that are equal in truth.
type dealer struct {
	name string
	std  float64 // of the difference of two rows at a seed
	deal func(s rng.Stream, rows, seeds int) [][]float64
}

// dealers deal from real runs, none of them twice in a deal, and normal ones that are correlated as those of a seed
// may be.
func dealers(t *testing.T, names ...string) []dealer {
	t.Helper()
	const own, shared = 15, 12
	list := []dealer{{"normal", own * math.Sqrt2, func(s rng.Stream, rows, seeds int) [][]float64 {
		dealt := make([][]float64, rows)
		z := normals(s, 0, (rows+1)*seeds)
		for i := range dealt {
			for seed := range seeds {
				dealt[i] = append(dealt[i], 400+shared*z[rows*seeds+seed]+own*z[i*seeds+seed])
			}
		}
		return dealt
	}}}
	for _, name := range names {
		runs := pool(t, name)[0]
		_, std := statistics.Moments(runs)
		list = append(list, dealer{name, std * math.Sqrt2, func(s rng.Stream, rows, seeds int) [][]float64 {
			order := s.Perm(len(runs))
			dealt := make([][]float64, rows)
			for i := range dealt {
				for seed := range seeds {
					dealt[i] = append(dealt[i], runs[order[i*seeds+seed]])
				}
			}
			return dealt
		}})
	}
	return list
}

// less is a − b − shift.
func less(a, b []float64, shift float64) []float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i] - shift
	}
	return d
}

// share is that of all deals.
func share(n int) float64 { return float64(n) / float64(*deals) }

// atMost wants a rate over the deals to be a limit at most; with few deals, but for three standard errors.
func atMost(t *testing.T, what string, rate, limit float64) {
	t.Helper()
	if *deals < 4000 {
		limit += 3 * math.Sqrt(limit*(1-limit)/float64(*deals))
	}
	if rate > limit {
		t.Errorf("%s: rate is %.4f over %d deals, want at most %.4f", what, rate, *deals, limit)
	}
}

// TestRealRunsAgainstThemselves compares runs that were really trained, dealt to two rows that have different names for
// nothing. Verdicts of better or worse are false, and come at the rate alpha at most; of runs that all train, not far
// below it.
func TestRealRunsAgainstThemselves(t *testing.T) {
	for _, d := range dealers(t, "steady", "collapsing") {
		for _, n := range []int{3, 5, 10} {
			o := Defaults()
			o.Baseline, o.Data.Classes = "0", 2
			wrong := 0
			for i := range *deals {
				var cells []Cell
				for row, runs := range d.deal(rng.New(uint64(n), "against themselves "+d.name, i), 2, n) {
					for seed, correct := range runs {
						cells = append(cells, simulatedCell(fmt.Sprint(row), seed, correct))
					}
				}
				if v := family(t, cells, o)[0].scopes[OverSeeds].Verdict; v == Better || v == Worse {
					wrong++
				}
			}
			what := fmt.Sprintf("%s, %d seeds", d.name, n)
			t.Logf("%s: %.4f", what, share(wrong))
			atMost(t, what, share(wrong), 0.057)
			if least := 0.025 - 3*math.Sqrt(0.05*0.95/float64(*deals)); d.name != "collapsing" && share(wrong) < least {
				t.Errorf("%s: rate is %.4f, want not far below 0.05", what, share(wrong))
			}
		}
	}
}
