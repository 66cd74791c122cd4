package report

import (
	"math"
	"strconv"

	"actfn/internal/wording"
)

// none stands where there is no figure, and noEvidence where there is one that is evidence of nothing.
const (
	none       = "-"
	noEvidence = "~"
)

// halfWidth is how far an interval reaches from its mean.
func halfWidth(mean float64, ci [2]float64) string {
	return wording.PlusMinus(math.Max(mean-ci[0], ci[1]-mean))
}

// probability is a p-value or another probability with as many decimals as mean something.
func probability(p float64, decimals int) string {
	least := math.Pow10(-decimals)
	switch {
	case p < least:
		return "<" + strconv.FormatFloat(least, 'f', decimals, 64)
	case p > 1-least && p < 1:
		return ">" + strconv.FormatFloat(1-least, 'f', decimals, 64)
	}
	return strconv.FormatFloat(p, 'f', decimals, 64)
}

// duration is a time of steps with three digits and its unit: 6.66 ms.
func duration(seconds float64) string {
	unit := "s"
	switch {
	case seconds < 1e-3:
		seconds, unit = 1e6*seconds, "µs"
	case seconds < 1:
		seconds, unit = 1e3*seconds, "ms"
	}
	return threeDigits(seconds) + " " + unit
}

// threeDigits is a figure with three digits that count and no exponent.
func threeDigits(v float64) string {
	if v == 0 {
		return "0"
	}
	decimals := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', min(max(decimals, 0), 20), 64)
}
