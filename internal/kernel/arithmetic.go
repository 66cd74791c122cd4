package kernel

import "math"

// Each function of this file and of elementary.go computes one value of dst from the values in the same
// place of its operands, all of which have at least the length of dst and may be dst. A value's bits do
// not depend on where in the slice it stands, and a call allocates nothing. NaN makes NaN, in a comparison
// too, so that none is lost on the way; only what Where does not choose, and x⁰, 1ʸ and √(∞²+y²), do not
// depend on it.
//
// Names that end in Scalar take a number for the second operand, those that begin with it for the first.

// Add computes a + b.
func Add(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	if avx2 {
		addVectors(dst, a, b)
		return
	}
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

// AddScalar computes a + b.
func AddScalar(dst, a []float32, b float32) {
	a = a[:len(dst)]
	if avx2 {
		addNumber(dst, a, b)
		return
	}
	for i, a := range a {
		dst[i] = a + b
	}
}

// Sub computes a − b.
func Sub(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	if avx2 {
		subVectors(dst, a, b)
		return
	}
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

// SubScalar computes a − b.
func SubScalar(dst, a []float32, b float32) {
	a = a[:len(dst)]
	if avx2 {
		subNumber(dst, a, b)
		return
	}
	for i, a := range a {
		dst[i] = a - b
	}
}

// ScalarSub computes a − b.
func ScalarSub(dst []float32, a float32, b []float32) {
	b = b[:len(dst)]
	if avx2 {
		numberSub(dst, b, a)
		return
	}
	for i, b := range b {
		dst[i] = a - b
	}
}

// Mul computes a·b.
func Mul(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	if avx2 {
		mulVectors(dst, a, b)
		return
	}
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

// MulScalar computes a·b.
func MulScalar(dst, a []float32, b float32) {
	a = a[:len(dst)]
	if avx2 {
		mulNumber(dst, a, b)
		return
	}
	for i, a := range a {
		dst[i] = a * b
	}
}

// Div computes a/b.
func Div(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	if avx2 {
		divVectors(dst, a, b)
		return
	}
	for i := range dst {
		dst[i] = a[i] / b[i]
	}
}

// DivScalar computes a/b.
func DivScalar(dst, a []float32, b float32) {
	a = a[:len(dst)]
	if avx2 {
		divNumber(dst, a, b)
		return
	}
	for i, a := range a {
		dst[i] = a / b
	}
}

// ScalarDiv computes a/b.
func ScalarDiv(dst []float32, a float32, b []float32) {
	b = b[:len(dst)]
	if avx2 {
		numberDiv(dst, b, a)
		return
	}
	for i, b := range b {
		dst[i] = a / b
	}
}

// Min computes the smaller of a and b, −0 before +0.
func Min(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	if avx2 {
		minVectors(dst, a, b)
		return
	}
	for i := range dst {
		dst[i] = min(a[i], b[i])
	}
}

// MinScalar computes the smaller of a and b, −0 before +0.
func MinScalar(dst, a []float32, b float32) {
	a = a[:len(dst)]
	if avx2 {
		minNumber(dst, a, b)
		return
	}
	for i, a := range a {
		dst[i] = min(a, b)
	}
}

// Max computes the larger of a and b, +0 before −0.
func Max(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	if avx2 {
		maxVectors(dst, a, b)
		return
	}
	for i := range dst {
		dst[i] = max(a[i], b[i])
	}
}

// MaxScalar computes the larger of a and b, +0 before −0.
func MaxScalar(dst, a []float32, b float32) {
	a = a[:len(dst)]
	if avx2 {
		maxNumber(dst, a, b)
		return
	}
	for i, a := range a {
		dst[i] = max(a, b)
	}
}

// Less computes 1 where a < b and 0 elsewhere, NaN where an operand is.
func Less(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	if avx2 {
		lessVectors(dst, a, b)
		return
	}
	for i := range dst {
		dst[i] = truth(a[i], b[i], a[i] < b[i])
	}
}

// LessScalar computes 1 where a < b and 0 elsewhere, NaN where an operand is.
func LessScalar(dst, a []float32, b float32) {
	a = a[:len(dst)]
	if avx2 {
		lessNumber(dst, a, b)
		return
	}
	for i, a := range a {
		dst[i] = truth(a, b, a < b)
	}
}

// ScalarLess computes 1 where a < b and 0 elsewhere, NaN where an operand is.
func ScalarLess(dst []float32, a float32, b []float32) {
	b = b[:len(dst)]
	if avx2 {
		numberLess(dst, b, a)
		return
	}
	for i, b := range b {
		dst[i] = truth(a, b, a < b)
	}
}

// LessEqual computes 1 where a ≤ b and 0 elsewhere, NaN where an operand is.
func LessEqual(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	if avx2 {
		lessEqualVectors(dst, a, b)
		return
	}
	for i := range dst {
		dst[i] = truth(a[i], b[i], a[i] <= b[i])
	}
}

// LessEqualScalar computes 1 where a ≤ b and 0 elsewhere, NaN where an operand is.
func LessEqualScalar(dst, a []float32, b float32) {
	a = a[:len(dst)]
	if avx2 {
		lessEqualNumber(dst, a, b)
		return
	}
	for i, a := range a {
		dst[i] = truth(a, b, a <= b)
	}
}

// ScalarLessEqual computes 1 where a ≤ b and 0 elsewhere, NaN where an operand is.
func ScalarLessEqual(dst []float32, a float32, b []float32) {
	b = b[:len(dst)]
	if avx2 {
		numberLessEqual(dst, b, a)
		return
	}
	for i, b := range b {
		dst[i] = truth(a, b, a <= b)
	}
}

// Equal computes 1 where a = b and 0 elsewhere, NaN where an operand is.
func Equal(dst, a, b []float32) {
	a, b = a[:len(dst)], b[:len(dst)]
	if avx2 {
		equalVectors(dst, a, b)
		return
	}
	for i := range dst {
		dst[i] = truth(a[i], b[i], a[i] == b[i])
	}
}

// EqualScalar computes 1 where a = b and 0 elsewhere, NaN where an operand is.
func EqualScalar(dst, a []float32, b float32) {
	a = a[:len(dst)]
	if avx2 {
		equalNumber(dst, a, b)
		return
	}
	for i, a := range a {
		dst[i] = truth(a, b, a == b)
	}
}

// truth is 1 if holds, else 0; NaN if a or b is.
func truth(a, b float32, holds bool) float32 {
	switch {
	case a != a || b != b:
		return float32(math.NaN())
	case holds:
		return 1
	}
	return 0
}

// Where computes a where c is neither 0 nor NaN, b where it is 0, and NaN where it is NaN. What is not
// chosen has no effect.
func Where(dst, c, a, b []float32) {
	c, a, b = c[:len(dst)], a[:len(dst)], b[:len(dst)]
	if avx2 {
		whereVectors(dst, c, a, b)
		return
	}
	for i, v := range c {
		switch {
		case v != v:
			dst[i] = v
		case v != 0:
			dst[i] = a[i]
		default:
			dst[i] = b[i]
		}
	}
}

// MulAdd computes a·b + c, rounded once.
func MulAdd(dst, a, b, c []float32) {
	a, b, c = a[:len(dst)], b[:len(dst)], c[:len(dst)]
	if avx2 {
		mulAddVectors(dst, a, b, c)
		return
	}
	for i := range dst {
		dst[i] = mulAdd(a[i], b[i], c[i])
	}
}

// MulAddScalar computes a·b + c of two vectors a and c, rounded once.
func MulAddScalar(dst, a []float32, b float32, c []float32) {
	a, c = a[:len(dst)], c[:len(dst)]
	if avx2 {
		mulAddNumber(dst, a, c, b)
		return
	}
	for i := range dst {
		dst[i] = mulAdd(a[i], b, c[i])
	}
}

// Affine computes a·b + c of one vector a, rounded once.
func Affine(dst, a []float32, b, c float32) {
	a = a[:len(dst)]
	if avx2 {
		affineNumbers(dst, a, b, c)
		return
	}
	for i, a := range a {
		dst[i] = mulAdd(a, b, c)
	}
}

// mulAdd is a·b + c, of which float64 holds the product.
func mulAdd(a, b, c float32) float32 { return float32(math.FMA(float64(a), float64(b), float64(c))) }

// Neg computes −x.
func Neg(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		negValue(dst, x)
		return
	}
	for i, v := range x {
		dst[i] = -v
	}
}

// Abs computes |x|.
func Abs(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		absValue(dst, x)
		return
	}
	for i, v := range x {
		dst[i] = float32(math.Abs(float64(v)))
	}
}

// Sign computes −1, 0 or 1, as x is negative, ±0 or positive.
func Sign(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		signValue(dst, x)
		return
	}
	for i, v := range x {
		switch {
		case v > 0:
			v = 1
		case v < 0:
			v = -1
		case v == 0:
			v = 0
		}
		dst[i] = v
	}
}

// Sqrt computes √x.
func Sqrt(dst, x []float32) {
	x = x[:len(dst)]
	if avx2 {
		sqrtValue(dst, x)
		return
	}
	for i, v := range x {
		dst[i] = sqrt(v)
	}
}
