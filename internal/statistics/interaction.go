package statistics

import "math"

// Interaction returns the p-value of the hypothesis that an effect has the same true mean in all settings.
// effects[s][b] is the effect in setting s at block b, as a seed; NaN where it is not known. Of two settings it is that
// of the paired t test over the blocks that both have, whose differences spread by least at least, as for OverSample;
// of more, the smallest p of a pair of settings times the number of pairs, 1 at most (Bonferroni's inequality). It
// needs no equal spread in the settings. Below two common blocks a pair says nothing; NaN where all do.
func Interaction(effects [][]float64, least float64) float64 {
	smallest, pairs := math.NaN(), 0
	for s, a := range effects {
		for _, b := range effects[:s] {
			pairs++
			var d []float64
			for i := range a {
				if v := a[i] - b[i]; !math.IsNaN(v) {
					d = append(d, v)
				}
			}
			if p := OverSample(d, least).P(); !(p >= smallest) && !math.IsNaN(p) {
				smallest = p
			}
		}
	}
	return math.Min(1, float64(pairs)*smallest)
}
