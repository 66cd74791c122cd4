package compare

import (
	"math"
	"slices"
	"strings"
	"testing"

	"actfn/internal/record"
)

// trialOf is a run whose epochs have these validation losses and accuracies.
func trialOf(activation string, seed uint64, lr float64, lossAndAccuracy ...float64) Cell {
	c := Cell{Activation: activation, Seed: seed, LR: lr}
	for i := 0; i < len(lossAndAccuracy); i += 2 {
		loss, accuracy := lossAndAccuracy[i], lossAndAccuracy[i+1]
		c.Run.Epochs = append(c.Run.Epochs, record.Epoch{
			N: i/2 + 1, Values: map[*record.Metric]float64{record.ValLoss: loss, record.ValAccuracy: accuracy},
		})
		c.Run.Test = &record.Test{Accuracy: accuracy - 0.1, Images: 10}
	}
	return c
}

func TestTune(t *testing.T) {
	cells := []Cell{
		// 0.03 has the higher accuracy, at an epoch whose loss is not the least: it counts with 0.80.
		trialOf("relu", 1, 0.01, 0.5, 0.85, 0.6, 0.70), trialOf("relu", 2, 0.01, 0.5, 0.84),
		trialOf("relu", 1, 0.03, 0.4, 0.80, 0.6, 0.99), trialOf("relu", 2, 0.03, 0.4, 0.80),
		// A tie, to the smaller rate; the last epochs are what was tested.
		trialOf("tanh", 1, 0.03, 0.4, 0.6), trialOf("tanh", 2, 0.03, 0.4, 0.5),
		trialOf("tanh", 1, 0.01, 0.4, 0.5), trialOf("tanh", 2, 0.01, 0.4, 0.6),
		// The one divergence costs more than the others gain.
		trialOf("gelu", 1, 0.01, 0.4, 0.95), trialOf("gelu", 2, 0.01, 0.4, 0.95),
		trialOf("gelu", 1, 0.03, 0.4, 0.90), trialOf("gelu", 2, 0.03, 0.4, 0.90),
	}
	cells[9].Run.Diverged = &record.Diverged{Epoch: 1, Step: 3}
	for range 2 {
		chosen, tuned, err := Tune(cells, LastFinite)
		if err != nil {
			t.Fatal(err)
		}
		for a, want := range map[string]float64{"relu": 0.01, "tanh": 0.01, "gelu": 0.03} {
			got := tuned[a]
			if got.Chosen != want || got.Shared != 0.03 || !slices.Equal(got.Trials, []float64{0.01, 0.03}) {
				t.Errorf("%s: tuned is %+v, want %v of the two and 0.03 shared", a, got, want)
			}
		}
		check(t, "shared mean of tanh", *tuned["tanh"].SharedMean, 0.45, 1e-14)
		check(t, "shared mean of relu", *tuned["relu"].SharedMean, (0.89+0.70)/2, 1e-14)
		if len(chosen) != 6 {
			t.Errorf("%d cells are chosen, want 6", len(chosen))
		}
		for _, c := range chosen {
			if c.LR != tuned[c.Activation].Chosen {
				t.Errorf("%s at %g is chosen", c.Activation, c.LR)
			}
		}
		slices.Reverse(cells) // decides nothing
	}
}

// TestTuneCommonSeeds: a seed that crashed at one rate has no say, or the easier seeds would choose.
func TestTuneCommonSeeds(t *testing.T) {
	_, tuned, err := Tune([]Cell{
		trialOf("relu", 1, 0.01, 0.4, 0.7),
		trialOf("relu", 1, 0.03, 0.4, 0.6), trialOf("relu", 2, 0.03, 0.4, 0.99),
	}, LastFinite)
	if err != nil || tuned["relu"].Chosen != 0.01 {
		t.Errorf("tuned is %+v, %v, want 0.01", tuned["relu"], err)
	}
}

func TestTuneOneRate(t *testing.T) {
	cells := []Cell{{Activation: "relu", LR: 0.01}}
	chosen, tuned, err := Tune(cells, LastFinite)
	if err != nil || len(chosen) != 1 || tuned["relu"].Chosen != 0.01 || tuned["relu"].SharedMean != nil {
		t.Errorf("Tune of one rate = %v, %v, %v, want it without validation", chosen, tuned, err)
	}
}

func TestTuneRefusals(t *testing.T) {
	a, b := trialOf("relu", 1, 0.01, 0.4, 0.7), trialOf("relu", 1, 0.03, 0.4, 0.7)
	for want, cells := range map[string][]Cell{
		"cell relu, seed 1, lr 0.01: cell is there twice": {a, a},
		"cells of relu: learning rates are [0.01 0.03]":   {a, b, trialOf("gelu", 1, 0.01, 0.4, 0.7)},
		"cells of relu: no seed has all of":               {a, trialOf("relu", 2, 0.03, 0.4, 0.7)},
		"cell relu, seed 1, lr 0.03: run has no val":      {a, {Activation: "relu", Seed: 1, LR: 0.03}},
		"cell relu, seed 1, lr 0.03: validation accuracy": {a, trialOf("relu", 1, 0.03, 0.4, math.NaN())},
	} {
		if _, _, err := Tune(cells, LastFinite); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error is %v, want %s…", err, want)
		}
	}
}

// TestTuneSharedMean: the mean at the shared rate counts a diverged run as the row's own mean does.
func TestTuneSharedMean(t *testing.T) {
	cells := []Cell{
		trialOf("relu", 1, 0.01, 0.4, 0.9), trialOf("relu", 2, 0.01, 0.4, 0.7),
		trialOf("relu", 1, 0.03, 0.4, 0.6), trialOf("relu", 2, 0.03, 0.4, 0.6),
	}
	cells[1].Run.Diverged = &record.Diverged{Epoch: 1, Step: 3}
	cells[2].Run.Diverged, cells[3].Run.Diverged = cells[1].Run.Diverged, cells[1].Run.Diverged
	for i := range cells {
		cells[i].Run.Classes = []string{"a", "b", "c", "d"}
	}
	for rule, want := range map[string]float64{LastFinite: (0.8 + 0.6) / 2, Chance: (0.8 + 0.25) / 2, Exclude: 0.8} {
		_, tuned, err := Tune(cells, rule)
		if err != nil || tuned["relu"].Shared != 0.01 {
			t.Fatalf("%s: tuned is %+v, %v, want the shared rate 0.01", rule, tuned["relu"], err)
		}
		check(t, "shared mean with "+rule, *tuned["relu"].SharedMean, want, 1e-14)
	}
}
