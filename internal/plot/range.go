package plot

import (
	"math"
	"slices"

	"actfn/internal/activations"
)

// Range is where the functions show what they are: [−5, 5], more where they have breaks beyond, less where
// one would swing too often to be seen.
func Range(functions []activations.Activation) (low, high float64) {
	const usual, most, margin = 5, 50, 0.2
	low, high = -usual, usual
	for _, f := range functions {
		breaks := slices.DeleteFunc(breaksOf(f), func(b float64) bool { return math.Abs(b) > most })
		if len(breaks) == 0 || len(breaks) > 2*usual { // stairs go on as they begin
			continue
		}
		if first := breaks[0]; first < low*(1-margin) {
			low = math.Floor(first * (1 + margin))
		}
		if last := breaks[len(breaks)-1]; last > high*(1-margin) {
			high = math.Ceil(last * (1 + margin))
		}
	}
	for _, f := range functions {
		for turns(f, low, high) > 24 {
			low, high = low/2, high/2
		}
	}
	return low, high
}

// turns counts how often f changes between rising and falling.
func turns(f activations.Activation, low, high float64) int {
	_, slopes := f.Eval(grid(low, high, density))
	n, last := 0, 0.0
	for _, s := range slopes {
		if s*last < 0 {
			n++
		}
		if s != 0 && !math.IsNaN(s) {
			last = s
		}
	}
	return n
}

// limits are the least and the greatest value that a panel shows. Beyond them are the ends of a pole, and of
// a function that leaves all others behind: what is over four times as high as the middle one, if that is more
// than half of it.
func (c Curves) limits(panel int) (low, high float64) {
	var spans [][2]float64
	var sizes []float64
	for _, k := range c.curves {
		low, high := span(k.y[panel])
		if low <= high {
			spans = append(spans, [2]float64{low, high})
			sizes = append(sizes, high-low)
		}
	}
	if len(spans) == 0 {
		return -1, 1
	}
	slices.Sort(sizes)
	most := 4 * sizes[(len(sizes)-1)/2]
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range spans {
		if from, to := max(s[0], -most), min(s[1], most); most > 0 && 2*(to-from) < s[1]-s[0] {
			s = [2]float64{from, to}
		}
		low, high = min(low, s[0]), max(high, s[1])
	}
	if high-low < 1e-6*(1+math.Abs(high)) { // a constant, but for rounding
		low, high = low-1, high+1
	}
	return low, high
}

// span is from the least to the greatest value; without the utmost hundredths where those are far from all
// others, as near a pole. Low is above high if there is no value.
func span(values []float64) (low, high float64) {
	finite := slices.Clone(values)
	finite = slices.DeleteFunc(finite, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	if len(finite) == 0 {
		return 1, 0
	}
	slices.Sort(finite)
	quantile := func(p float64) float64 { return finite[int(p*float64(len(finite)-1))] }
	low, high = quantile(0), quantile(1)
	first, last := quantile(0.02), quantile(0.98)
	if body := quantile(0.9) - quantile(0.1); body > 0 && high-low > 20*body {
		low, high = max(low, first-body), min(high, last+body)
	}
	return low, high
}

// extent is from the least to the greatest of the values that are not NaN. Low is above high if there is none.
func extent(values []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high
}

// shown holds all spans, but of those that end far above the others, more than four times as high as the middle
// one, only what is a little above the rest.
func shown(spans [][2]float64) (low, high float64) {
	if len(spans) == 0 {
		return 0, 1
	}
	low = math.Inf(1)
	var tops []float64
	for _, s := range spans {
		low = min(low, s[0])
		tops = append(tops, s[1])
	}
	slices.Sort(tops)
	most := low + 4*(tops[(len(tops)-1)/2]-low)
	high = tops[0]
	for _, top := range tops {
		if top > most && most > low {
			return low, high + (high-low)/4
		}
		high = top
	}
	return low, high
}

// widened is a range with a part of itself added at both ends. One that is hardly more than a point is made some.
func widened(low, high, part float64) (float64, float64) {
	if least := 1e-3 * max(0.1, math.Abs(low), math.Abs(high)); high-low < least {
		low, high = low-50*least, high+50*least
	}
	size := high - low
	return low - part*size, high + part*size
}
