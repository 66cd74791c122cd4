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
		var sum, square uint64 // 255²·n stays below 2⁶⁴ for n < 2⁴⁷ pixels
		for i := range items {
			sum += items[i].moments[c].sum
			square += items[i].moments[c].square
		}
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
