package statistics

import "math"

// ExpectedMaximum is the expected maximum of k independent standard normals, the luck of the best of k equals:
//
//	∫ x k φ(x) Φ(x)^{k−1} dx
//
// (Tippett 1925, doi:10.1093/biomet/17.3-4.364): 0 for one, 1/√π for two. Of normals with standard deviation σ
// that are correlated with ρ it is σ√(1−ρ) times that: what they share lifts them all alike. Means of rows that
// saw the same seeds are such, and there σ√(1−ρ) is the standard error of a paired difference over √2. The
// absolute error is below 1e-12 up to k = 1000 (TestExpectedMaximum).
func ExpectedMaximum(k int) float64 {
	const step, reach = 1.0 / 32, 10
	sum := 0.0
	for x := -float64(reach); x <= reach; x += step {
		sum += x * math.Exp(-x*x/2) * math.Pow(normalCDF(x), float64(k-1))
	}
	return float64(k) * sum * step / math.Sqrt(2*math.Pi)
}
