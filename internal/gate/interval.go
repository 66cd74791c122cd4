package gate

import (
	"slices"

	"actfn/internal/statistics"
)

// pairedInterval is a mean difference over seeds with the interval that holds the truth.
type pairedInterval struct {
	n    int
	mean float64
	half float64 // of the interval
}

func (p pairedInterval) low() float64  { return p.mean - p.half }
func (p pairedInterval) high() float64 { return p.mean + p.half }

// pairedT is the t interval at 1−alpha of the mean of two paired differences or more (OverSample). Accuracies are
// of so many images; the spread of their differences is taken to be at least one image, as in Compare, but for
// results that are the same at every seed, as those of a program that did not change: they differ by 0.
func pairedT(differences []float64, images int, alpha float64) pairedInterval {
	p := pairedInterval{n: len(differences)}
	if !slices.ContainsFunc(differences, func(d float64) bool { return d != 0 }) {
		return p
	}
	e := statistics.OverSample(differences, 1/float64(max(images, 1)))
	p.mean, p.half = e.Mean, e.HalfWidth(1-alpha)
	return p
}
