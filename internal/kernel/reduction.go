package kernel

type reductions struct {
	sum         func(x []float32) float32
	sumSquares  func(x []float32) float64
	sumProducts func(a, b []float32) float64
	beyond      func(x []float32, limit float32) bool // whether |x| > limit anywhere
}

// sum returns Σ x, in interleaved partial sums whose number depends on the path.
func sum(x []float32) float32 { return impl.sum(x) }

// SumProducts returns Σᵢ a[i]·b[i] over len(a) values in float64, in which the products are exact, in
// interleaved partial sums whose number depends on the path.
func SumProducts(a, b []float32) float64 { return impl.sumProducts(a, b[:len(a)]) }

var portableReductions = reductions{
	sum: func(x []float32) float32 {
		var s0, s1, s2, s3 float32
		i := 0
		for ; i+4 <= len(x); i += 4 {
			s0 += x[i]
			s1 += x[i+1]
			s2 += x[i+2]
			s3 += x[i+3]
		}
		for ; i < len(x); i++ {
			s0 += x[i]
		}
		return (s0 + s1) + (s2 + s3)
	},
	sumSquares: func(x []float32) (s float64) {
		for _, v := range x {
			s += float64(v) * float64(v)
		}
		return s
	},
	sumProducts: func(a, b []float32) float64 {
		var s [4]float64
		i := 0
		for ; i+4 <= len(a); i += 4 {
			for k := range s {
				s[k] += float64(float64(a[i+k]) * float64(b[i+k]))
			}
		}
		for ; i < len(a); i++ {
			s[0] += float64(float64(a[i]) * float64(b[i]))
		}
		return s[0] + s[1] + (s[2] + s[3])
	},
	beyond: func(x []float32, limit float32) bool {
		for _, v := range x {
			if v > limit || v < -limit {
				return true
			}
		}
		return false
	},
}
