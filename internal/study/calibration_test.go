//go:build !race

// The race detector looks at the cells' making in the other tests; here it would only take time.

package study

import (
	"context"
	"testing"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/rng"
)

// TestRealRunsAgainstThemselves compares relu with relu at other seeds: runs that were really trained, on real
// images, dealt to two sides that have the same name for nothing. Verdicts of better or worse are false, and come
// at the rate of alpha: within [alpha/2, 1.3 alpha].
//
// Of 100 runs so many pairs are dealt that the rate's own error is small, but for what these runs have of their own:
// their accuracies, of 44 to 76 %, are what they are.
func TestRealRunsAgainstThemselves(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 100 models")
	}
	c := config.Default()
	c.Model.Filters, c.Model.Hidden, c.Train.Epochs = []int{2}, []int{16}, 1
	p := Plan{Activations: []string{"relu"}, Baseline: "relu", LRs: []float64{0.003}, Shared: Shared{Config: c, Images: 500, Classes: 10}, Kernel: Kernel("amd64")}
	for seed := range uint64(100) {
		p.Seeds = append(p.Seeds, seed)
	}
	images, err := dataset.LoadImages(context.Background(), c.Data, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer images.Close()
	p.Data = images.Hash()
	dir := t.TempDir()
	if err := makeCells(t, p, images, dir, 4, 0, p.Cells()); err != nil {
		t.Fatal(err)
	}
	runs, _, err := p.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	low, high := 1.0, 0.0
	for _, r := range runs {
		low, high = min(low, r.Run.Test.Accuracy), max(high, r.Run.Test.Accuracy)
	}
	t.Logf("accuracies are %.3f to %.3f", low, high)
	const repetitions = 700
	for _, n := range []int{3, 5, 10} {
		wrong := 0
		for repetition := range repetitions {
			order := rng.New(uint64(n), "deal", repetition).Perm(len(runs))
			var cells []compare.Cell
			for k := range n {
				a, b := runs[order[2*k]], runs[order[2*k+1]]
				a.Activation, b.Activation, a.Seed, b.Seed = "one", "other", uint64(k), uint64(k)
				cells = append(cells, a, b)
			}
			o := compare.Defaults()
			o.Baseline = "one"
			r, err := compare.Compare(cells, o)
			if err != nil {
				t.Fatal(err)
			}
			if v := r.Rows[1].Difference.Verdict; v == compare.Better || v == compare.Worse {
				wrong++
			}
		}
		rate := float64(wrong) / repetitions
		t.Logf("%d seeds: %.4f", n, rate)
		if rate < 0.025 || rate > 0.065 {
			t.Errorf("%d seeds: rate of false verdicts is %v, want 0.025 to 0.065", n, rate)
		}
	}
}
