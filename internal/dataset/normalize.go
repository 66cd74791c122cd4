package dataset

import (
	"math"
	"math/big"

	"actfn/internal/dataset/picture"
)

// moments are Σv and Σv² of an image's bytes, a channel. Being whole numbers they add up to the
// same in any order.
type moments [3]struct{ sum, square uint64 }

func measure(p picture.Pixels) (m moments) {
	n := p.W * p.H
	for c := range len(p.Data) / n {
		for _, v := range p.Data[c*n:][:n] {
			m[c].sum += uint64(v)
			m[c].square += uint64(v) * uint64(v)
		}
	}
	if p.Gray() {
		m[1], m[2] = m[0], m[0]
	}
	return m
}

// normalization returns the mean and the standard deviation of v/255 over all pixels of all
// images, a channel: Σv/(255·n) and √(n·Σv² − (Σv)²)/(255·n), from exact sums. A channel that
// is the same everywhere has standard deviation 0, by which nothing can be divided; it gets 1,
// as scikit-learn's StandardScaler gives it, and so becomes 0.
func normalization(items []item, channels, pixelsEach int) (mean, std []float64) {
	n := uint64(len(items)) * uint64(pixelsEach)
	for c := range channels {
		sum, square := sums(items, c)
		total := new(big.Int).SetUint64(sum)
		variance := new(big.Int).Mul(new(big.Int).SetUint64(n), new(big.Int).SetUint64(square))
		variance.Sub(variance, new(big.Int).Mul(total, total))
		v, _ := new(big.Float).SetInt(variance).Float64()
		scale := 255 * float64(n)
		mean = append(mean, float64(sum)/scale)
		if v == 0 {
			std = append(std, 1)
		} else {
			std = append(std, math.Sqrt(v)/scale)
		}
	}
	return mean, std
}

// sums are Σv and Σv² of a channel's bytes v: 255²·n stays below 2⁶⁴ for n < 2⁴⁷ pixels.
func sums(items []item, channel int) (sum, square uint64) {
	for i := range items {
		sum += items[i].moments[channel].sum
		square += items[i].moments[channel].square
	}
	return sum, square
}

// MeanSquare is E[v²] of the values v of all images as the model is fed them, without augmentation: from exact sums of
// their bytes.
func (s *Set) MeanSquare() float64 {
	t, pixels := s.transform, float64(len(s.items))*float64(s.transform.Width*s.transform.Height)
	total := 0.0
	for c := range t.Channels {
		sum, square := sums(s.items, c)
		mean, std := 0.0, 1.0
		if len(t.Mean) > 0 {
			mean, std = t.Mean[c], t.Std[c]
		}
		first, second := float64(sum)/(255*pixels), float64(square)/(255*255*pixels)
		total += (second - 2*mean*first + mean*mean) / (std * std)
	}
	return total / float64(t.Channels)
}
