package formula

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of Parse.
const (
	MaxLength = 4096 // bytes of a formula
	maxDepth  = 100  // nested parentheses, calls and signs
)

// SyntaxError describes a fault in a formula, and its place.
type SyntaxError struct {
	Formula string
	Column  int    // in characters, from 1
	Problem string // as in: name "y" is unknown, want x
}

// Error is one line; Caret shows the place.
func (e *SyntaxError) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Problem) }

// Caret is the formula with a caret under the place of the error, in two lines.
func (e *SyntaxError) Caret() string {
	return e.Formula + "\n" + strings.Repeat(" ", e.Column-1) + "^"
}

// Scope defines the names in a formula other than x, pi and the elementary functions.
type Scope interface {
	// Variable reports whether there is a parameter of that name.
	Variable(name string) bool
	// Call applies the function of that name to its arguments; ok is false if there is no such function.
	Call(a *Arena, name string, arguments []Argument) (result *Expr, ok bool, err error)
	// Unknown returns the message for a name that is not defined.
	Unknown(name string) string
}

// Argument is one argument of a call, as in f(x, slope=0.1).
type Argument struct {
	Name string // "" if it is given by position
	*Expr
}

// Parse reads a formula into the arena. It consists of numbers, x, pi, parameters, the operators + - * / ^, the
// comparisons < <= > >= == !=, whose value is 1 or 0, and calls of functions. Powers associate to the right and bind
// more tightly than a sign: −x^2 is −(x²). The error is a *SyntaxError, unless the formula is too large as a whole.
func Parse(a *Arena, formula string, scope Scope) (e *Expr, err error) {
	if len(formula) > MaxLength {
		return nil, fmt.Errorf("formula: length is %d, want at most %d", len(formula), MaxLength)
	}
	p := &parser{arena: a, scope: scope, text: formula}
	defer guard(&err)
	p.next()
	e = p.comparison()
	switch p.token {
	case "if", "?":
		p.fail(p.at, "unexpected %q, want where(condition, yes, no)", p.token)
	case "":
	case "|":
		p.fail(p.at, "unexpected %q, want an operator or the end; write |x| as abs(x)", p.token)
	default:
		if p.token == "(" || isName(p.token) {
			p.fail(p.at, "unexpected %q, want an operator or the end; products need a *, as in 2*x", p.token)
		}
		p.fail(p.at, "unexpected %q, want an operator or the end", p.token)
	}
	return e, nil
}

type parser struct {
	arena *Arena
	scope Scope
	text  string

	token string // "" at the end of the text
	at    int    // index of the token's first byte
	end   int    // index after its last byte
	depth int
}

func (p *parser) fail(at int, format string, args ...any) {
	panic(&SyntaxError{p.text, utf8.RuneCountInString(p.text[:at]) + 1, fmt.Sprintf(format, args...)})
}

// lexeme matches a number such as 12, .5 or 1e-3, a name, an operator, or any other character.
var lexeme = regexp.MustCompile(`^(?s:(?:[0-9]+\.?|\.)[0-9]*(?:[eE][+-]?[0-9]+)?|[A-Za-z_][A-Za-z0-9_]*|[<>=!]=|\*\*|.)`)

// next reads the next token.
func (p *parser) next() {
	rest := strings.TrimLeft(p.text[p.end:], " \t\r\n")
	p.at = len(p.text) - len(rest)
	p.token = lexeme.FindString(rest)
	p.end = p.at + len(p.token)
}

func isNumber(token string) bool {
	return token != "" && strings.IndexByte("0123456789.", token[0]) >= 0
}
func isName(token string) bool {
	return token != "" && (token[0] == '_' || 'a' <= token[0]|' ' && token[0]|' ' <= 'z')
}

// take consumes the token if it is one of tokens.
func (p *parser) take(tokens ...string) (token string, ok bool) {
	for _, t := range tokens {
		if p.token == t {
			p.next()
			return t, true
		}
	}
	return "", false
}

// want consumes a token that has to be there.
func (p *parser) want(token string) {
	if _, ok := p.take(token); !ok {
		p.fail(p.at, "%s, want %q", p.seen(), token)
	}
}

func (p *parser) seen() string {
	if p.token == "" {
		return "the formula ends"
	}
	return fmt.Sprintf("unexpected %q", p.token)
}

func (p *parser) comparison() *Expr {
	a, u := p.arena, p.sum()
	op, ok := p.take("<", "<=", ">", ">=", "==", "!=")
	if !ok {
		return u
	}
	v := p.sum()
	switch op {
	case "<":
		return a.Apply(Less, u, v)
	case "<=":
		return a.Apply(LessEqual, u, v)
	case ">":
		return a.Apply(Less, v, u)
	case ">=":
		return a.Apply(LessEqual, v, u)
	case "==":
		return a.Apply(Equal, u, v)
	}
	return a.Apply(Sub, a.Number(1), a.Apply(Equal, u, v))
}

func (p *parser) sum() *Expr {
	u := p.product()
	for {
		switch op, ok := p.take("+", "-"); {
		case !ok:
			return u
		case op == "+":
			u = p.arena.Apply(Add, u, p.product())
		default:
			u = p.arena.Apply(Sub, u, p.product())
		}
	}
}

func (p *parser) product() *Expr {
	u := p.signed()
	for {
		switch op, ok := p.take("*", "/"); {
		case !ok:
			return u
		case op == "*":
			u = p.arena.Apply(Mul, u, p.signed())
		default:
			u = p.arena.Apply(Div, u, p.signed())
		}
	}
}

func (p *parser) signed() *Expr {
	p.deeper()
	defer func() { p.depth-- }()
	switch sign, ok := p.take("-", "+"); {
	case ok && sign == "-":
		return p.arena.Apply(Neg, p.signed())
	case ok:
		return p.signed()
	}
	u := p.atom()
	if _, ok := p.take("^", "**"); ok {
		return p.arena.Apply(Pow, u, p.signed())
	}
	return u
}

func (p *parser) deeper() {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.at, "nesting is deeper than %d", maxDepth)
	}
}

func (p *parser) atom() *Expr {
	at, token := p.at, p.token
	switch {
	case token == "":
		p.fail(at, "the formula ends, want a number, a name or %q", "(")
	case token == "(":
		p.next()
		u := p.comparison()
		p.want(")")
		return u
	case isNumber(token):
		v, err := strconv.ParseFloat(token, 64)
		if err != nil || math.IsInf(v, 0) {
			p.fail(at, "number is %s, want one such as 0.5 or 1e-3", token)
		}
		p.next()
		return p.arena.Number(v)
	case isName(token):
		p.next()
		if _, called := p.take("("); called {
			return p.call(at, token)
		}
		return p.name(at, token)
	}
	if token == "|" {
		p.fail(at, "unexpected %q, want abs(x) for the magnitude of x", token)
	}
	p.fail(at, "unexpected %q, want a number, a name or %q", token, "(")
	return nil
}

func (p *parser) name(at int, name string) *Expr {
	switch {
	case name == "x":
		return p.arena.X()
	case p.scope.Variable(name):
		return p.arena.Parameter(name)
	case name == "pi":
		return p.arena.Number(math.Pi)
	}
	if op, ok := calls[name]; ok {
		p.fail(at, "%s is a function, want %s", name, signature(name, primitives[op].arity()))
	}
	p.fail(at, "%s", p.scope.Unknown(name))
	return nil
}

func signature(name string, arity int) string {
	return name + "(" + strings.Join([]string{"x", "y", "z"}[:arity], ", ") + ")"
}

// call reads the rest of a call, after its parenthesis.
func (p *parser) call(at int, name string) *Expr {
	p.deeper()
	defer func() { p.depth-- }()
	var given []Argument
	if p.token != ")" {
		given = append(given, p.argument())
		for _, more := p.take(","); more; _, more = p.take(",") {
			given = append(given, p.argument())
		}
	}
	p.want(")")
	op, elementary := calls[name]
	if !elementary && name != "uniform" {
		result, ok, err := p.scope.Call(p.arena, name, given)
		switch {
		case err != nil:
			p.fail(at, "%v", err)
		case !ok:
			p.fail(at, "%s", p.scope.Unknown(name))
		}
		return result
	}
	var args []*Expr
	for _, g := range given {
		if g.Name != "" {
			p.fail(at, "%s has a named argument, %s, want arguments by position", name, g.Name)
		}
		args = append(args, g.Expr)
	}
	if name == "uniform" {
		return p.uniform(at, args)
	}
	if arity := primitives[op].arity(); len(args) != arity {
		p.fail(at, "%s has %d arguments, want %d: %s", name, len(args), arity, signature(name, arity))
	}
	return p.arena.Apply(op, args...)
}

// argument reads an expression, or name=expression.
func (p *parser) argument() Argument {
	rest := strings.TrimLeft(p.text[p.end:], " \t")
	if !isName(p.token) || !strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, "==") {
		return Argument{"", p.comparison()}
	}
	name := p.token
	p.next()
	p.next()
	return Argument{name, p.comparison()}
}

func (p *parser) uniform(at int, args []*Expr) *Expr {
	switch {
	case len(args) != 2:
		p.fail(at, "uniform has %d arguments, want 2: uniform(low, high)", len(args))
	case args[0].varies || args[1].varies:
		p.fail(at, "a bound of uniform depends on x, want numbers or parameters")
	}
	return p.arena.Uniform(args[0], args[1])
}
