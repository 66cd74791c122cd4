package statistics

import "math"

// noncentralTail returns P(T > t) of the noncentral t, (Z + shift)/S with Z standard normal and S² = χ²/df:
//
//	∫ Φ(shift − t s) f(s) ds,  f(s) ∝ s^{df−1} exp(−df s²/2),  s > 0
//
// (Johnson, Kotz and Balakrishnan 1995, Continuous Univariate Distributions 2, 31.2). In u = ln s the integrand
// is analytic and falls off at both ends, so that the trapezoidal rule converges faster than any power of its
// step (Trefethen and Weideman 2014, doi:10.1137/130932132). It is R's pt(t, df, shift, lower.tail = FALSE); the
// absolute error is below 1e-10 for df ≥ 1 (TestNoncentral). The work grows with |shift| and √df. A NaN gives NaN.
func noncentralTail(t, df, shift float64) float64 {
	if math.IsNaN(t + df + shift) {
		return math.NaN()
	}
	switch far := 8.0; { // a normal's tail beyond 7.5 is below 1e-13, that of S, which is less spread, too
	case t < 0:
		return 1 - noncentralTail(-t, df, -shift)
	case shift < -far:
		return 0
	case shift > far+7.5*t:
		return 1
	}
	// The density of u is exp(df (u + 1/2 − e^{2u}/2)) of its peak: below e⁻³⁰ outside of low to high.
	x := 30 / df
	low, high := -x-math.Sqrt(x), math.Min(math.Sqrt(x), math.Log(4*x+4)/2)
	// The density is 1/√(2df) wide, the normal's edge at t s = shift about 1/shift, and e^{2u} turns within π/4.
	steps := math.Ceil((high - low) * math.Sqrt(2*df+shift*shift+16) / 0.6)
	step := (high - low) / steps
	ratio, s := math.Exp(step), math.Exp(low)
	sum, above := 0.0, 0.0
	for i := range int(steps) + 1 {
		u := low + float64(i)*step
		density := math.Exp(df * (u + 0.5 - s*s/2))
		sum += density
		above += density * normalCDF(shift-t*s)
		s *= ratio // e^u, within an ulp a step
	}
	return above / sum
}

// normalCDF is Φ, of the standard normal distribution.
func normalCDF(z float64) float64 {
	if z > 9 {
		return 1 // in every bit
	}
	return math.Erfc(-z/math.Sqrt2) / 2
}

// NormalQuantile is the z that a standard normal exceeds with probability p, 0 to 1: R's qnorm(p, lower.tail = FALSE).
func NormalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfcinv(2*p) }
