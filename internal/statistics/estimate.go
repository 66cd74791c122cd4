package statistics

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Estimate is a mean that is known up to a standard error: (Mean − truth)/SE is distributed as Student's t with
// DF degrees of freedom. All of its figures are NaN where SE is 0 or not known: a spread of 0 has no t.
type Estimate struct{ Mean, SE, DF float64 }

// Moments returns the mean of the values and their standard deviation with n−1, which is NaN for one value; both
// are NaN for none. A NaN among the values makes both NaN.
func Moments(values []float64) (mean, std float64) { return stat.MeanStdDev(values, nil) }

// Median is the middle one of the values in order, of an even number the mean of the middle two, and 0 of none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// OverSample is the estimate by a sample's mean: SE = s/√n with n−1 degrees of freedom (Student 1908,
// doi:10.1093/biomet/6.1.1). Of paired differences it makes the paired t test. The standard deviation is taken
// to be at least least: values that agree more closely than their measure can tell are no evidence that the
// truth has a smaller spread, and none at all that it has no spread.
func OverSample(values []float64, least float64) Estimate {
	mean, std := Moments(values)
	n := float64(len(values))
	return Estimate{mean, math.Max(std, least) / math.Sqrt(n), n - 1}
}

// OverSeedsAndImages joins the two errors of a mean over n seeds and N images,
//
//	SE² = s_d²/n + s_img²/N
//
// seeds.SE² being s_d²/n and spread s_img, the standard deviation over the images of what each contributes to
// the mean. The degrees of freedom are those of F. E. Satterthwaite (1946, doi:10.2307/3002019),
//
//	df = SE⁴ / ((s_d²/n)²/(n−1) + (s_img²/N)²/(N−1))
//
// but n−1 at most: at few seeds, the spread over them is guessed too small too often, and df, which depends on that
// guess, is then too large.
// What a seed does to one image alone is in both terms, so that SE errs on the large side, by at most that
// part's share. One image has no spread: NaN.
func OverSeedsAndImages(seeds Estimate, spread float64, images int) Estimate {
	a, b := seeds.SE*seeds.SE, spread*spread/float64(images)
	df := (a + b) * (a + b) / (a*a/seeds.DF + b*b/float64(images-1))
	return Estimate{seeds.Mean, math.Sqrt(a + b), math.Min(df, seeds.DF)}
}

// P is the two-sided p-value of the hypothesis that the truth is 0.
func (e Estimate) P() float64 { return math.Min(1, 2*tTail(math.Abs(e.Mean)/e.SE, e.DF)) }

// Interval holds the truth with the given confidence: Mean ± t SE. k of them hold all their truths at once with
// confidence 1−alpha if each has 1−alpha/k (Bonferroni's inequality).
func (e Estimate) Interval(confidence float64) [2]float64 {
	half := e.HalfWidth(confidence)
	return [2]float64{e.Mean - half, e.Mean + half}
}

// HalfWidth is by how much Interval reaches from the mean: t SE.
func (e Estimate) HalfWidth(confidence float64) float64 {
	return tQuantile((1-confidence)/2, e.DF) * e.SE
}

// Above is the probability that the truth is above v to one who held all means and all logarithms of the spread for
// equally likely before: P(T > (v − Mean)/SE), T Student's with DF degrees of freedom (Box and Tiao 1973, Bayesian
// Inference in Statistical Analysis, 2.4; of two classifiers, Benavoli, Corani, Demšar and Zaffalon 2017,
// arXiv:1606.04316). Above(0) is 1 less the one-sided p-value.
func (e Estimate) Above(v float64) float64 { return tTail((v-e.Mean)/e.SE, e.DF) }

// Equivalent is the p-value of the hypothesis that the truth is not within ±margin: of the two one-sided tests,
// that it is ≤ −margin and that it is ≥ +margin, the larger,
//
//	p = P(T > (margin − |Mean|)/SE)
//
// (D. J. Schuirmann 1987, doi:10.1007/BF01068419).
func (e Estimate) Equivalent(margin float64) float64 {
	return tTail((margin-math.Abs(e.Mean))/e.SE, e.DF)
}

// Effect is d_z, the mean of paired differences in units of their standard deviation, with Hedges' correction
// for its bias in small samples:
//
//	J(n−1) mean/s,  J(m) = Γ(m/2) / (√(m/2) Γ((m−1)/2))
//
// (L. V. Hedges 1981, doi:10.3102/10769986006002107). It is NaN for less than three differences, of which no
// unbiased effect can be had, and for differences without spread.
func Effect(differences []float64) float64 {
	mean, std := Moments(differences)
	if len(differences) < 3 || std == 0 {
		return math.NaN()
	}
	return hedges(float64(len(differences)-1)) * mean / std
}

// hedges is J(m), m > 1.
func hedges(m float64) float64 {
	above, _ := math.Lgamma(m / 2)
	below, _ := math.Lgamma((m - 1) / 2)
	return math.Exp(above-below) / math.Sqrt(m/2)
}
