package formula

import "math"

// Derive returns the derivative of e by v, which is the variable or a parameter.
//
// Where a function has a kink, that is where the arguments of min or max are equal or abs and sign see 0,
// the derivative is that of the constant side if one is constant, else that of the first, and 0 for abs
// and sign; where(c, u, v) has that of the branch taken. So relu'(0) = 0 and leaky_relu'(0) = slope, as
// in PyTorch.
func (a *Arena) Derive(e, v *Expr) (d *Expr, err error) {
	defer guard(&err)
	return (&derivation{a, v, map[*Expr]*Expr{}}).of(e), nil
}

// derivation is the derivatives by one variable that are known so far.
type derivation struct {
	*Arena
	by    *Expr
	known map[*Expr]*Expr
}

func (d *derivation) of(e *Expr) *Expr {
	if known := d.known[e]; known != nil {
		return known
	}
	result := d.rule(e)
	d.known[e] = result
	return result
}

func (d *derivation) rule(e *Expr) *Expr {
	zero, one := d.Number(0), d.Number(1)
	if e == d.by {
		return one
	}
	var u, v, du, dv *Expr
	switch len(e.args) {
	case 1:
		u = e.args[0]
		du = d.of(u)
		if du.is(0) {
			return zero
		}
		return d.mul(d.outer(e, u), du)
	case 2:
		u, v = e.args[0], e.args[1]
		du, dv = d.of(u), d.of(v)
		if du.is(0) && dv.is(0) {
			return zero
		}
	}
	switch e.op {
	case Add:
		return d.add(du, dv)
	case Sub:
		return d.sub(du, dv)
	case Mul:
		return d.add(d.mul(du, v), d.mul(u, dv))
	case Div:
		if c := beside(v, u); c != nil { // (u/√(u² + c²))′
			return d.mul(d.div(d.pow(d.div(c, v), d.Number(2)), v), du)
		}
		// (u' − (u/v)·v')/v stays finite where u and v are large
		return d.div(d.sub(du, d.mul(e, dv)), v)
	case Pow:
		return d.power(e, u, v, du, dv)
	case Min:
		return d.extreme(u, v, du, dv, func(u, v *Expr) *Expr { return d.make(Less, u, v) })
	case Max:
		return d.extreme(u, v, du, dv, func(u, v *Expr) *Expr { return d.make(Less, v, u) })
	case Hypot:
		return d.add(d.mul(d.div(u, e), du), d.mul(d.div(v, e), dv))
	case Where:
		return d.where(e.args[0], d.of(e.args[1]), d.of(e.args[2]))
	}
	return zero // numbers, other variables, comparisons, chance
}

// power is the derivative of u^v.
func (d *derivation) power(e, u, v, du, dv *Expr) *Expr {
	byBase := d.mul(d.mul(v, d.pow(u, d.sub(v, d.Number(1)))), du)
	if dv.is(0) {
		return byBase
	}
	byExponent := d.mul(d.mul(e, d.log(u)), dv)
	if du.is(0) {
		return byExponent
	}
	return d.add(byBase, byExponent)
}

// extreme is the derivative of whichever of u and v is first, for an order that is strict.
func (d *derivation) extreme(u, v, du, dv *Expr, first func(u, v *Expr) *Expr) *Expr {
	if dv.is(0) {
		return d.where(first(u, v), du, dv)
	}
	return d.where(first(v, u), dv, du)
}

// outer is the derivative of e = f(u) by u.
func (d *derivation) outer(e, u *Expr) *Expr {
	one, two := d.Number(1), d.Number(2)
	switch e.op {
	case Neg:
		return d.Number(-1)
	case Abs:
		return d.make(Sign, u)
	case Sqrt:
		return d.div(d.Number(0.5), e)
	case Exp:
		return e
	case Expm1:
		return d.make(Exp, u)
	case Log:
		return d.div(one, u)
	case Log1p:
		return d.div(one, d.add(u, one))
	case Sin:
		return d.make(Cos, u)
	case Cos:
		return d.neg(d.make(Sin, u))
	case Tanh:
		return d.make(Sech2, u)
	case Sinh:
		return d.make(Cosh, u)
	case Cosh:
		return d.make(Sinh, u)
	case Atan:
		return d.div(one, d.add(d.pow(u, two), one))
	case Erf:
		return d.mul(d.Number(2/math.Sqrt(math.Pi)), d.make(Exp, d.neg(d.pow(u, two))))
	case Erfc:
		return d.mul(d.Number(-2/math.Sqrt(math.Pi)), d.make(Exp, d.neg(d.pow(u, two))))
	case Sigmoid:
		return d.make(Bell, u)
	case Softplus:
		return d.make(Sigmoid, u)
	case Tanhshrink:
		return d.pow(d.make(Tanh, u), two)
	case Sech2:
		return d.mul(d.Number(-2), d.mul(e, d.make(Tanh, u)))
	case Bell:
		return d.neg(d.mul(e, d.make(Tanh, d.mul(d.Number(0.5), u))))
	}
	return d.Number(0) // sign, floor
}
