package formula

import (
	"fmt"
	"math"
)

// Piece is the form of an expression between two numbers.
type Piece struct {
	From, To float64
	*Expr
}

// maxPieces is the largest number of pieces that Pieces returns.
const maxPieces = 64

// Pieces cuts the real line at the points where a comparison, min, max, abs or sign of multiples of x changes, and returns
// the form of e on each piece, without these operations. Those of other functions remain. It is an error if there are
// too many pieces.
func (a *Arena) Pieces(e *Expr) (pieces []Piece, err error) {
	defer guard(&err)
	if pieces = a.cut(nil, Piece{math.Inf(-1), math.Inf(1), e}); len(pieces) > maxPieces {
		return nil, fmt.Errorf("formula: number of pieces is more than %d, want less", maxPieces)
	}
	return pieces, nil
}

// cut appends the pieces of a piece.
func (a *Arena) cut(pieces []Piece, p Piece) []Piece {
	node, k, c := p.decidable(map[*Expr]bool{})
	if node == nil || len(pieces) > maxPieces {
		return append(pieces, p)
	}
	root := math.Inf(-1) // kx + c is positive beyond it, or for k < 0 before it
	if k != 0 {
		root = 0 - c/k
	} else {
		k = c
	}
	if p.From < root {
		pieces = a.cut(pieces, Piece{p.From, min(p.To, root), a.decided(p.Expr, node, -k)})
	}
	if root < p.To {
		pieces = a.cut(pieces, Piece{max(p.From, root), p.To, a.decided(p.Expr, node, k)})
	}
	return pieces
}

// decidable finds a subexpression that the sign of kx + c decides: abs or sign of kx, or an operation that compares kx
// with a number, or for min and max with another multiple of x. Sums are not decided, since their rounding in float32
// may move the point where they change.
func (e *Expr) decidable(seen map[*Expr]bool) (node *Expr, k, c float64) {
	if seen[e] || !e.varies {
		return nil, 0, 0
	}
	seen[e] = true
	for _, arg := range e.args {
		if node, k, c = arg.decidable(seen); node != nil {
			return node, k, c
		}
	}
	switch e.op {
	case Less, LessEqual, Equal, Min, Max:
		k1, c1, ok1 := e.args[0].Linear()
		k2, c2, ok2 := e.args[1].Linear()
		multiples := c1 == 0 && c2 == 0 && (e.op == Min || e.op == Max)
		if ok1 && ok2 && (k1 == 0 && c2 == 0 || k2 == 0 && c1 == 0 || multiples) {
			return e, k1 - k2, c1 - c2
		}
	case Abs, Sign:
		if k, c, ok := e.args[0].Linear(); ok && c == 0 {
			return e, k, c
		}
	}
	return nil, 0, 0
}

// decided returns e for an x where the argument, or the difference of the arguments, of node has that sign.
func (a *Arena) decided(e, node *Expr, sign float64) *Expr {
	u, v := node.args[0], node.args[len(node.args)-1]
	var with *Expr
	switch node.op {
	case Less:
		with = a.Number(truth(sign < 0))
	case LessEqual:
		with = a.Number(truth(sign <= 0))
	case Equal:
		with = a.Number(truth(sign == 0))
	case Min, Max:
		if with = v; (sign < 0) == (node.op == Min) {
			with = u
		}
	case Abs:
		if with = u; sign < 0 {
			with = a.neg(u)
		}
	case Sign:
		with = a.Number(signum(sign))
	}
	return a.substitute(e, func(e *Expr) (*Expr, bool) { return with, e == node }, a.choose)
}

// choose returns op(args…) without simplification, which may introduce new cases. A where whose condition is a number
// becomes its branch.
func (a *Arena) choose(op Op, args ...*Expr) *Expr {
	switch {
	case op != Where || args[0].op != Number:
		return a.make(op, args...)
	case args[0].value != 0:
		return args[1]
	}
	return args[2]
}

// Linear returns the k and c of e = kx + c; ok is false if e has no such form.
func (e *Expr) Linear() (k, c float64, ok bool) {
	var u, v struct{ k, c float64 }
	for i, to := range []*struct{ k, c float64 }{&u, &v}[:min(len(e.args), 2)] {
		if to.k, to.c, ok = e.args[i].Linear(); !ok {
			return 0, 0, false
		}
	}
	switch e.op {
	case X:
		return 1, 0, true
	case Number:
		c = e.value
	case Neg:
		k, c = -u.k, -u.c
	case Add:
		k, c = u.k+v.k, u.c+v.c
	case Sub:
		k, c = u.k-v.k, u.c-v.c
	case Mul:
		if u.k != 0 && v.k != 0 {
			return 0, 0, false
		}
		k, c = u.k*v.c+u.c*v.k, u.c*v.c
	case Div:
		if v.k != 0 {
			return 0, 0, false
		}
		k, c = u.k/v.c, u.c/v.c
	default:
		return 0, 0, false
	}
	return k, c, math.Abs(k) <= math.MaxFloat64 && math.Abs(c) <= math.MaxFloat64
}
