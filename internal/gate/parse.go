package gate

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"actfn/internal/fault"
)

// maxLength bounds the text of a gate, in bytes.
const maxLength = 4096

// baselineFile is how a gate names the results of before.
const baselineFile = "baseline-file"

// What the text of a gate is made of. A sign begins a number or its exponent only.
var (
	spaces   = regexp.MustCompile(`^[ \t\r\n]*`)
	word     = regexp.MustCompile(`^[A-Za-z0-9_-]*`)
	operator = regexp.MustCompile(`^[<>]=?`)
	decimal  = regexp.MustCompile(`^[+-]?[0-9.]([0-9.]|[eE][+-]?)*`)
	unit     = regexp.MustCompile(`^(pp|%)?`)
)

// Error is what is wrong with the text of a gate, and where.
type Error struct {
	Gate   string
	Column int   // from 1, in characters
	Err    error // as in: unit is missing, want pp
}

// Error is one line; Caret shows the place.
func (e *Error) Error() string { return fmt.Sprintf("gate: column %d: %v", e.Column, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// Caret is the gate with a caret under the place of the error, in two lines.
func (e *Error) Caret() string { return e.Gate + "\n" + strings.Repeat(" ", e.Column-1) + "^" }

// Resolve turns the spec of an activation into its canonical form, as rows have it: leakyrelu into
// leaky_relu(slope=0.01).
type Resolve func(spec string) (canonical string, err error)

// Parse reads a gate. With clauses joined by `and`, of
//
//	mish.accuracy >= 0.85                      the mean over the seeds; also 85%, and > < <=
//	mish.loss < 0.5                            the mean test loss; also .diverged, a number of seeds
//	mish.step_ratio <= 1.2                     the whole interval of the time of a training step, in units of the
//	                                           baseline's, lies there; also .step_seconds
//	mish.dead <= 5%                            the median over the seeds; also the other compare.HealthFigures
//	mish vs relu > -0.5pp                      the whole interval of the difference in points lies there, so that
//	                                           noise cannot pass
//	mish vs baseline-file > -0.5pp             the same against mish in the baseline file
//	mish vs baseline-file < -0.5pp is regression
//	                                           fails only if the whole interval lies there, so that noise cannot fail
//
// An activation is a name, with its parameters in parentheses if it has any, or any spec in quotes: "x*sigmoid(x)".
// The error is a *Error, and its hint shows the place.
func Parse(text string, resolve Resolve) (g Gate, err error) {
	if len(text) > maxLength {
		return Gate{}, fmt.Errorf("gate: length is %d, want at most %d", len(text), maxLength)
	}
	if !utf8.ValidString(text) {
		return Gate{}, errors.New("gate: text is not UTF-8")
	}
	p := &parser{text: text, resolve: resolve}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			g, err = Gate{}, fault.Hint(r, "%s", r.Caret())
		default:
			panic(r)
		}
	}()
	g.Text = strings.TrimSpace(text)
	for {
		g.Clauses = append(g.Clauses, p.clause())
		if p.take(spaces); p.at == len(p.text) {
			return g, nil
		}
		if !p.word("and") {
			p.fail(p.at, "unexpected %s, want and, or the end", p.ahead())
		}
	}
}

type parser struct {
	text    string
	resolve Resolve
	at      int // the byte that is next
}

func (p *parser) fail(at int, format string, args ...any) {
	panic(&Error{p.text, utf8.RuneCountInString(p.text[:at]) + 1, fmt.Errorf(format, args...)})
}

// take takes what an expression finds here; "" if that is nothing.
func (p *parser) take(what *regexp.Regexp) string {
	text := what.FindString(p.text[p.at:])
	p.at += len(text)
	return text
}

// word takes that word, if it is next, in capitals or not.
func (p *parser) word(want string) bool {
	p.take(spaces)
	found := strings.EqualFold(word.FindString(p.text[p.at:]), want)
	if found {
		p.at += len(want)
	}
	return found
}

// ahead names what is next, for a message.
func (p *parser) ahead() string {
	rest := p.text[p.at:]
	if rest == "" {
		return "end"
	}
	if name := word.FindString(rest); name != "" {
		return strconv.Quote(name)
	}
	_, n := utf8.DecodeRuneInString(rest)
	return strconv.Quote(rest[:n])
}

func (p *parser) clause() Clause {
	p.take(spaces)
	start := p.at
	c := Clause{Activation: p.activation()}
	if p.at < len(p.text) && p.text[p.at] == '.' {
		p.at++
		c.Field = p.field()
	} else {
		p.against(&c)
	}
	p.operator(&c)
	c.Bound = p.bound(c)
	if p.word("is") {
		if !p.word("regression") {
			p.fail(p.at, "unexpected %s, want regression", p.ahead())
		}
		c.Regression = true
	}
	c.Text = strings.TrimSpace(p.text[start:p.at])
	return c
}

// activation takes a spec and resolves it.
func (p *parser) activation() string {
	p.take(spaces)
	start := p.at
	spec := p.spec()
	if strings.EqualFold(spec, baselineFile) {
		p.fail(start, "%s stands after vs only, want an activation", baselineFile)
	}
	canonical, err := p.resolve(spec)
	if err != nil {
		p.fail(start, "%w", err)
	}
	return canonical
}

// spec takes the text between quotes, or a name with what is in the parentheses after it.
func (p *parser) spec() string {
	rest := p.text[p.at:]
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		length := strings.IndexByte(rest[1:], rest[0])
		if length < 0 {
			p.fail(p.at, "quote is not closed")
		}
		if length == 0 {
			p.fail(p.at, "name is empty, want an activation")
		}
		p.at += length + 2
		return rest[1 : 1+length]
	}
	n := len(word.FindString(rest))
	if n == 0 {
		p.fail(p.at, "unexpected %s, want an activation: a name, or a formula in quotes", p.ahead())
	}
	if n < len(rest) && rest[n] == '(' {
		n += p.parentheses(p.at + n)
	}
	p.at += n
	return rest[:n]
}

// parentheses is the length of the group that begins at a byte.
func (p *parser) parentheses(at int) int {
	depth := 0
	for i := at; i < len(p.text); i++ {
		switch p.text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1 - at
			}
		}
	}
	p.fail(at, "parenthesis is not closed")
	return 0
}

func (p *parser) field() string {
	start := p.at
	name := p.take(word)
	if _, ok := figureOf(name); !ok {
		p.fail(start, "figure is %q, want %s", name, strings.Join(Figures(), ", "))
	}
	return name
}

// against takes `vs` and what it compares with.
func (p *parser) against(c *Clause) {
	if !p.word("vs") {
		p.fail(p.at, "unexpected %s, want vs and an activation, or .accuracy (a formula stands in quotes)", p.ahead())
	}
	if p.word(baselineFile) {
		c.BaselineFile = true
		return
	}
	p.take(spaces)
	start := p.at
	if c.Against = p.activation(); c.Against == c.Activation {
		p.fail(start, "%s is compared with itself, want another activation or %s", c.Activation, baselineFile)
	}
}

// operator takes one of > >= < <=.
func (p *parser) operator(c *Clause) {
	p.take(spaces)
	text := p.take(operator)
	if text == "" {
		p.fail(p.at, "unexpected %s, want >, >=, < or <=", p.ahead())
	}
	c.Above, c.OrEqual = text[0] == '>', len(text) > 1
}

// bound takes a number with the unit that the clause wants.
func (p *parser) bound(c Clause) float64 {
	p.take(spaces)
	start := p.at
	v, err := strconv.ParseFloat(decimal.FindString(p.text[start:]), 64)
	if err != nil {
		p.fail(start, "unexpected %s, want a number", p.ahead())
	}
	p.take(decimal)
	p.take(spaces)
	of, rule := p.take(unit), ""
	f, _ := figureOf(c.Field)
	switch {
	case c.isDifference():
		if of != "pp" {
			rule = "percentage points, as -0.5pp"
		} else if v = v / 100; math.Abs(v) > 1 {
			rule = "-100pp to 100pp"
		}
	case f.percent:
		if of == "%" {
			v /= 100
		}
		if of == "pp" || v < 0 || v > 1 {
			rule = "0 to 1, or 0% to 100%"
		}
	case of != "" || v < 0:
		rule = "a number that is not negative, without a unit"
	}
	if rule != "" {
		p.fail(start, "bound is %s, want %s", strings.TrimSpace(p.text[start:p.at]), rule)
	}
	return v
}
