package kernel

import "actfn/internal/rng"

// Uniform computes draws i, i+1, … of a stream, uniform on [0, 1), as rng.Stream.Singles does.
func Uniform(dst []float32, s rng.Stream, i uint64) {
	whole := 0
	if wide {
		if whole = len(dst) &^ 15; whole > 0 {
			uniform(dst[:whole], s.Counter(i))
		}
	}
	s.Singles(dst[whole:], i+uint64(whole))
}

// UniformAt computes draws base+at[0], base+at[1], … as rng.Stream.SinglesAt does.
func UniformAt(dst []float32, s rng.Stream, base uint64, at []int) {
	whole := 0
	if wide {
		if whole = len(dst) &^ 15; whole > 0 {
			uniformAt(dst[:whole], at[:whole], s.Counter(base))
		}
	}
	s.SinglesAt(dst[whole:], base, at[whole:])
}
