package formula

import "math"

// Unify reports whether e is the template with each parameter of the template replaced by an expression that does not
// vary, and returns these expressions.
func Unify(template, e *Expr) (with map[string]*Expr, ok bool) {
	with = map[string]*Expr{}
	return with, unify(template, e, with)
}

func unify(t, e *Expr, with map[string]*Expr) bool {
	switch {
	case t.op == Parameter:
		if e.varies || with[t.name] != nil && with[t.name] != e {
			return false
		}
		with[t.name] = e
		return true
	case t.op != e.op || len(t.args) != len(e.args):
		return false
	case t.op == Number:
		return math.Abs(t.value-e.value) <= 1e-12*math.Abs(t.value)
	}
	if primitives[t.op].commutes {
		before := map[string]*Expr{}
		for name, value := range with {
			before[name] = value
		}
		if unify(t.args[0], e.args[1], with) && unify(t.args[1], e.args[0], with) {
			return true
		}
		clear(with)
		for name, value := range before {
			with[name] = value
		}
	}
	for i := range t.args {
		if !unify(t.args[i], e.args[i], with) {
			return false
		}
	}
	return true
}
