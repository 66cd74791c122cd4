// Package rng draws random numbers without state: every draw is a function of
// (seed, purpose, epoch, index) and of nothing that ran before. So the number of
// workers, a resume, a validation pass or a plot cannot move a single draw.
package rng

import (
	"math"
	"math/bits"
)

// Stream is the sequence of draws of one (seed, purpose, epoch).
// The zero Stream is valid; copies are the same stream.
type Stream struct{ key uint64 }

// golden is 2⁶⁴/φ, the increment of SplitMix64.
const golden = 0x9e3779b97f4a7c15

// New returns the stream of draws for one purpose in one epoch of one run.
func New(seed uint64, purpose string, epoch int) Stream {
	key := mix(seed + golden)
	for i := range len(purpose) {
		key = mix(key + golden + uint64(purpose[i]))
	}
	return Stream{mix(key + golden + uint64(epoch))}
}

// mix is the finaliser of SplitMix64, a bijection whose output bits each depend on
// every input bit (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195; constants
// of Stafford's variant 13).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Of returns a stream of draws for one thing of many, by its number. The streams of two things are not shifts of one.
func (s Stream) Of(number uint64) Stream { return Stream{s.Uint64(number)} }

// Uint64 returns draw i, uniform on all 64-bit values.
func (s Stream) Uint64(i uint64) uint64 { return mix(s.key + (i+1)*golden) }

// Float64 returns draw i, uniform on [0, 1) in steps of 2⁻⁵³.
func (s Stream) Float64(i uint64) float64 { return float64(s.Uint64(i)>>11) * 0x1p-53 }

// Uniform returns draw i, uniform on [low, high).
func (s Stream) Uniform(i uint64, low, high float64) float64 {
	return low + (high-low)*s.Float64(i)
}

// Normal returns draw i of the standard normal distribution: the inverse of its distribution function, at the middle of
// one of 2⁵³ equal parts of (0, 1). It is within ±8.3.
func (s Stream) Normal(i uint64) float64 {
	return math.Sqrt2 * math.Erfinv(2*s.Float64(i)-1+0x1p-53)
}

// Singles computes draws i, i+1, …, uniform on [0, 1) in steps of 2⁻²⁴.
func (s Stream) Singles(dst []float32, i uint64) {
	z := s.key + i*golden
	for k := range dst {
		z += golden
		dst[k] = single(mix(z))
	}
}

// SinglesAt computes draws base+at[0], base+at[1], … as Singles does.
func (s Stream) SinglesAt(dst []float32, base uint64, at []int) {
	at = at[:len(dst)]
	for k, i := range at {
		dst[k] = single(s.Uint64(base + uint64(i)))
	}
}

func single(bits uint64) float32 { return float32(int32(bits>>40)) * 0x1p-24 }

// Intn returns draw i, uniform on [0, n) up to a bias below n·2⁻⁶⁴. It panics if n < 1.
func (s Stream) Intn(i uint64, n int) int {
	if n < 1 {
		panic("rng: Intn of an empty range")
	}
	high, _ := bits.Mul64(s.Uint64(i), uint64(n))
	return int(high)
}

// Perm returns a uniform permutation of 0 … n−1 (Fisher and Yates 1938, in Durstenfeld's form).
func (s Stream) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		j := s.Intn(uint64(i), i+1)
		p[i] = p[j]
		p[j] = i
	}
	return p
}
