// Package formula parses, simplifies, differentiates, prints, evaluates and compiles expressions of one variable x.
// The only functions it knows by name are the elementary ones; see primitives.
package formula

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Expr is an expression. It is immutable. Equal expressions of one Arena are the same pointer, so that a subexpression
// that occurs several times is stored and computed once.
type Expr struct {
	op    Op
	args  []*Expr
	value float64 // of a Number; the index of a Draw
	name  string  // of a Parameter

	id     int
	varies bool // it depends on x or on a random draw
}

// Arena creates expressions and holds them.
type Arena struct {
	known map[string]*Expr
	draws int
}

// maxSize is the largest number of different subexpressions in an Arena.
const maxSize = 20000

// NewArena returns an empty Arena.
func NewArena() *Arena { return &Arena{known: map[string]*Expr{}} }

// tooLarge is the panic of intern when the Arena is full. guard turns it into an error.
type tooLarge struct{}

// guard is deferred. It turns the panics of a parse or a derivation into an error.
func guard(err *error) {
	switch p := recover().(type) {
	case nil:
	case *SyntaxError:
		*err = p
	case tooLarge:
		*err = fmt.Errorf("formula: number of subexpressions is more than %d, want less", maxSize)
	default:
		panic(p)
	}
}

// intern returns the Arena's only copy of e. If the operation commutes, the copy keeps the order in which the arguments
// came first.
func (a *Arena) intern(e Expr) *Expr {
	var key strings.Builder
	key.WriteByte(byte(e.op))
	switch {
	case e.op == Number, e.op == Draw:
		key.WriteString(strconv.FormatFloat(e.value, 'x', -1, 64))
	case e.op == Parameter:
		key.WriteString(e.name)
	case primitives[e.op].commutes:
		first, second := e.args[0].id, e.args[1].id
		fmt.Fprint(&key, min(first, second), ",", max(first, second))
	default:
		for _, arg := range e.args {
			fmt.Fprint(&key, arg.id, ",")
		}
	}
	if known := a.known[key.String()]; known != nil {
		return known
	}
	if len(a.known) >= maxSize {
		panic(tooLarge{})
	}
	e.id = len(a.known)
	e.varies = e.op == X || e.op == Draw
	for _, arg := range e.args {
		e.varies = e.varies || arg.varies
	}
	a.known[key.String()] = &e
	return &e
}

// Op is the operation at the top of the expression.
func (e *Expr) Op() Op { return e.op }

// Varies reports whether the expression depends on x or on a random draw, and not only on parameters.
func (e *Expr) Varies() bool { return e.varies }

// Parameters lists the names of the parameters that occur in e, in the order of their first occurrence.
func (e *Expr) Parameters() []string {
	var found []string
	e.any(func(e *Expr) bool {
		if e.op == Parameter {
			found = append(found, e.name)
		}
		return false
	})
	return found
}

// Contains reports whether one of the operations occurs in e.
func (e *Expr) Contains(ops ...Op) bool {
	return e.any(func(e *Expr) bool { return slices.Contains(ops, e.op) })
}

// any reports whether e or a subexpression satisfies such.
func (e *Expr) any(such func(*Expr) bool) bool {
	seen := map[*Expr]bool{}
	var visit func(*Expr) bool
	visit = func(e *Expr) bool {
		if seen[e] {
			return false
		}
		seen[e] = true
		return such(e) || slices.ContainsFunc(e.args, visit)
	}
	return visit(e)
}

// is reports whether e is the number v.
func (e *Expr) is(v float64) bool { return e.op == Number && e.value == v }

// Functions lists the names of the elementary functions.
func Functions() []string {
	list := []string{"uniform"}
	for name := range calls {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
