package formula

import "math"

// The constructors return the operation that they are named after in its simplest form, and in one that does not cancel
// or overflow where the obvious form would.

// Number returns the constant v.
func (a *Arena) Number(v float64) *Expr { return a.intern(Expr{op: Number, value: v}) }

// X returns the variable.
func (a *Arena) X() *Expr { return a.intern(Expr{op: X}) }

// Parameter returns the parameter of that name.
func (a *Arena) Parameter(name string) *Expr { return a.intern(Expr{op: Parameter, name: name}) }

// Uniform returns a new random draw, uniform on [low, high).
func (a *Arena) Uniform(low, high *Expr) *Expr {
	a.draws++
	return a.add(low, a.mul(a.sub(high, low), a.intern(Expr{op: Draw, value: float64(a.draws - 1)})))
}

// make returns op(args…), or its value if all arguments are numbers.
func (a *Arena) make(op Op, args ...*Expr) *Expr {
	var values [3]float64
	for i, arg := range args {
		if arg.op != Number {
			return a.intern(Expr{op: op, args: args})
		}
		values[i] = arg.value
	}
	return a.Number(apply(op, values))
}

// Apply returns op(args…) in its simplest form.
func (a *Arena) Apply(op Op, args ...*Expr) *Expr {
	switch p := &primitives[op]; {
	case p.simplify1 != nil:
		return p.simplify1(a, args[0])
	case p.simplify2 != nil:
		return p.simplify2(a, args[0], args[1])
	case op == Where:
		return a.where(args[0], args[1], args[2])
	}
	return a.make(op, args...)
}

func (a *Arena) neg(u *Expr) *Expr {
	switch u.op {
	case Neg:
		return u.args[0]
	case Sub:
		return a.sub(u.args[1], u.args[0])
	case Mul:
		if v := u.args[0]; v.op == Number {
			return a.mul(a.Number(-v.value), u.args[1])
		}
	}
	return a.make(Neg, u)
}

func (a *Arena) add(u, v *Expr) *Expr {
	if u.op == Number && v.op != Number {
		return a.addNumber(v, u)
	}
	switch {
	case v.op == Number:
		return a.addNumber(u, v)
	case u == v:
		return a.mul(a.Number(2), u)
	case v.op == Neg:
		return a.sub(u, v.args[0])
	case u.op == Neg:
		return a.sub(v, u.args[0])
	case u.op == Exp && v.op == Exp && v.args[0] == a.neg(u.args[0]):
		return a.mul(a.Number(2), a.make(Cosh, u.args[0]))
	}
	if c := beside(v, u); c != nil {
		return a.addHypot(u, v, c)
	}
	if c := beside(u, v); c != nil {
		return a.addHypot(v, u, c)
	}
	return a.make(Add, u, v)
}

// addNumber returns u + c.
func (a *Arena) addNumber(u, c *Expr) *Expr {
	switch {
	case c.is(0):
		return u
	case c.is(1) && u.op == Erf: // 1 + erf u cancels where u is negative
		return a.make(Erfc, a.neg(u.args[0]))
	case c.is(1) && u.op == Tanh:
		return a.mul(a.Number(2), a.make(Sigmoid, a.mul(a.Number(2), u.args[0])))
	case c.is(-1) && u.op == Exp:
		return a.make(Expm1, u.args[0])
	case u.op == Neg:
		return a.sub(c, u.args[0])
	case u.op == Mul && u.args[0].is(-2*c.value) && u.args[1].op == Sigmoid: // 2σ(w) − 1 = tanh(w/2)
		return a.mul(a.Number(-c.value), a.make(Tanh, a.mul(a.Number(0.5), u.args[1].args[0])))
	case c.is(math.Pi/2) && u.op == Atan: // cancels where w is negative
		w := u.args[0]
		return a.where(a.make(Less, w, a.Number(-1)), a.make(Atan, a.div(a.Number(-1), w)), a.make(Add, u, c))
	case c.is(1) && u.op == Div && beside(u.args[1], u.args[0]) != nil: // 1 + u/√(u² + c²), likewise
		return a.div(a.add(u.args[0], u.args[1]), u.args[1])
	case u.op == Hypot && c.value < 0:
		for i, other := range u.args { // √(w² + c²) − c cancels where w is small
			if w := u.args[1-i]; other.is(-c.value) && w.varies {
				return a.mul(w, a.div(w, a.make(Add, u, other)))
			}
		}
	}
	return a.make(Add, u, c)
}

func (a *Arena) sub(u, v *Expr) *Expr {
	switch {
	case u.op == Number && v.op == Number:
		return a.make(Sub, u, v)
	case u.is(0):
		return a.neg(v)
	case u.is(1) && v.op == Sigmoid:
		return a.make(Sigmoid, a.neg(v.args[0]))
	case u.is(1) && v.op == Erf:
		return a.make(Erfc, v.args[0])
	case u.is(1) && v.op == Exp:
		return a.neg(a.make(Expm1, v.args[0]))
	case u.is(1) && v.op == Tanh:
		return a.mul(a.Number(2), a.make(Sigmoid, a.mul(a.Number(-2), v.args[0])))
	case u.is(1) && v.op == Pow && v.args[1].is(2) && v.args[0].op == Tanh:
		return a.make(Sech2, v.args[0].args[0])
	case u.is(1) && v.op == Sech2:
		return a.pow(a.make(Tanh, v.args[0]), a.Number(2))
	case v.op == Tanh && v.args[0] == u:
		return a.make(Tanhshrink, u)
	case u.op == Exp && v.op == Exp && v.args[0] == a.neg(u.args[0]):
		return a.mul(a.Number(2), a.make(Sinh, u.args[0]))
	case v.op == Number:
		return a.addNumber(u, a.Number(-v.value))
	case v.op == Neg:
		return a.add(u, v.args[0])
	}
	return a.make(Sub, u, v)
}

func (a *Arena) mul(u, v *Expr) *Expr {
	if v.op == Number || primitives[u.op].product != nil {
		u, v = v, u // a number comes first, a function whose kernel multiplies comes last
	}
	switch {
	case u.op == Number && v.op == Number:
		return a.make(Mul, u, v)
	case u.is(0):
		return u
	case u.is(1):
		return v
	case u.is(-1):
		return a.neg(v)
	case u.op == Number && v.op == Mul && v.args[0].op == Number:
		return a.mul(a.Number(u.value*v.args[0].value), v.args[1])
	case u.op == Number && v.op == Div && v.args[0].op == Number:
		return a.div(a.Number(u.value*v.args[0].value), v.args[1])
	case u.op == Div && u.args[0].is(1):
		return a.div(v, u.args[1])
	case u.op == Number && v.op == Neg:
		return a.mul(a.Number(-u.value), v.args[0])
	case v.op == Mul && v.args[0].op == Number:
		return a.mul(v.args[0], a.mul(u, v.args[1]))
	case u.op == Mul && u.args[0].op == Number:
		return a.mul(u.args[0], a.mul(u.args[1], v))
	case u.op == Neg:
		return a.neg(a.mul(u.args[0], v))
	case v.op == Neg:
		return a.neg(a.mul(u, v.args[0]))
	case u == v:
		return a.pow(u, a.Number(2))
	}
	return a.make(Mul, u, v)
}

func (a *Arena) div(u, v *Expr) *Expr {
	switch {
	case u.op == Number && v.op == Number:
		return a.make(Div, u, v)
	case v.is(1), u.is(0):
		return u
	case v.is(-1):
		return a.neg(u)
	case u.op == Neg:
		return a.neg(a.div(u.args[0], v))
	case u.op == Mul && u.args[0].op == Number && v.op == Number:
		return a.mul(a.Number(u.args[0].value/v.value), u.args[1])
	case u.op == Mul && u.args[0].op == Number && v.op == Mul && v.args[0].op == Number:
		return a.div(a.mul(a.Number(u.args[0].value/v.args[0].value), u.args[1]), v.args[1])
	case u.op == Sinh && v.op == Cosh && u.args[0] == v.args[0]:
		return a.make(Tanh, u.args[0])
	case v.op == Cosh:
		return a.divCosh(u, v.args[0])
	case u.op == Sin && u.args[0] == v:
		return a.sinc(v)
	}
	if c, w, p, ok := a.growing(v); ok {
		return a.divGrowing(u, c, w, p)
	}
	return a.make(Div, u, v)
}

func (a *Arena) pow(u, v *Expr) *Expr {
	switch {
	case u.op == Number && v.op == Number:
		return a.make(Pow, u, v)
	case v.is(0):
		return a.Number(1)
	case v.is(1):
		return u
	case v.is(0.5):
		return a.sqrt(u)
	case v.is(-1):
		return a.div(a.Number(1), u)
	case v.is(2) && u.op == Neg:
		return a.pow(u.args[0], v)
	case v.is(2) && u.op == Abs:
		return a.pow(u.args[0], v)
	case u.op == Add && u.args[1].is(1) && u.args[0].op == Exp && !(v.op == Number && v.value > 0):
		return a.make(Exp, a.mul(v, a.make(Softplus, u.args[0].args[0]))) // the power of eʷ would overflow
	}
	return a.make(Pow, u, v)
}

func (a *Arena) where(c, u, v *Expr) *Expr {
	if u.op == Where && u.args[0] == c {
		u = u.args[1]
	}
	if v.op == Where && v.args[0] == c {
		v = v.args[2]
	}
	switch {
	case u == v:
		return u
	case c.op == Number && c.value != 0:
		return u
	case c.op == Number:
		return v
	case u.is(1) && v.is(0) && (c.op == Less || c.op == LessEqual || c.op == Equal):
		return c
	}
	return a.make(Where, c, u, v)
}

func (a *Arena) log(u *Expr) *Expr {
	switch {
	case u.op == Add && u.args[1].is(1) && u.args[0].op == Exp:
		return a.make(Softplus, u.args[0].args[0])
	case u.op == Add && u.args[1].is(1):
		return a.make(Log1p, u.args[0])
	case u.op == Sub && u.args[0].is(1):
		return a.make(Log1p, a.neg(u.args[1]))
	case u.op == Sub && u.args[0].is(2) && u.args[1].op == Exp:
		return a.make(Log1p, a.neg(a.make(Expm1, u.args[1].args[0])))
	case u.op == Sigmoid:
		return a.neg(a.make(Softplus, a.neg(u.args[0])))
	case u.op == Cosh:
		w := u.args[0]
		return a.sub(a.sub(a.make(Softplus, a.mul(a.Number(2), w)), w), a.Number(math.Ln2))
	}
	return a.make(Log, u)
}

// sqrt returns √u. The root of a sum of squares is a hypotenuse, which does not overflow.
func (a *Arena) sqrt(u *Expr) *Expr {
	if u.op == Add {
		if s, t := a.root(u.args[0]), a.root(u.args[1]); s != nil && t != nil && s.varies {
			return a.make(Hypot, s, t)
		}
	}
	return a.make(Sqrt, u)
}

// root returns the root of u if u is known to be a square, or else nil.
func (a *Arena) root(u *Expr) *Expr {
	switch {
	case u.op == Number && u.value >= 0:
		return a.Number(math.Sqrt(u.value))
	case u.op == Pow && u.args[1].is(2):
		return u.args[0]
	case u.op == Mul && u.args[0].op == Number && u.args[0].value >= 0 && a.root(u.args[1]) != nil:
		return a.mul(a.Number(math.Sqrt(u.args[0].value)), a.root(u.args[1]))
	}
	return nil
}
