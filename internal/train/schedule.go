package train

import (
	"math"
	"slices"
)

// rate is the learning rate of update u = 0, 1, …, with n updates in an epoch:
//
//	constant   lr
//	step       lr·γ^⌊e/s⌋           e the epochs done after warm-up, s StepEpochs; or
//	           lr·γ^k               k the number of Milestones that are at most the epochs done, those of warm-up too
//	cosine     min + (lr−min)(1+cos πt)/2   t from 0 to 1 over the updates after warm-up
//
// (cosine: Loshchilov and Hutter 2016, arXiv:1608.03983), after WarmupEpochs in which it grows
// linearly to lr (Goyal et al. 2017, arXiv:1706.02677).
func (c Config) rate(u, n int) float64 {
	warm := c.WarmupEpochs * n
	if u < warm {
		return c.LR * float64(u+1) / float64(warm)
	}
	u -= warm
	switch c.Schedule {
	case "step":
		decays := u / n / c.StepEpochs
		if len(c.Milestones) > 0 {
			decays, _ = slices.BinarySearch(c.Milestones, c.WarmupEpochs+u/n+1)
		}
		return c.LR * math.Pow(c.Gamma, float64(decays))
	case "cosine":
		t := float64(u) / float64(max(1, c.Epochs*n-warm))
		return c.MinLR + (c.LR-c.MinLR)*(1+math.Cos(math.Pi*min(t, 1)))/2
	}
	return c.LR
}
