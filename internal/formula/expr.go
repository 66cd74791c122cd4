// Package formula knows expressions of one variable x: it parses, simplifies, differentiates, prints,
// evaluates and compiles them. It knows no names but those of elementary functions.
package formula

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Expr is an expression. It is immutable, and equal expressions of one Arena are one pointer, so that a
// subexpression that occurs often exists, and is computed, once.
type Expr struct {
	op    Op
	args  []*Expr
	value float64 // of a Number; of a Draw, which one it is
	name  string  // of a Parameter

	id     int
	varies bool // it depends on x, or on chance
}

// Arena holds expressions.
type Arena struct {
	known map[string]*Expr
	limit int
	draws int
}

// MaxSize is the number of different subexpressions that an Arena takes.
const MaxSize = 20000

// NewArena returns an empty Arena.
func NewArena() *Arena { return &Arena{known: map[string]*Expr{}, limit: MaxSize} }

// tooLarge is what intern panics with when the Arena is full; guard makes it an error.
type tooLarge struct{}

// guard turns the panics that end a parse or a derivation into its error.
func guard(err *error) {
	switch p := recover().(type) {
	case nil:
	case *SyntaxError:
		*err = p
	case tooLarge:
		*err = fmt.Errorf("formula: number of subexpressions is more than %d, want less", MaxSize)
	default:
		panic(p)
	}
}

// intern returns the Arena's one copy of e. Arguments may come in either order where that is the same;
// the copy keeps the order in which they came first.
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
	if len(a.known) >= a.limit {
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

// Op is what the expression does.
func (e *Expr) Op() Op { return e.op }

// Varies reports that the expression depends on x or on chance, and not on parameters alone.
func (e *Expr) Varies() bool { return e.varies }

// Parameters are the names of the parameters that occur, in the order of their first occurrence.
func (e *Expr) Parameters() []string {
	var found []string
	seen := map[*Expr]bool{}
	var visit func(*Expr)
	visit = func(e *Expr) {
		if seen[e] {
			return
		}
		seen[e] = true
		if e.op == Parameter {
			found = append(found, e.name)
		}
		for _, arg := range e.args {
			visit(arg)
		}
	}
	visit(e)
	return found
}

// Contains reports that any of the ops occurs.
func (e *Expr) Contains(ops ...Op) bool {
	return e.any(func(e *Expr) bool { return slices.Contains(ops, e.op) })
}

// any reports that a subexpression is such.
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

// is reports that e is the number v.
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
