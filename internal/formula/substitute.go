package formula

// Substitute returns e with each subexpression replaced for which replace returns true, in its simplest form.
func (a *Arena) Substitute(e *Expr, replace func(*Expr) (*Expr, bool)) (result *Expr, err error) {
	defer guard(&err)
	return a.substitute(e, replace, a.Apply), nil
}

// substitute is Substitute with a constructor of one's choice. It panics if the Arena is full.
func (a *Arena) substitute(e *Expr, replace func(*Expr) (*Expr, bool), build func(Op, ...*Expr) *Expr) *Expr {
	known := map[*Expr]*Expr{}
	var visit func(*Expr) *Expr
	visit = func(e *Expr) *Expr {
		if done := known[e]; done != nil {
			return done
		}
		with, ok := replace(e)
		switch {
		case ok:
		case len(e.args) == 0:
			with = a.intern(Expr{op: e.op, value: e.value, name: e.name})
		default:
			args := make([]*Expr, len(e.args))
			for i, arg := range e.args {
				args[i] = visit(arg)
			}
			with = build(e.op, args...)
		}
		known[e] = with
		return with
	}
	return visit(e)
}

// Mean returns e with random draws replaced by their mean, as it is evaluated after training.
func (a *Arena) Mean(e *Expr) (*Expr, error) {
	return a.Substitute(e, func(e *Expr) (*Expr, bool) {
		return a.Number(0.5), e.op == Draw
	})
}

// KeepNaN returns an expression that equals e, but is NaN where x is NaN. Kernels propagate NaN, through comparisons as
// well. Only an expression without x, and where(c, u, v) with a c without x, have to be wrapped.
func (a *Arena) KeepNaN(e *Expr) (result *Expr, err error) {
	defer guard(&err)
	if e.Contains(X) && !e.any(func(e *Expr) bool { return e.op == Where && !e.args[0].Contains(X) }) {
		return e, nil
	}
	x := a.X()
	return a.where(a.make(Equal, x, x), e, x), nil
}
