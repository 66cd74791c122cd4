package main

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/x86"
)

// arithmetic writes the kernels of package kernel's arithmetic.go.
func arithmetic() {
	for _, op := range []struct {
		name string
		f    func(a, b Op) vec
	}{
		{"add", add},
		{"sub", sub},
		{"mul", mul},
		{"div", div},
		{"min", minimum},
		{"max", maximum},
		{"less", truth(less)},
		{"lessEqual", truth(lessEqual)},
		{"equal", truth(equal)},
	} {
		elementwise("arithmetic", op.name, "dst", []string{"a", "b"}, nil, func(x, _ []vec) vec { return op.f(x[0], x[1]) })
		elementwise("arithmetic", op.name+"Scalar", "dst", []string{"a"}, []string{"b"}, func(x, s []vec) vec { return op.f(x[0], s[0]) })
	}
	// Those whose operands cannot change places.
	for _, op := range []struct {
		name string
		f    func(a, b Op) vec
	}{
		{"scalarSub", sub},
		{"scalarDiv", div},
		{"scalarLess", truth(less)},
		{"scalarLessEqual", truth(lessEqual)},
	} {
		elementwise("arithmetic", op.name, "dst", []string{"b"}, []string{"a"}, func(x, s []vec) vec { return op.f(s[0], x[0]) })
	}
	elementwise("arithmetic", "mulAdd", "dst", []string{"a", "b", "c"}, nil, func(x, _ []vec) vec { return fma(x[0], x[1], x[2]) })
	elementwise("arithmetic", "mulAddScalar", "dst", []string{"a", "c"}, []string{"b"}, func(x, s []vec) vec { return fma(x[0], s[0], x[1]) })
	elementwise("arithmetic", "affine", "dst", []string{"a"}, []string{"b", "c"}, func(x, s []vec) vec { return fma(x[0], s[0], s[1]) })

	value("arithmetic", "neg", func(x vec) vec { return negate(x) })
	value("arithmetic", "abs", func(x vec) vec { return abs(x) })
	value("arithmetic", "sign", func(x vec) vec {
		return keepNaN(x, only(notEqual(x, num(0)), or(one, signOf(x))))
	})
	value("arithmetic", "sqrt", func(x vec) vec { return sqrt(x) })
	elementwise("arithmetic", "where", "dst", []string{"c", "a", "b"}, nil, func(x, _ []vec) vec {
		return keepNaN(x[0], where(notEqual(x[0], num(0)), x[1], x[2]))
	})
}

// value writes a kernel that computes dst[i] = f(x[i]).
func value(group, name string, f func(x vec) vec) {
	elementwise(group, name, "dst", []string{"x"}, nil, func(x, _ []vec) vec { return f(x[0]) })
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
