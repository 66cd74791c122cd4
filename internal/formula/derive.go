package formula

// Derive returns the derivative of e with respect to v, which is the variable or a parameter.
//
// At a kink the derivative is defined as follows. Where the arguments of min or max are equal, it is that of the
// constant argument, or else that of the first. At 0, that of abs and sign is 0. For where(c, u, v) it is that of the
// branch taken. So relu'(0) = 0 and leaky_relu'(0) = slope, as in PyTorch.
func (a *Arena) Derive(e, v *Expr) (d *Expr, err error) {
	defer guard(&err)
	return (&derivation{a, v, map[*Expr]*Expr{}}).of(e), nil
}

// derivation holds the derivatives with respect to one variable that have been computed so far.
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
	if e == d.by {
		return d.Number(1)
	}
	switch len(e.args) {
	case 1:
		u := e.args[0]
		if du := d.of(u); !du.is(0) {
			return d.mul(primitives[e.op].derivative1(d.Arena, e, u), du)
		}
	case 2:
		u, v := e.args[0], e.args[1]
		du, dv := d.of(u), d.of(v)
		if !du.is(0) || !dv.is(0) {
			return primitives[e.op].derivative2(d, e, u, v, du, dv)
		}
	case 3:
		return d.where(e.args[0], d.of(e.args[1]), d.of(e.args[2]))
	}
	return d.Number(0)
}

// quotient returns the derivative of e = u/v as (u′ − e·v′)/v, which stays finite where u and v are large.
func (d *derivation) quotient(e, u, v, du, dv *Expr) *Expr {
	if c := beside(v, u); c != nil { // (u/√(u² + c²))′
		return d.mul(d.div(d.pow(d.div(c, v), d.Number(2)), v), du)
	}
	return d.div(d.sub(du, d.mul(e, dv)), v)
}

// power returns the derivative of e = u^v.
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

// extreme returns the derivative of min(u, v) or max(u, v); first is the condition that it is u, and not v.
func (d *derivation) extreme(u, v, du, dv *Expr, first func(u, v *Expr) *Expr) *Expr {
	if dv.is(0) {
		return d.where(first(u, v), du, dv)
	}
	return d.where(first(v, u), dv, du)
}
