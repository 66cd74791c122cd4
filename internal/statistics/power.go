package statistics

import (
	"math"
	"sort"
)

// Power is the probability that a two-sided t test at level alpha rejects when the truth is shift standard
// errors away from 0: R's power.t.test(strict = TRUE) for shift = √n delta/sd.
func Power(shift, df, alpha float64) float64 {
	return beyond(tQuantile(alpha/2, df), df, shift)
}

// beyond is P(|T| > t) of the noncentral t.
func beyond(t, df, shift float64) float64 {
	return noncentralTail(t, df, shift) + noncentralTail(t, df, -shift)
}

// DetectableShift is the shift, in standard errors, at which Power is the given one: the inverse of Power for
// alpha < power < 1. NaN without a degree of freedom.
func DetectableShift(power, df, alpha float64) float64 {
	if !(df > 0) {
		return math.NaN()
	}
	t := tQuantile(alpha/2, df)
	short := func(shift float64) float64 { return beyond(t, df, shift) - power }
	guess := t + NormalQuantile(1-power) // as if the spread were known
	low, high := 0.0, math.Max(1, guess)
	atLow, atHigh := alpha-power, short(high)
	for atHigh < 0 {
		low, atLow = high, atHigh
		high *= 1.5
		atHigh = short(high)
	}
	// False position with the kept end halved: the Illinois method (Dowell and Jarratt 1971).
	for side := 0; high-low > 1e-9*high; {
		x := (low*atHigh - high*atLow) / (atHigh - atLow)
		switch at := short(x); {
		case math.Abs(at) < 1e-10:
			return x
		case at < 0:
			low, atLow = x, at
			if side < 0 {
				atHigh /= 2
			}
			side = -1
		default:
			high, atHigh = x, at
			if side > 0 {
				atLow /= 2
			}
			side = 1
		}
	}
	return (low + high) / 2
}

// DetectableDifference is the least true difference that n seeds find with the given power if differences have
// the standard deviation std: of a two-sided paired t test at alpha/k, the level at which the first of k rows is
// tested. NaN for less than two seeds.
func DetectableDifference(std float64, n, k int, alpha, power float64) float64 {
	if n < 2 {
		return math.NaN()
	}
	return DetectableShift(power, float64(n-1), alpha/float64(k)) * std / math.Sqrt(float64(n))
}

// maxSeeds is where the search for a number of seeds ends.
const maxSeeds = 1_000_000

// SeedsNeeded is the least number of seeds n ≥ 2 whose estimate, of(n), makes a two-sided t test at level alpha
// find of(n).Mean, if that is the truth, with the given power; false if a million would not do. The power must
// grow with n.
func SeedsNeeded(of func(n int) Estimate, alpha, power float64) (int, bool) {
	enough := func(n int) bool {
		e := of(n)
		return Power(math.Abs(e.Mean)/e.SE, e.DF, alpha) >= power
	}
	low, high := 1, 2 // too few, and perhaps enough
	for !enough(high) {
		if high == maxSeeds {
			return 0, false
		}
		low, high = high, min(2*high, maxSeeds)
	}
	return low + 1 + sort.Search(high-low-1, func(i int) bool { return enough(low + 1 + i) }), true
}
