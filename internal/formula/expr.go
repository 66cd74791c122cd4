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

// Op is what an expression does with its arguments.
type Op uint8

// The elementary expressions.
const (
	Number Op = iota
	X
	Parameter
	Draw // uniform on [0, 1), anew for each element in training; its mean in evaluation

	Neg
	Add
	Sub
	Mul
	Div
	Pow

	Less
	LessEqual
	Equal
	Where

	Min
	Max
	Hypot

	Abs
	Sign
	Floor
	Sqrt
	Exp
	Expm1
	Log
	Log1p
	Sin
	Cos
	Tanh
	Sinh
	Cosh
	Atan
	Erf
	Erfc
	Sigmoid
	Softplus

	Tanhshrink // x − tanh(x)

	Sech2 // 1/cosh², the derivative of tanh
	Bell  // σ(x)·σ(−x), the derivative of the sigmoid σ

	opCount
)

// functions are the ops that are written as a call, by name.
var functions = map[string]struct {
	op    Op
	arity int
}{
	"where": {Where, 3}, "min": {Min, 2}, "max": {Max, 2}, "hypot": {Hypot, 2}, "pow": {Pow, 2},
	"abs": {Abs, 1}, "sign": {Sign, 1}, "floor": {Floor, 1}, "sqrt": {Sqrt, 1}, "exp": {Exp, 1}, "expm1": {Expm1, 1},
	"log": {Log, 1}, "log1p": {Log1p, 1}, "sin": {Sin, 1}, "cos": {Cos, 1}, "tanh": {Tanh, 1}, "sinh": {Sinh, 1},
	"cosh": {Cosh, 1}, "atan": {Atan, 1}, "erf": {Erf, 1}, "erfc": {Erfc, 1}, "sigmoid": {Sigmoid, 1},
	"softplus": {Softplus, 1}, "sech2": {Sech2, 1}, "bell": {Bell, 1}, "tanhshrink": {Tanhshrink, 1},
}

// names are those of the ops that are printed as a call.
var names = func() (names [opCount]string) {
	for name, f := range functions {
		names[f.op] = name
	}
	names[Pow] = "" // printed as an operator
	return names
}()

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
	switch e.op {
	case Number, Draw:
		key.WriteString(strconv.FormatFloat(e.value, 'x', -1, 64))
	case Parameter:
		key.WriteString(e.name)
	case Add, Mul, Min, Max, Hypot, Equal:
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
	for name := range functions {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
