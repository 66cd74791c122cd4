package statistics

import "math"

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
