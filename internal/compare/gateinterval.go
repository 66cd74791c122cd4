package compare

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// pairedInterval is a mean difference over seeds with the interval that holds the truth at 1−alpha.
type pairedInterval struct {
	n          int
	mean, half float64
}

func (p pairedInterval) low() float64  { return p.mean - p.half }
func (p pairedInterval) high() float64 { return p.mean + p.half }

// pairedT is the t interval of the mean of paired differences, mean ± t s/√n with n−1 degrees of freedom. The
// accuracies are of so many images: as each is a multiple of 1/images, off by up to half of that, the spread s of
// their differences is taken to be at least 1/(images √6), but for results that are the same at every seed, as
// those of a program that did not change: they differ by 0. It wants two differences or more.
func pairedT(differences []float64, images int, alpha float64) pairedInterval {
	n := float64(len(differences))
	mean, same := 0.0, true
	for _, d := range differences {
		mean += d / n
		same = same && d == 0
	}
	if same {
		return pairedInterval{n: len(differences)}
	}
	squares := 0.0
	for _, d := range differences {
		squares += (d - mean) * (d - mean)
	}
	s := math.Sqrt(squares / (n - 1))
	if images > 0 {
		s = math.Max(s, 1/(float64(images)*math.Sqrt(6)))
	}
	t := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(1 - alpha/2)
	return pairedInterval{len(differences), mean, t * s / math.Sqrt(n)}
}
