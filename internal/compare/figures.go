package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"actfn/internal/number"
)

// none stands where there is no figure, and noEvidence where there is one that is evidence of nothing.
const (
	none       = "-"
	noEvidence = "~"
)

// percentText is a fraction in percent, without its sign: 91.17.
func percentText(v float64) string { return strconv.FormatFloat(100*v, 'f', 2, 64) }

// pointsText is a difference of fractions in points, with its sign: +0.42.
func pointsText(v float64) string {
	text := fmt.Sprintf("%+.2f", 100*v)
	if text == "-0.00" {
		return "+0.00"
	}
	return text
}

// halfWidth is what stands after ±: how far an interval reaches from its mean. It is rounded up, so that the
// interval shown holds the interval there is.
func halfWidth(mean float64, ci [2]float64) string {
	half := 100 * math.Max(mean-ci[0], ci[1]-mean)
	return "±" + strconv.FormatFloat(math.Max(math.Ceil(100*half-1e-6), 0)/100, 'f', 2, 64)
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

// confidence is 1−alpha in percent: 95, 99.9.
func confidence(alpha float64) string {
	return strconv.FormatFloat(100*(1-alpha), 'g', 10, 64)
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

// lossText is a loss with four decimals, or the word for one that is not finite.
func lossText(v float64) string {
	if !number.Finite(v) {
		return number.Float(v).String()
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

// shortest is a float as one would type it: 0.003, 1e-05.
func shortest(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// counted is a number of things, "1 seed" or "3 seeds".
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// seedList is a list of seeds as --seeds takes it, in rising order: 0-4,9.
func seedList(seeds []uint64) string {
	sorted := slices.Sorted(slices.Values(seeds))
	var parts []string
	for i := 0; i < len(sorted); {
		j := i
		for j+1 < len(sorted) && sorted[j+1] == sorted[j]+1 {
			j++
		}
		switch first := strconv.FormatUint(sorted[i], 10); {
		case j == i:
			parts = append(parts, first)
		case j == i+1:
			parts = append(parts, first, strconv.FormatUint(sorted[j], 10))
		default:
			parts = append(parts, first+"-"+strconv.FormatUint(sorted[j], 10))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}

// seedsText is "seed 3" or "seeds 0-4".
func seedsText(seeds []uint64) string {
	if len(seeds) == 1 {
		return "seed " + seedList(seeds)
	}
	return "seeds " + seedList(seeds)
}
