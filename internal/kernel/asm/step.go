package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
	"github.com/mmcloughlin/avo/x86"
)

// exponentBits mask the exponent of a float, which is 0 if the float is subnormal.
const exponentBits = 0xff << 23

// adam writes the step of Adam on n parameters, a multiple of 8. It prefetches the values of m and v that lie ahead bytes
// further on.
func adam() {
	inBoth(assembly, "adam", "(w, m, v, dw *float32, n int, c *float32, ahead int)", adamBody)
}

// adamCoefficients are the fields of package kernel's type of that name.
var adamCoefficients = []string{"beta1", "rest1", "beta2", "rest2", "decay", "keep", "size", "root", "eps"}

func adamBody() {
	w, m, v, g := parameter("w"), parameter("m"), parameter("v"), parameter("dw")
	left, c, i, next := parameter("n"), parameter("c"), GP64(), parameter("ahead")
	XORQ(i, i)
	coefficient := map[string]vec{}
	for k, name := range adamCoefficients {
		coefficient[name] = vector()
		VBROADCASTSS(Mem{Base: c, Disp: 4 * k}, coefficient[name])
	}
	at := func(base reg.Register) Mem { return Mem{Base: base, Index: i, Scale: 4} }
	var part reg.Register // of the vectors
	if lanes == 16 {
		part = K()
		KXNORW(part, part, part)
	}
	Label("loop")
	if lanes == 16 {
		CMPQ(left, Imm(16))
		JGE(LabelRef("whole"))
		firstLanes(left, part)
		Label("whole")
	}
	wv, gv, mv, vv, t := vector(), vector(), vector(), vector(), vector()
	load(at(w), part, wv)
	load(at(g), part, gv)
	VFMADD231PS(coefficient["decay"], wv, gv) // g += decay·w
	VMULPS(coefficient["rest1"], gv, mv)
	load(at(m), part, t)
	VFMADD231PS(coefficient["beta1"], t, mv) // m = β₁m + (1−β₁)g
	mv = normalOrZero(mv)
	store(mv, part, at(m))
	load(at(v), part, t)
	VMULPS(coefficient["beta2"], t, vv)
	VMULPS(coefficient["rest2"], gv, t)
	VFMADD231PS(t, gv, vv) // v = β₂v + (1−β₂)g², never with g² alone, which may be subnormal and slow
	store(vv, part, at(v))
	VSQRTPS(vv, vv)
	VMOVUPS(coefficient["root"], t)
	VFMADD213PS(coefficient["eps"], t, vv) // √v·root + ε
	VMULPS(coefficient["size"], mv, mv)
	VDIVPS(vv, mv, mv)
	VMULPS(coefficient["keep"], wv, wv)
	VSUBPS(mv, wv, wv) // w = keep·w − size·m/(√v·root + ε)
	store(wv, part, at(w))
	PREFETCHT1(Mem{Base: m, Index: next, Scale: 1})
	PREFETCHT1(Mem{Base: v, Index: next, Scale: 1})
	increase(next, vectorBytes())
	increase(i, lanes)
	SUBQ(Imm(uint64(lanes)), left)
	JG(LabelRef("loop"))
}

// normalOrZero is v, or 0 where v is subnormal.
func normalOrZero(v vec) vec {
	out := vector()
	if lanes == 16 {
		k := K()
		emit(x86.VPTESTMD, constant(exponentBits), v, k)
		VMOVAPS_Z(v, k, out)
		return out
	}
	VANDPS(constant(exponentBits), v, out)
	VPSIGND(out, v, out) // 0 where the exponent is 0
	return out
}

// steps writes the element-wise formulas of the other optimisers, which package kernel documents.
func steps() {
	decayed := func(g, w, decay vec) vec { return fma(decay, w, g) }
	normalized := func(g, w, v, decay, eps vec) vec { return div(decayed(g, w, decay), add(sqrt(v), eps)) }
	elementwise("steps", "sgd(dst, w, g; lr, decay)", func(w, g, lr, decay vec) vec {
		return fnma(lr, decayed(g, w, decay), w)
	})
	elementwise("steps", "momentum(dst, m, g, w; momentum, decay)", func(m, g, w, momentum, decay vec) vec {
		return fma(momentum, m, decayed(g, w, decay))
	})
	elementwise("steps", "nesterov(dst, w, g, m; lr, momentum, decay)", func(w, g, m, lr, momentum, decay vec) vec {
		return fnma(lr, fma(momentum, m, decayed(g, w, decay)), w)
	})
	elementwise("steps", "squares(dst, v, g, w; alpha, rest, decay)", func(v, g, w, alpha, rest, decay vec) vec {
		g = decayed(g, w, decay)
		return fma(alpha, v, mul(rest, mul(g, g)))
	})
	elementwise("steps", "rmsprop(dst, w, g, v; lr, decay, eps)", func(w, g, v, lr, decay, eps vec) vec {
		return fnma(lr, normalized(g, w, v, decay, eps), w)
	})
	elementwise("steps", "rmspropMomentum(dst, m, g, w, v; momentum, decay, eps)",
		func(m, g, w, v, momentum, decay, eps vec) vec {
			return fma(momentum, m, normalized(g, w, v, decay, eps))
		})
}
