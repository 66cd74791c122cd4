//go:build !race

// The race detector has nothing to find in simulations, which start no goroutine.

package compare

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"actfn/internal/record"
	"actfn/internal/rng"
	"actfn/internal/statistics"
)

// The pool "rates" has 500 test images, and 400 on which rates are chosen.
const (
	ratesTest       = 500
	ratesValidation = 400
)

// ratesCells are the cells of two activations that are equal, a and b, at three rates, of runs of the pool: a's and
// b's, seed by seed.
func ratesCells(runs [][]float64, a, b []int) []Cell {
	var cells []Cell
	for name, row := range map[string][]int{"a": a, "b": b} {
		for seed, run := range row {
			for rate := range len(runs) / 2 {
				right, correct := runs[2*rate][run]/ratesValidation, runs[2*rate+1][run]
				cells = append(cells, Cell{Activation: name, Seed: uint64(seed), LR: float64(rate), Run: record.Run{
					Test:   &record.Test{Accuracy: correct / ratesTest, Images: ratesTest, Correct: int(correct)},
					Epochs: []record.Epoch{{Values: map[*record.Metric]float64{record.ValLoss: 1, record.ValAccuracy: right}}}}})
			}
		}
	}
	return cells
}

// TestConfirm: a mean at the rate that was best on validation images is too high at the seeds that chose it, and its
// interval misses the truth too often; at fresh seeds, neither is so, and the difference of two equal activations,
// each at the rate that is chosen for it, is decided at the rate alpha.
func TestConfirm(t *testing.T) {
	runs := pool(t, "rates")
	rates := len(runs) / 2
	truth := make([]float64, rates)
	for rate := range truth {
		truth[rate], _ = statistics.Moments(runs[2*rate+1])
	}
	at := func(rate int, of []int) []float64 {
		var correct []float64
		for _, run := range of {
			correct = append(correct, runs[2*rate+1][run])
		}
		return correct
	}
	for _, n := range []int{5, 10, 20} {
		type tally struct {
			bias              []float64 // in points
			covered, verdicts int
		}
		var same, fresh tally
		chosen, untuned := make([]int, rates), make([]int, rates) // how often chosen, and covered by a fixed rate's interval
		confirmed := 0
		holds := func(of []float64, rate int) int {
			if ci := statistics.OverSample(of, 1).Interval(0.95); ci[0] <= truth[rate] && truth[rate] <= ci[1] {
				return 1
			}
			return 0
		}
		for i := range *deals {
			order := rng.New(uint64(n), "confirm", i).Perm(len(runs[0]))
			a, b, freshA, freshB := order[:n], order[n:2*n], order[2*n:3*n], order[3*n:4*n]
			candidates, tuned, err := Candidates(ratesCells(runs, a, b), 0.05, 1.0/ratesValidation, LastFinite)
			if err != nil {
				t.Fatal(err)
			}
			rate, other := int(tuned["a"].Chosen), int(tuned["b"].Chosen)
			chosen[rate]++
			for r := range rates {
				untuned[r] += holds(at(r, freshA), r)
			}
			reached := slices.Contains(candidates, "b")
			if reached {
				confirmed++
			}
			for _, stage := range []struct {
				*tally
				a, b    []int
				compare bool
			}{{&same, a, b, true}, {&fresh, freshA, freshB, reached}} {
				of := at(rate, stage.a)
				mean, _ := statistics.Moments(of)
				stage.bias = append(stage.bias, 100*(mean-truth[rate])/ratesTest)
				stage.covered += holds(of, rate)
				if v := judge(inImages(less(at(other, stage.b), of, 0), 1), false, 2.5, 0.05, 1).Verdict; stage.compare && (v == Better || v == Worse) {
					stage.verdicts++
				}
			}
		}
		expected := 0.0 // of an interval at a rate that was fixed before, as often as the rate is chosen
		for r := range rates {
			expected += share(chosen[r]) * share(untuned[r])
		}
		const alpha = 0.05
		verdicts := float64(fresh.verdicts) / float64(confirmed)
		bias, std := statistics.Moments(fresh.bias)
		today, _ := statistics.Moments(same.bias)
		t.Logf("%d seeds: at the seeds that chose the rate %+.2f points too high, %.3f covered, %.3f decided; at fresh seeds %+.2f, "+
			"%.3f (untuned %.3f), %.3f", n, today, share(same.covered), share(same.verdicts), bias, share(fresh.covered), expected, verdicts)
		if today < 0.3 {
			t.Errorf("%d seeds: mean is %v points too high at the seeds that chose the rate, want more than 0.3: the pool shows nothing", n, today)
		}
		luck := func(std float64) float64 { // with few deals
			if *deals >= 4000 {
				return 0
			}
			return 3 * std / math.Sqrt(float64(*deals))
		}
		if math.Abs(bias) > 0.1+luck(std) {
			t.Errorf("%d seeds: mean at fresh seeds is %+.3f points off, want 0.1 at most", n, bias)
		}
		if math.Abs(share(fresh.covered)-expected) > 0.015+luck(math.Sqrt(alpha)) {
			t.Errorf("%d seeds: coverage at fresh seeds is %.4f, want %.4f as untuned, within 0.015", n, share(fresh.covered), expected)
		}
		if slack := luck(math.Sqrt(alpha * (1 - alpha))); verdicts < 0.025-slack || verdicts > 0.065+slack {
			t.Errorf("%d seeds: verdicts at fresh seeds are %.4f, want 0.025 to 0.065", n, verdicts)
		}
	}
}

// TestCandidates: a row that is clearly worse by validation goes, whatever the test says, and rates are chosen.
func TestCandidates(t *testing.T) {
	var cells []Cell
	for seed := range uint64(5) {
		for name, right := range map[string][2]float64{"relu": {0.80, 0.85}, "gelu": {0.84, 0.70}, "sigmoid": {0.20, 0.10}} {
			for i, lr := range []float64{0.001, 0.01} {
				cells = append(cells, Cell{Activation: name, Seed: seed, LR: lr, Run: record.Run{
					Test:   &record.Test{Accuracy: 1 - right[i], Images: 100},
					Epochs: []record.Epoch{{Values: map[*record.Metric]float64{record.ValLoss: 1, record.ValAccuracy: right[i]}}}}})
			}
		}
	}
	got, tuned, err := Candidates(cells, 0.05, 0.01, LastFinite)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"gelu", "relu"}; !slices.Equal(got, want) {
		t.Errorf("candidates are %v, want %v", got, want)
	}
	if tuned["relu"].Chosen != 0.01 || tuned["gelu"].Chosen != 0.001 {
		t.Errorf("rates are %v, want 0.01 for relu and 0.001 for gelu", fmt.Sprint(tuned))
	}
}
