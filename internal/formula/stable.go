package formula

import "math"

// The rules in this file rewrite formulas that are right on paper but overflow or cancel in float32.

// far is an exponent for which e^far is finite in float32, and large enough to saturate every function that does.
const far = 80

// calm returns the argument u of a function that saturates, such as tanh(u), with e^min(w, 80) for each e^w that u
// contains as a term or factor. The derivative for large w is then 0, and not 0·∞.
func (a *Arena) calm(u *Expr) *Expr {
	if !u.varies || !u.Contains(Exp) {
		return u
	}
	known := map[*Expr]*Expr{} // shared subexpressions are visited once
	var visit func(u *Expr) *Expr
	visit = func(u *Expr) *Expr {
		if done := known[u]; done != nil {
			return done
		}
		result := u
		switch {
		case !u.varies:
		case u.op == Exp:
			if w := u.args[0]; w.op != Min || !w.args[1].is(far) {
				result = a.make(Exp, a.make(Min, w, a.Number(far)))
			}
		case u.op == Neg:
			result = a.neg(visit(u.args[0]))
		case u.op == Add:
			result = a.add(visit(u.args[0]), visit(u.args[1]))
		case u.op == Sub:
			result = a.sub(visit(u.args[0]), visit(u.args[1]))
		case u.op == Mul && (!u.args[0].varies || !u.args[1].varies):
			result = a.mul(visit(u.args[0]), visit(u.args[1]))
		}
		known[u] = result
		return result
	}
	return visit(u)
}

// beside returns the c of h = √(u² + c²) if it does not vary, or else nil.
func beside(h, u *Expr) *Expr {
	switch {
	case h.op != Hypot:
	case h.args[0] == u && !h.args[1].varies:
		return h.args[1]
	case h.args[1] == u && !h.args[0].varies:
		return h.args[0]
	}
	return nil
}

// addHypot returns u + h, where h = √(u² + c²), as c²/(h − u) where u is negative.
func (a *Arena) addHypot(u, h, c *Expr) *Expr {
	return a.where(a.make(Less, u, a.Number(0)), a.div(a.pow(c, a.Number(2)), a.make(Sub, h, u)), a.make(Add, u, h))
}

// growing splits v = c·eʷ + p, where c does not vary.
func (a *Arena) growing(v *Expr) (c, w, p *Expr, ok bool) {
	if v.op != Add {
		return nil, nil, nil, false
	}
	for i, e := range v.args {
		c := a.Number(1)
		if e.op == Mul && !e.args[0].varies {
			c, e = e.args[0], e.args[1]
		}
		if e.op == Exp && e.varies {
			return c, e.args[0], v.args[1-i], true
		}
	}
	return nil, nil, nil, false
}

// divGrowing returns u/(c·eʷ + p), where w may be large.
func (a *Arena) divGrowing(u, c, w, p *Expr) *Expr {
	if c.op == Number && p.op == Number && c.value > 0 && p.value > 0 { // 1/v is a sigmoid
		shifted := w
		if c.value != p.value {
			shifted = a.add(w, a.Number(math.Log(c.value/p.value)))
		}
		if rest, ok := a.without(u, a.make(Exp, w)); ok {
			return a.mul(a.div(rest, c), a.make(Sigmoid, shifted))
		}
		if u.op == Expm1 && u.args[0] == w && c.value == p.value {
			return a.div(a.make(Tanh, a.mul(a.Number(0.5), w)), c)
		}
		return a.mul(a.div(u, p), a.make(Sigmoid, a.neg(shifted)))
	}
	plain := a.make(Div, u, a.make(Add, a.mul(c, a.make(Exp, w)), p))
	if !p.varies {
		return plain
	}
	shrinking := a.make(Exp, a.neg(w))
	return a.where(a.make(Less, a.Number(0), w), a.div(a.mul(u, shrinking), a.make(Add, a.mul(p, shrinking), c)), plain)
}

// without returns u/factor if u is a product that contains the factor.
func (a *Arena) without(u, factor *Expr) (rest *Expr, ok bool) {
	if u == factor {
		return a.Number(1), true
	}
	if u.op == Mul {
		for i := range u.args {
			if rest, ok := a.without(u.args[i], factor); ok {
				return a.mul(rest, u.args[1-i]), true
			}
		}
	}
	return nil, false
}

// divCosh returns u/cosh(w), where cosh(w) may overflow.
func (a *Arena) divCosh(u, w *Expr) *Expr {
	size := a.make(Abs, w)
	return a.mul(a.Number(2), a.mul(u, a.mul(a.make(Exp, a.neg(size)), a.make(Sigmoid, a.mul(a.Number(2), size)))))
}

// sinc returns sin(u)/u; near 0, where the derivative would cancel, by its series.
func (a *Arena) sinc(u *Expr) *Expr {
	square, series := a.pow(u, a.Number(2)), a.Number(0)
	for _, c := range []float64{-1. / 39916800, 1. / 362880, -1. / 5040, 1. / 120, -1. / 6, 1} {
		series = a.add(a.mul(square, series), a.Number(c))
	}
	return a.where(a.make(Less, a.make(Abs, u), a.Number(0.5)), series, a.make(Div, a.make(Sin, u), u))
}
