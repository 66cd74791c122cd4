package health

import (
	"math"
	"slices"

	"actfn/internal/record"
)

// sampled is the number of values whose quantiles are taken, about.
const sampled = 1 << 13

// sample is the values of a layer at evenly spaced positions: every k-th of its (C, H, W), from the first.
type sample struct {
	apart  int // k
	values []float32
}

func newSample(positions, images int) *sample {
	return &sample{apart: (positions*images + sampled - 1) / sampled}
}

func (s *sample) reset() { s.values = s.values[:0] }

// add adds the values of the images.
func (s *sample) add(z []float32, images, columns int) {
	for from := 0; from < len(z); from += s.apart * columns {
		s.values = append(s.values, z[from:][:images]...)
	}
}

// bins are the bins of the histogram.
const bins = 48

// summary is the quantiles, interpolated linearly between the two values beside each (NumPy's and PyTorch's default), and
// the histogram between the quantiles 0.001 and 0.999.
func (s *sample) summary() (*[len(record.QuantilesAt)]float64, *record.Histogram) {
	slices.Sort(s.values)
	quantile := func(p float64) float64 {
		at := p * float64(len(s.values)-1)
		i := int(at)
		low, high := float64(s.values[i]), float64(s.values[min(i+1, len(s.values)-1)])
		return low + (at-float64(i))*(high-low)
	}
	var quantiles [len(record.QuantilesAt)]float64
	for i, p := range record.QuantilesAt {
		quantiles[i] = quantile(p)
	}
	h := &record.Histogram{Low: quantile(0.001), High: quantile(0.999), Shares: make([]float64, bins)}
	if h.Low == h.High { // one value
		h.Low, h.High = h.Low-0.5, h.High+0.5
	}
	one := 1 / float64(len(s.values))
	for _, v := range s.values {
		if bin := math.Floor(bins * (float64(v) - h.Low) / (h.High - h.Low)); bin >= 0 && float64(v) <= h.High {
			h.Shares[min(int(bin), bins-1)] += one
		}
	}
	return &quantiles, h
}
