package compare

import (
	"fmt"
	"math"
	"testing"

	"actfn/internal/record"
	"actfn/internal/rng"
)

// simulated cells are of 1000 images; which of them are right decides nothing over seeds, so the first are.
const simulated = 1000

var (
	simulatedLabels  = make([]int, simulated)
	simulatedPattern = func() []int {
		p := make([]int, 2*simulated)
		for i := simulated; i < len(p); i++ {
			p[i] = 1
		}
		return p
	}()
)

func simulatedCell(activation string, seed int, correct float64) Cell {
	k := max(0, min(simulated, int(math.Round(correct))))
	return Cell{Activation: activation, Seed: uint64(seed),
		Run:         record.Run{Test: &record.Test{Accuracy: float64(k) / simulated, Images: simulated, Correct: k}},
		Predictions: record.Predictions{Labels: simulatedLabels, Predicted: simulatedPattern[simulated-k : 2*simulated-k]}}
}

// decided is the share of comparisons of k rows with a baseline over n seeds, in which a row is better or worse.
// A row is 800 images, and shift for those that are compared, ± 20 of the seed, which all rows share, ± 30 of its
// own, so that differences have the standard deviation 42.4, many times the margin.
func decided(t *testing.T, n, k, repetitions int, shift float64) float64 {
	t.Helper()
	o := Defaults()
	o.Baseline = "0"
	o.Data.Classes = 2
	hits := 0
	for repetition := range repetitions {
		z := normals(rng.New(1, fmt.Sprintf("calibration %d %d", n, k), repetition), 0, n*(k+2))
		var cells []Cell
		for seed := range n {
			for row := range k + 1 {
				v := 800 + 20*z[seed] + 30*z[n+seed*(k+1)+row]
				if row > 0 {
					v += shift
				}
				cells = append(cells, simulatedCell(fmt.Sprint(row), seed, v))
			}
		}
		r, err := Compare(cells, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range r.Rows[1:] {
			if v := row.Difference.Verdict; v == Better || v == Worse {
				hits++
				break
			}
		}
	}
	return float64(hits) / float64(repetitions)
}

// TestFalsePositives holds the rate of verdicts where there is nothing within [alpha/2, 1.3 alpha]. With 4000
// repetitions a rate of 0.05 has a standard error of 0.0034.
func TestFalsePositives(t *testing.T) {
	for _, c := range []struct{ n, k, repetitions int }{{3, 1, 4000}, {5, 1, 4000}, {10, 1, 4000}, {5, 4, 1500}} {
		rate := decided(t, c.n, c.k, c.repetitions, 0)
		t.Logf("n = %d, %d rows: %.4f", c.n, c.k, rate)
		if !(rate >= 0.025 && rate <= 0.065) {
			t.Errorf("n = %d, %d rows: rate is %v, want 0.025 to 0.065", c.n, c.k, rate)
		}
	}
}

// TestDecisionPower holds the rate of verdicts to the paired t test's power.
func TestDecisionPower(t *testing.T) {
	std := 30 * math.Sqrt2
	for _, n := range []int{5, 10} {
		shift := DetectableDifference(std, n, 1, 0.05, 0.8)
		rate := decided(t, n, 1, 2000, shift)
		t.Logf("n = %d, shift %.1f images: %.4f", n, shift, rate)
		if math.Abs(rate-0.8) > 0.036 { // four standard errors
			t.Errorf("n = %d: rate is %v, want 0.8", n, rate)
		}
	}
}
