package wording

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Percent is a fraction in percent, without its sign: 91.17.
func Percent(v float64) string { return strconv.FormatFloat(100*v, 'f', 2, 64) }

// Points is a difference of fractions in percentage points, with its sign: +0.42. There is no -0.00.
func Points(v float64) string {
	text := fmt.Sprintf("%+.2f", 100*v)
	if text == "-0.00" {
		return "+0.00"
	}
	return text
}

// Apart says by how many percentage points the accuracy of a is above that of b: mish is 3.30 points above relu.
func Apart(a string, difference float64, b string) string {
	side := "above"
	if difference < 0 {
		side = "below"
	}
	return fmt.Sprintf("%s is %s points %s %s", a, Percent(math.Abs(difference)), side, b)
}

// PlusMinus is how far an interval of fractions reaches from its mean, in points: ±2.54. It is rounded up, so that
// the interval shown holds the interval there is.
func PlusMinus(half float64) string {
	return "±" + strconv.FormatFloat(math.Max(math.Ceil(1e4*half-1e-6), 0)/100, 'f', 2, 64)
}

// Confidence is 1−alpha in percent, with two decimals, or so many that alpha has two digits: 95, 98.33, 99.99995.
func Confidence(alpha float64) string {
	decimals := math.Max(2, 1-math.Floor(math.Log10(100*alpha)))
	scale := math.Pow(10, decimals)
	return strconv.FormatFloat(math.Round(100*(1-alpha)*scale)/scale, 'f', -1, 64)
}

// Shortest is a float as one would type it: 0.003, 1e-05.
func Shortest(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Figure is a number with six significant digits and the signs of mathematics: −0.02, ∞.
func Figure(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	}
	return strings.Replace(strconv.FormatFloat(v, 'g', 6, 64), "-", "−", 1)
}

// Whole is a whole number with spaces between thousands: 3 215 882.
func Whole(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	return text
}

// Scaled is about a number, with three digits and a prefix: 9.86 M.
func Scaled(n int64) string { return scaled(n, 1000, 3, " k", " M", " G", " T") }

// Bytes is about a number of bytes, with two digits or more: 1.4 MiB, 14 MiB.
func Bytes(n int64) string { return scaled(n, 1024, 2, " KiB", " MiB", " GiB", " TiB") }

func scaled(n int64, step float64, digits int, units ...string) string {
	v, unit := float64(n), ""
	for _, next := range units {
		if v < 999.5 {
			break
		}
		v, unit = v/step, next
	}
	if unit == "" {
		return strconv.FormatInt(n, 10)
	}
	whole := len(strconv.Itoa(int(v)))
	return strconv.FormatFloat(v, 'f', max(0, digits-whole), 64) + unit
}
