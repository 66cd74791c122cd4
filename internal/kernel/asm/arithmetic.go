package main

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/x86"
)

// arithmetic writes the kernels of package kernel's arithmetic.go.
func arithmetic() {
	operations := []struct {
		name, numberFirst string // the latter where the operands cannot change places
		f                 func(a, b Op) vec
	}{
		{"add", "", add}, {"sub", "scalarSub", sub}, {"mul", "", mul}, {"div", "scalarDiv", div},
		{"min", "", minimum}, {"max", "", maximum}, {"less", "scalarLess", truth(less)},
		{"lessEqual", "scalarLessEqual", truth(lessEqual)}, {"equal", "", truth(equal)},
	}
	write := func(declaration string, f any) { elementwise("arithmetic", declaration, f) }
	for _, op := range operations {
		write(op.name+"(dst, a, b)", op.f)
		write(op.name+"Scalar(dst, a; b)", op.f)
	}
	for _, op := range operations {
		if op.numberFirst != "" {
			write(op.numberFirst+"(dst, b; a)", func(b, a vec) vec { return op.f(a, b) })
		}
	}
	write("mulAdd(dst, a, b, c)", fma)
	write("mulAddScalar(dst, a, c; b)", func(a, c, b vec) vec { return fma(a, b, c) })
	write("affine(dst, a; b, c)", fma)
	write("neg(dst, x)", negate)
	write("abs(dst, x)", abs)
	write("sign(dst, x)", func(x vec) vec { return keepNaN(x, only(notEqual(x, num(0)), or(one, signOf(x)))) })
	write("sqrt(dst, x)", sqrt)
	write("where(dst, c, a, b)", func(c, a, b vec) vec { return keepNaN(c, where(notEqual(c, num(0)), a, b)) })
}

// minimum is the smaller, −0 before +0; NaN if either is. Where neither operand is less, VMINPS returns its second, so the
// two orders differ if one is NaN or both are zeros; then the result is the union of their bits.
func minimum(a, b Op) vec {
	x, y := register(a), register(b)
	return or(apply(x86.VMINPS, x, y), apply(x86.VMINPS, y, x))
}

// maximum is the larger: −min(−a, −b).
func maximum(a, b Op) vec { return negate(minimum(negate(a), negate(b))) }

// truth is 1 where a comparison holds and 0 where it does not; NaN if an operand is.
func truth(holds func(a, b Op) mask) func(a, b Op) vec {
	return func(a, b Op) vec { return orNaN(unordered(a, b), only(holds(a, b), one)) }
}
