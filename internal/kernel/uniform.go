package kernel

import "actfn/internal/rng"

// Uniform computes draws i, i+1, … of a stream, uniform on [0, 1), as rng.Stream.Singles does.
func Uniform(dst []float32, s rng.Stream, i uint64) {
	if whole := len(dst) &^ 15; wide && whole > 0 {
		uniform(dst[:whole], s.Counter(i))
		dst, i = dst[whole:], i+uint64(whole)
	}
	s.Singles(dst, i)
}

// UniformAt computes draws base+at[0], base+at[1], … as rng.Stream.SinglesAt does.
func UniformAt(dst []float32, s rng.Stream, base uint64, at []int) {
	if whole := len(dst) &^ 15; wide && whole > 0 {
		uniformAt(dst[:whole], at[:whole], s.Counter(base))
		dst, at = dst[whole:], at[whole:]
	}
	s.SinglesAt(dst, base, at)
}
