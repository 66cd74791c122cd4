package statistics

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// tTail returns P(T > t) of Student's t with df degrees of freedom. A far tail keeps its digits: it is R's
// pt(t, df, lower.tail = FALSE). A NaN, or no degree of freedom, gives NaN.
func tTail(t, df float64) float64 {
	if math.IsNaN(t) || !(df > 0) {
		return math.NaN()
	}
	return distuv.StudentsT{Sigma: 1, Nu: df}.Survival(t)
}

// tQuantile returns the t that Student's t exceeds with probability p ≤ 1/2: R's qt(p, df, lower.tail = FALSE).
// The relative error is below 1e-9 for p ≥ 1e-5, and below 1e-8 for p ≥ 1e-9 (TestStudent). NaN as in tTail.
func tQuantile(p, df float64) float64 {
	if !(df > 0) {
		return math.NaN()
	}
	return -distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(p)
}

// noncentralTail returns P(T > t) of the noncentral t, (Z + shift)/S with Z standard normal and S² = χ²/df:
//
//	∫ Φ(shift − t s) f(s) ds = ∫ F((shift + z)/t) φ(z) dz,  f(s) ∝ s^{df−1} exp(−df s²/2),  s > 0
//
// with f and F the density and the distribution of S (Johnson, Kotz and Balakrishnan 1995, Continuous Univariate
// Distributions 2, 31.2). The first is taken in u = ln s, the second where the shift is large: there Φ would need
// steps as fine as 1/shift. It is R's pt(t, df, shift, lower.tail = FALSE); the absolute error is below 1e-10 for
// df ≥ 1 (TestNoncentral). A NaN gives NaN.
func noncentralTail(t, df, shift float64) float64 {
	const far = 8 // a normal's tail beyond 7.5 is below 1e-13, that of S, which is less spread, too
	switch {
	case math.IsNaN(t + df + shift):
		return math.NaN()
	case t < 0:
		return 1 - noncentralTail(-t, df, -shift)
	case shift < -far:
		return 0
	case shift > far+7.5*t:
		return 1
	case shift > far+2 && shift*shift > 2*df: // shift + z stays away from 0, where F has a corner
		step := 0.4 * math.Min(1, t/math.Sqrt(2*df))
		return average(-far, far, step, normalDensity, func(z float64) float64 {
			s := (shift + z) / t
			return mathext.GammaIncReg(df/2, df*s*s/2)
		})
	}
	// The density of u is exp(df (u + 1/2 − e^{2u}/2)) of its peak: below e⁻³⁰ outside of low to high.
	x := 30 / df
	low, high := -x-math.Sqrt(x), math.Min(math.Sqrt(x), math.Log(4*x+4)/2)
	// The density is 1/√(2df) wide, the normal's edge at t s = shift about 1/shift, and e^{2u} turns within π/4.
	step := 0.6 / math.Sqrt(2*df+shift*shift+16)
	return average(low, high, step, func(u float64) float64 {
		return math.Exp(df * (u + 0.5 - math.Exp(2*u)/2))
	}, func(u float64) float64 {
		return normalCDF(shift - t*math.Exp(u))
	})
}

// average is the mean of a function under a density, which need not be scaled, by the trapezoidal rule: where both are
// analytic and fall off at the ends, it converges faster than any power of the step (Trefethen and Weideman 2014,
// doi:10.1137/130932132).
func average(low, high, step float64, density, of func(float64) float64) float64 {
	steps := math.Ceil((high - low) / step)
	mass, sum := 0.0, 0.0
	for i := range int(steps) + 1 {
		x := low + (high-low)*float64(i)/steps
		weight := density(x)
		mass += weight
		sum += weight * of(x)
	}
	return sum / mass
}

// normalDensity is φ but for its factor.
func normalDensity(z float64) float64 { return math.Exp(-z * z / 2) }

// normalCDF is Φ, of the standard normal distribution.
func normalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// NormalQuantile is the z that a standard normal exceeds with probability p, 0 to 1: R's qnorm(p, lower.tail = FALSE).
func NormalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfcinv(2*p) }

// ExpectedMaximum is the expected maximum of k independent standard normals, the luck of the best of k equals:
//
//	∫ x k φ(x) Φ(x)^{k−1} dx
//
// (Tippett 1925, doi:10.1093/biomet/17.3-4.364): 0 for one, 1/√π for two. Of normals with standard deviation σ
// that are correlated with ρ it is σ√(1−ρ) times that: what they share lifts them all alike. Means of rows that
// saw the same seeds are such, and there σ√(1−ρ) is the standard error of a paired difference over √2. The
// absolute error is below 1e-12 up to k = 1000 (TestExpectedMaximum).
func ExpectedMaximum(k int) float64 {
	return average(-10, 10, 1.0/32, normalDensity, func(x float64) float64 {
		return x * float64(k) * math.Pow(normalCDF(x), float64(k-1))
	})
}
