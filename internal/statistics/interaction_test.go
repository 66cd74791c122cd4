package statistics

import (
	"testing"

	"actfn/internal/rng"
)

// Where effects are the same in all settings, any of four activations has an interaction at 0.05 in at most 5 % of
// comparisons, whatever the spreads of the settings and however the seeds bind them.
func TestInteractionCalibration(t *testing.T) {
	const comparisons, seeds, activations = 4000, 5, 4
	for settings := 2; settings <= 4; settings++ {
		found := 0
		for c := range comparisons {
			z, draw := rng.New(uint64(c), "interaction", settings), uint64(0)
			normal := func() float64 { draw++; return z.Normal(draw) }
			ps := make([]float64, activations)
			for a := range ps {
				effects := make([][]float64, settings)
				shared := make([]float64, seeds) // what a seed does in every setting
				for i := range shared {
					shared[i] = normal()
				}
				for s := range effects {
					for i := range seeds {
						effects[s] = append(effects[s], 1+shared[i]+float64(1+2*s)*normal())
					}
				}
				ps[a] = Interaction(effects, 0)
			}
			for _, p := range Holm(ps) {
				if p < 0.05 {
					found++
					break
				}
			}
		}
		share := float64(found) / comparisons
		t.Logf("%d settings: %.1f %%", settings, 100*share)
		if share > 0.057 {
			t.Errorf("%d settings: %.1f %% of comparisons have an interaction that is not there", settings, 100*share)
		}
	}
}
