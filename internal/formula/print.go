package formula

import (
	"math"
	"strconv"
	"strings"
)

// String writes the expression in the form that Parse reads.
func (e *Expr) String() string {
	var b strings.Builder
	e.print(&b, 0)
	return b.String()
}

// The precedence of operators, from low to high. Calls, names and numbers have the highest.
const (
	comparison = iota + 1
	sum
	product
	sign
	power
	atom
)

func (e *Expr) precedence() int {
	switch p := primitives[e.op]; {
	case p.symbol != "":
		return p.precedence
	case e.op == Number && e.value < 0:
		return sign
	}
	return atom
}

// print writes e, in parentheses if its precedence is lower than wanted.
func (e *Expr) print(b *strings.Builder, wanted int) {
	p, name, symbol := e.precedence(), primitives[e.op].name, primitives[e.op].symbol
	if p < wanted {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	switch {
	case e.is(math.Pi):
		b.WriteString("pi")
	case e.op == Number:
		b.WriteString(strconv.FormatFloat(e.value, 'g', -1, 64))
	case e.op == X:
		b.WriteByte('x')
	case e.op == Draw:
		b.WriteString("uniform(0, 1)")
	case e.op == Parameter:
		b.WriteString(e.name)
	case symbol != "" && len(e.args) == 1:
		b.WriteString(symbol)
		e.args[0].print(b, p)
	case symbol != "":
		// a − (b − c), a/(b/c), a < (b < c) and (a^b)^c need parentheses; powers associate to the right.
		left, right := p, p+1
		if e.op == Pow {
			left, right = p+1, sign
		} else if e.op == Add || e.op == Mul {
			right = p
		} else if p == comparison {
			left = p + 1
		}
		if u, v := e.args[0], e.args[1]; (e.op == Less || e.op == LessEqual) && v.varies && !u.varies { // x > 0, not 0 < x
			v.print(b, left)
			b.WriteString(map[Op]string{Less: " > ", LessEqual: " >= "}[e.op])
			u.print(b, right)
			return
		}
		e.args[0].print(b, left)
		if v := e.args[1]; e.op == Add && v.op == Number && v.value < 0 {
			b.WriteString(" - " + strconv.FormatFloat(-v.value, 'g', -1, 64))
			return
		}
		b.WriteString(symbol)
		e.args[1].print(b, right)
	default:
		b.WriteString(name)
		b.WriteByte('(')
		for i, arg := range e.args {
			if i > 0 {
				b.WriteString(", ")
			}
			arg.print(b, 0)
		}
		b.WriteByte(')')
	}
}
