package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adam makes a step on n parameters, a multiple of 8. The coefficients are vectors, in the order of
// package kernel's type adamCoefficients.
func adam() {
	function("adamStep", "func(w, m, v, dw *float32, n int, coefficients *float32)")
	w, m, v, g := Load(Param("w"), GP64()), Load(Param("m"), GP64()), Load(Param("v"), GP64()), Load(Param("dw"), GP64())
	n, c := Load(Param("n"), GP64()), Load(Param("coefficients"), GP64())
	i := GP64()
	XORQ(i, i)
	coefficient := func(k int) Mem { return Mem{Base: c, Disp: lane * k} }
	const (
		beta1 = iota
		rest1
		beta2
		rest2
		decay
		keep
		size
		root
		eps
	)
	Label("loop")
	at := func(base reg.Register) Mem { return Mem{Base: base, Index: i, Scale: 4} }
	wv, gv, mv, vv := YMM(), YMM(), YMM(), YMM()
	VMOVUPS(at(w), wv)
	VMOVUPS(at(g), gv)
	VFMADD231PS(coefficient(decay), wv, gv) // g += decay·w
	VMULPS(coefficient(rest1), gv, mv)
	t := YMM()
	VMOVUPS(at(m), t)
	VFMADD231PS(coefficient(beta1), t, mv) // m = β₁m + (1−β₁)g
	VMOVUPS(mv, at(m))
	VMULPS(gv, gv, gv)
	VMULPS(coefficient(rest2), gv, vv)
	VMOVUPS(at(v), t)
	VFMADD231PS(coefficient(beta2), t, vv) // v = β₂v + (1−β₂)g²
	VMOVUPS(vv, at(v))
	VSQRTPS(vv, vv)
	VMOVUPS(coefficient(root), t)
	VFMADD213PS(coefficient(eps), t, vv) // √v·root + ε
	VMULPS(coefficient(size), mv, mv)
	VDIVPS(vv, mv, mv)
	VMULPS(coefficient(keep), wv, wv)
	VSUBPS(mv, wv, wv) // w = keep·w − size·m/(√v·root + ε)
	VMOVUPS(wv, at(w))
	ADDQ(Imm(8), i)
	CMPQ(i, n)
	JLT(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
