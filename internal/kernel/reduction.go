package kernel

import "slices"

// Sum returns Σ x, in interleaved partial sums in float32 whose number depends on the path.
func Sum(x []float32) float32 { return sum(x) }

// sum returns Σ x, in interleaved partial sums whose number depends on the path.
func sum(x []float32) float32 { return impl.sum(x) }

// SumProducts returns Σᵢ a[i]·b[i] over len(a) values in float64, in which the products are exact, in
// interleaved partial sums whose number depends on the path.
func SumProducts(a, b []float32) float64 { return impl.sumProducts(a, b[:len(a)]) }

// Moments returns Σᵢ (a[i] − p) and Σᵢ (a[i] − p)·(b[i] − q) over len(a) values in float64, in which the differences
// are exact, in interleaved partial sums whose number depends on the path.
func Moments(a, b []float32, p, q float32) (sum, products float64) {
	b = b[:len(a)]
	whole := len(a) / Lanes * Lanes
	sum, products = impl.moments(a[:whole], b, p, q)
	s, t := momentsInGo(a[whole:], b[whole:], p, q)
	return sum + s, products + t
}

func momentsInGo(a, b []float32, p, q float32) (sum, products float64) {
	sum = inFours(len(a), func(i int) float64 { return float64(a[i]) - float64(p) })
	products = inFours(len(a), func(i int) float64 {
		return (float64(a[i]) - float64(p)) * (float64(b[i]) - float64(q))
	})
	return sum, products
}

var portableReductions = reductions{
	sum: func(x []float32) float32 {
		return inFours(len(x), func(i int) float32 { return x[i] })
	},
	sumSquares: func(x []float32) (s float64) {
		for _, v := range x {
			s += float64(v) * float64(v)
		}
		return s
	},
	sumProducts: func(a, b []float32) float64 {
		return inFours(len(a), func(i int) float64 { return float64(a[i]) * float64(b[i]) })
	},
	moments: momentsInGo, // of whole vectors
	beyond: func(x []float32, limit float32) bool { // whether |x| > limit anywhere
		return slices.ContainsFunc(x, func(v float32) bool { return v > limit || v < -limit })
	},
}

// inFours returns Σ f(i) for i < n, in four interleaved partial sums.
func inFours[T float32 | float64](n int, f func(i int) T) T {
	var s [4]T
	i := 0
	for ; i+4 <= n; i += 4 {
		for k := range s {
			s[k] += T(f(i + k))
		}
	}
	for ; i < n; i++ {
		s[0] += T(f(i))
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}
