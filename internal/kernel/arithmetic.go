package kernel

import "math"

// Each function of this file and of elementary.go computes dst[i] from the values at i of its operands, all of which have
// at least the length of dst and may be dst. A value's bits do not depend on where in the slice it stands, and a call
// allocates nothing. The result is NaN where an operand is, of comparisons too; the exceptions are the operand that Where
// does not choose, x⁰, 1ʸ and √(∞²+y²).
//
// A name that ends in Scalar takes a number for the second operand, one that begins with it for the first.

// Add computes a + b.
func Add(dst, a, b []float32) { impl.add(dst, a[:len(dst)], b[:len(dst)]) }

// AddScalar computes a + b.
func AddScalar(dst, a []float32, b float32) { impl.addScalar(dst, a[:len(dst)], b) }

// Sub computes a − b.
func Sub(dst, a, b []float32) { impl.sub(dst, a[:len(dst)], b[:len(dst)]) }

// SubScalar computes a − b.
func SubScalar(dst, a []float32, b float32) { impl.subScalar(dst, a[:len(dst)], b) }

// ScalarSub computes a − b.
func ScalarSub(dst []float32, a float32, b []float32) { impl.scalarSub(dst, b[:len(dst)], a) }

// Mul computes a·b.
func Mul(dst, a, b []float32) { impl.mul(dst, a[:len(dst)], b[:len(dst)]) }

// MulScalar computes a·b.
func MulScalar(dst, a []float32, b float32) { impl.mulScalar(dst, a[:len(dst)], b) }

// Div computes a/b.
func Div(dst, a, b []float32) { impl.div(dst, a[:len(dst)], b[:len(dst)]) }

// DivScalar computes a/b.
func DivScalar(dst, a []float32, b float32) { impl.divScalar(dst, a[:len(dst)], b) }

// ScalarDiv computes a/b.
func ScalarDiv(dst []float32, a float32, b []float32) { impl.scalarDiv(dst, b[:len(dst)], a) }

// Min computes the smaller of a and b, −0 before +0.
func Min(dst, a, b []float32) { impl.min(dst, a[:len(dst)], b[:len(dst)]) }

// MinScalar computes the smaller of a and b, −0 before +0.
func MinScalar(dst, a []float32, b float32) { impl.minScalar(dst, a[:len(dst)], b) }

// Max computes the larger of a and b, +0 before −0.
func Max(dst, a, b []float32) { impl.max(dst, a[:len(dst)], b[:len(dst)]) }

// MaxScalar computes the larger of a and b, +0 before −0.
func MaxScalar(dst, a []float32, b float32) { impl.maxScalar(dst, a[:len(dst)], b) }

// Less computes 1 where a < b and 0 elsewhere, NaN where an operand is.
func Less(dst, a, b []float32) { impl.less(dst, a[:len(dst)], b[:len(dst)]) }

// LessScalar computes 1 where a < b and 0 elsewhere, NaN where an operand is.
func LessScalar(dst, a []float32, b float32) { impl.lessScalar(dst, a[:len(dst)], b) }

// ScalarLess computes 1 where a < b and 0 elsewhere, NaN where an operand is.
func ScalarLess(dst []float32, a float32, b []float32) { impl.scalarLess(dst, b[:len(dst)], a) }

// LessEqual computes 1 where a ≤ b and 0 elsewhere, NaN where an operand is.
func LessEqual(dst, a, b []float32) { impl.lessEqual(dst, a[:len(dst)], b[:len(dst)]) }

// LessEqualScalar computes 1 where a ≤ b and 0 elsewhere, NaN where an operand is.
func LessEqualScalar(dst, a []float32, b float32) { impl.lessEqualScalar(dst, a[:len(dst)], b) }

// ScalarLessEqual computes 1 where a ≤ b and 0 elsewhere, NaN where an operand is.
func ScalarLessEqual(dst []float32, a float32, b []float32) {
	impl.scalarLessEqual(dst, b[:len(dst)], a)
}

// Equal computes 1 where a = b and 0 elsewhere, NaN where an operand is.
func Equal(dst, a, b []float32) { impl.equal(dst, a[:len(dst)], b[:len(dst)]) }

// EqualScalar computes 1 where a = b and 0 elsewhere, NaN where an operand is.
func EqualScalar(dst, a []float32, b float32) { impl.equalScalar(dst, a[:len(dst)], b) }

// Where computes a where c is neither 0 nor NaN, b where c is 0, and NaN where c is NaN. The operand that is not chosen has
// no effect.
func Where(dst, c, a, b []float32) { impl.where(dst, c[:len(dst)], a[:len(dst)], b[:len(dst)]) }

// MulAdd computes a·b + c, rounded once.
func MulAdd(dst, a, b, c []float32) { impl.mulAdd(dst, a[:len(dst)], b[:len(dst)], c[:len(dst)]) }

// MulAddScalar computes a·b + c of two slices a and c, rounded once.
func MulAddScalar(dst, a []float32, b float32, c []float32) {
	impl.mulAddScalar(dst, a[:len(dst)], c[:len(dst)], b)
}

// Affine computes a·b + c of one slice a, rounded once.
func Affine(dst, a []float32, b, c float32) { impl.affine(dst, a[:len(dst)], b, c) }

// Neg computes −x.
func Neg(dst, x []float32) { impl.neg(dst, x[:len(dst)]) }

// Abs computes |x|.
func Abs(dst, x []float32) { impl.abs(dst, x[:len(dst)]) }

// Sign computes −1, 0 or 1, as x is negative, ±0 or positive.
func Sign(dst, x []float32) { impl.sign(dst, x[:len(dst)]) }

// Sqrt computes √x.
func Sqrt(dst, x []float32) { impl.sqrt(dst, x[:len(dst)]) }

var portableArithmetic = arithmetic{
	add: slices2(plus), addScalar: sliceAndNumber(plus),
	sub: slices2(minus), subScalar: sliceAndNumber(minus), scalarSub: sliceAndNumber(swapped(minus)),
	mul: slices2(times), mulScalar: sliceAndNumber(times),
	div: slices2(over), divScalar: sliceAndNumber(over), scalarDiv: sliceAndNumber(swapped(over)),
	min: slices2(smaller), minScalar: sliceAndNumber(smaller),
	max: slices2(larger), maxScalar: sliceAndNumber(larger),
	less: slices2(less), lessScalar: sliceAndNumber(less), scalarLess: sliceAndNumber(swapped(less)),
	lessEqual: slices2(lessEqual), lessEqualScalar: sliceAndNumber(lessEqual), scalarLessEqual: sliceAndNumber(swapped(lessEqual)),
	equal: slices2(equal), equalScalar: sliceAndNumber(equal),

	where: func(dst, c, a, b []float32) {
		fill(dst, func(i int) float32 { return choose(c[i], c[i] != 0, a[i], b[i]) })
	},
	mulAdd: func(dst, a, b, c []float32) {
		fill(dst, func(i int) float32 { return mulAdd(a[i], b[i], c[i]) })
	},
	mulAddScalar: func(dst, a, c []float32, b float32) {
		fill(dst, func(i int) float32 { return mulAdd(a[i], b, c[i]) })
	},
	affine: func(dst, a []float32, b, c float32) {
		fill(dst, func(i int) float32 { return mulAdd(a[i], b, c) })
	},
	neg: func(dst, x []float32) {
		fill(dst, func(i int) float32 { return -x[i] })
	},
	abs: each(math.Abs),
	sign: func(dst, x []float32) {
		fill(dst, func(i int) float32 { return choose(x[i], x[i] > 0, 1, choose(x[i], x[i] < 0, -1, 0)) })
	},
	sqrt: each(math.Sqrt),
}

// The operations of two values.

func plus(a, b float32) float32      { return a + b }
func minus(a, b float32) float32     { return a - b }
func times(a, b float32) float32     { return a * b }
func over(a, b float32) float32      { return a / b }
func smaller(a, b float32) float32   { return min(a, b) }
func larger(a, b float32) float32    { return max(a, b) }
func less(a, b float32) float32      { return truth(a, b, a < b) }
func lessEqual(a, b float32) float32 { return truth(a, b, a <= b) }
func equal(a, b float32) float32     { return truth(a, b, a == b) }

// truth returns 1 if holds, else 0; NaN if a or b is.
func truth(a, b float32, holds bool) float32 {
	if a != a || b != b {
		return float32(math.NaN())
	}
	return choose(0, holds, 1, 0)
}

// choose returns a if condition holds, else b; NaN if x is.
func choose(x float32, condition bool, a, b float32) float32 {
	switch {
	case x != x:
		return x
	case condition:
		return a
	}
	return b
}

// mulAdd returns a·b + c, rounded once: float64 holds the product.
func mulAdd(a, b, c float32) float32 { return float32(math.FMA(float64(a), float64(b), float64(c))) }

// fill computes dst[i] = f(i).
func fill(dst []float32, f func(i int) float32) {
	for i := range dst {
		dst[i] = f(i)
	}
}

// An operation takes two values.
type operation = func(a, b float32) float32

// slices2 returns f of the values of two slices, sliceAndNumber that of a slice and a number.
func slices2(f operation) func(dst, a, b []float32) {
	return func(dst, a, b []float32) {
		fill(dst, func(i int) float32 { return f(a[i], b[i]) })
	}
}

func sliceAndNumber(f operation) func(dst, a []float32, b float32) {
	return func(dst, a []float32, b float32) {
		fill(dst, func(i int) float32 { return f(a[i], b) })
	}
}

// swapped returns f with its operands in the other order.
func swapped(f operation) operation { return func(b, a float32) float32 { return f(a, b) } }

// each returns a function of one value, computed in float64.
func each(f func(float64) float64) func(dst, x []float32) {
	return func(dst, x []float32) {
		fill(dst, func(i int) float32 { return float32(f(float64(x[i]))) })
	}
}
