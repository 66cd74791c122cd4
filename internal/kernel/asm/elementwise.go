package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// value makes a kernel that computes dst[i] = f(x[i]) for n values, a multiple of 8.
func value(name, extra string, f func(x reg.VecVirtual) reg.VecVirtual) {
	function(name, "func(dst, x *float32, n int"+extra+")")
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	xv := YMM()
	prepare()
	Label("loop")
	VMOVUPS(Mem{Base: x}, xv)
	VMOVUPS(f(xv), Mem{Base: dst})
	next(n, dst, x)
}

// gradient makes a kernel that computes dx[i] = dy[i]·f′(x[i]) for n values, a multiple of 8.
func gradient(name, extra string, f func(dy, x reg.VecVirtual) reg.VecVirtual) {
	function(name, "func(dx, dy, x *float32, n int"+extra+")")
	dx, dy := Load(Param("dx"), GP64()), Load(Param("dy"), GP64())
	x, n := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	xv, d := YMM(), YMM()
	prepare()
	Label("loop")
	VMOVUPS(Mem{Base: x}, xv)
	VMOVUPS(Mem{Base: dy}, d)
	VMOVUPS(f(d, xv), Mem{Base: dx})
	next(n, dx, dy, x)
}

// prepare sets what the loop keeps: it is replaced by kernels that have something to keep.
var prepare = func() {}

func next(n reg.Register, pointers ...reg.Register) {
	for _, p := range pointers {
		ADDQ(Imm(lane), p)
	}
	SUBQ(Imm(8), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// Predicates of VCMPPS: ordered and quiet, but for the one that asks whether an operand is NaN.
var lessOrEqual, less, unordered = Imm(0x12), Imm(0x11), Imm(0x03)

func elementwise() {
	value("reluValue", "", func(x reg.VecVirtual) reg.VecVirtual {
		return unlessNegative(x, x)
	})
	gradient("reluGradient", "", func(dy, x reg.VecVirtual) reg.VecVirtual {
		return keepNaN(x, unlessNegative(x, dy))
	})

	slope := YMM()
	prepare = func() {
		s, err := Param("slope").Resolve()
		if err != nil {
			panic(err)
		}
		VBROADCASTSS(s.Addr, slope)
	}
	value("leakyValue", ", slope float32", func(x reg.VecVirtual) reg.VecVirtual {
		return scaleNegative(x, x, slope)
	})
	gradient("leakyGradient", ", slope float32", func(dy, x reg.VecVirtual) reg.VecVirtual {
		return keepNaN(x, scaleNegative(x, dy, slope))
	})
	prepare = func() {}

	value("sigmoidValue", "", func(x reg.VecVirtual) reg.VecVirtual {
		e := exp(minusAbs(x, 1))
		numerator, negative := YMM(), YMM()
		VMOVUPS(float("one", 1), numerator)
		VXORPS(negative, negative, negative)
		VCMPPS(less, negative, x, negative)
		VADDPS(numerator, e, x)
		VBLENDVPS(negative, e, numerator, numerator)
		VDIVPS(x, numerator, x) // x ≥ 0: 1/(1+e), else e/(1+e)
		return x
	})
	gradient("sigmoidGradient", "", func(dy, x reg.VecVirtual) reg.VecVirtual {
		return bell(dy, exp(minusAbs(x, 1)))
	})
	value("tanhValue", "", tanh)
	gradient("tanhGradient", "", func(dy, x reg.VecVirtual) reg.VecVirtual {
		VMULPS(float("four", 4), dy, dy)
		return bell(dy, exp(minusAbs(x, 2)))
	})
}

// unlessNegative is v where x > 0 or NaN, else 0.
func unlessNegative(x, v reg.VecVirtual) reg.VecVirtual {
	zero, out := YMM(), YMM()
	VXORPS(zero, zero, zero)
	VCMPPS(lessOrEqual, zero, x, out)
	VANDNPS(v, out, out)
	return out
}

// scaleNegative is v where x > 0 or NaN, else v·slope.
func scaleNegative(x, v, slope reg.VecVirtual) reg.VecVirtual {
	zero, out := YMM(), YMM()
	VXORPS(zero, zero, zero)
	VCMPPS(lessOrEqual, zero, x, zero)
	VMULPS(slope, v, out)
	VBLENDVPS(zero, out, v, out)
	return out
}

// keepNaN is v, or NaN where x is.
func keepNaN(x, v reg.VecVirtual) reg.VecVirtual {
	nan := YMM()
	VCMPPS(unordered, x, x, nan)
	VORPS(nan, v, v)
	return v
}

// minusAbs is −scale·|x|.
func minusAbs(x reg.VecVirtual, scale float32) reg.VecVirtual {
	out := YMM()
	VORPS(constant("sign_bit", 1<<31), x, out)
	if scale == 2 {
		VADDPS(out, out, out)
	}
	return out
}

// bell is dy·e/(1+e)²: the derivative of the logistic function at −log e.
func bell(dy, e reg.VecVirtual) reg.VecVirtual {
	d := YMM()
	VADDPS(float("one", 1), e, d)
	VMULPS(e, dy, dy)
	VDIVPS(d, dy, dy)
	VDIVPS(d, dy, dy)
	return dy
}

// exp is eˣ within 2 ulp, denormals included; x is used up. With x = k·log 2 + r it is 2ᵏ·(1 + r + r²·P(r)),
// P the polynomial of Cephes' expf (Moshier 1989), and 2ᵏ is multiplied in two halves, for a k that a
// single exponent does not hold.
func exp(x reg.VecVirtual) reg.VecVirtual {
	k, r2, p, half := YMM(), YMM(), YMM(), YMM()
	// In this order of operands a NaN stays.
	VMOVUPS(float("exp_top", 89), k)
	VMINPS(x, k, x)
	VMOVUPS(float("exp_low", -104), k)
	VMAXPS(x, k, x)
	VMULPS(float("log2_e", math.Log2E), x, k)
	VROUNDPS(Imm(8), k, k)
	VFNMADD231PS(float("log_2_high", 0.693359375), k, x)
	VFNMADD231PS(float("log_2_low", -2.12194440e-4), k, x)
	VMULPS(x, x, r2)
	VMOVUPS(float("exp_p0", 1.9875691500e-4), p)
	VFMADD213PS(float("exp_p1", 1.3981999507e-3), x, p)
	VFMADD213PS(float("exp_p2", 8.3334519073e-3), x, p)
	VFMADD213PS(float("exp_p3", 4.1665795894e-2), x, p)
	VFMADD213PS(float("exp_p4", 1.6666665459e-1), x, p)
	VFMADD213PS(float("exp_p5", 5.0000001201e-1), x, p)
	VFMADD213PS(x, r2, p)
	VADDPS(float("one", 1), p, p)
	VCVTPS2DQ(k, k)
	VPSRAD(Imm(1), k, half)
	VPSUBD(half, k, k)
	for _, h := range []reg.VecVirtual{half, k} {
		VPADDD(constant("exponent_bias", 127), h, h)
		VPSLLD(Imm(23), h, h)
		VMULPS(h, p, p)
	}
	return p
}

// tanh is within 2 ulp: for |x| < 0.625 Cephes' polynomial x + x³·P(x²), else ±(1 − 2e/(1+e)) with
// e = e^(−2|x|).
func tanh(x reg.VecVirtual) reg.VecVirtual {
	x2, p, small, sign := YMM(), YMM(), YMM(), YMM()
	VMULPS(x, x, x2)
	VMOVUPS(float("tanh_p0", -5.70498872745e-3), p)
	VFMADD213PS(float("tanh_p1", 2.06390887954e-2), x2, p)
	VFMADD213PS(float("tanh_p2", -5.37397155531e-2), x2, p)
	VFMADD213PS(float("tanh_p3", 1.33314422036e-1), x2, p)
	VFMADD213PS(float("tanh_p4", -3.33332819422e-1), x2, p)
	VMULPS(x, x2, x2)
	VFMADD213PS(x, x2, p)

	e := exp(minusAbs(x, 2))
	VANDPS(constant("sign_bit", 1<<31), x, sign)
	VXORPS(sign, x, small)
	VMOVUPS(float("tanh_small", 0.625), x2)
	VCMPPS(less, x2, small, small)
	VADDPS(float("one", 1), e, x2)
	VADDPS(e, e, e)
	VDIVPS(x2, e, e)
	VMOVUPS(float("one", 1), x2)
	VSUBPS(e, x2, e)
	VORPS(sign, e, e)
	VBLENDVPS(small, p, e, e)
	return e
}

// float is a vector of eight equal floats.
func float(name string, v float64) Mem { return constant(name, math.Float32bits(float32(v))) }
