package formula

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Code is an expression as a program computes it.
type Code struct {
	Draws  []string // variables that are uniform on [0, 1), drawn for each element in training, else their mean
	Lines  []string // assignments to t1, t2 and so on
	Result string   // an expression
}

// PyTorch writes e in Python, for a tensor x. Parameters are variables: see PythonName. The form is the one that
// the kernels compute: values and first derivatives by PyTorch's autograd are theirs, also at kinks, and where a branch
// that is not taken overflows with these values of the parameters. torch.sign makes 0 of NaN.
func (a *Arena) PyTorch(e *Expr, parameter func(name string) float64) (code Code, err error) {
	defer guard(&err)
	w := &torchWriter{Arena: a, parameter: parameter, uses: map[*Expr]int{}, texts: map[*Expr]string{}}
	e = a.substitute(e, func(*Expr) (*Expr, bool) { return nil, false }, w.lower)
	if x := a.X(); !math.IsNaN(e.Eval(math.NaN(), parameter)) {
		e = a.intern(Expr{op: Where, args: []*Expr{a.make(Equal, x, x), e, x}})
	}
	w.count(e)
	w.Result = w.text(e, 0)
	return w.Code, nil
}

type torchWriter struct {
	Code
	*Arena
	parameter func(name string) float64
	uses      map[*Expr]int    // how often it is mentioned
	texts     map[*Expr]string // what stands for it, once it is a variable
}

// lower makes op(args…) of what PyTorch has. min and max become where, because torch.maximum shares the gradient out
// among equals, and torch.clamp hands it on at the bound.
func (w *torchWriter) lower(op Op, args ...*Expr) *Expr {
	if op == Max || op == Min {
		u, v := args[0], args[1]
		if !u.varies {
			u, v = v, u
		}
		over := func(u, v *Expr) []*Expr { return []*Expr{u, v} }
		if op == Min {
			over = func(u, v *Expr) []*Expr { return []*Expr{v, u} }
		}
		than := Less // the first among equals
		if !v.varies {
			than = LessEqual // the one that does not vary
		}
		op, args = Where, []*Expr{w.make(than, over(u, v)...), v, u}
	}
	if op == Where {
		args = []*Expr{args[0], w.guarded(args[1], args[0], true), w.guarded(args[2], args[0], false)}
	}
	return w.intern(Expr{op: op, args: args})
}

// probes are where derivatives are looked at. The first that is possible serves as the place that is safe.
var probes = func() []float64 {
	xs := []float64{0}
	for _, v := range []float64{1, 0.5, 2, 3, 5, 10, 1e-3, 1e-10, 30, 50, 90, 200, 1e4, 1e10} {
		xs = append(xs, v, -v)
	}
	return xs
}()

// guarded returns a branch of where(condition, …). autograd multiplies the derivative of the branch that is not taken
// by 0, which is NaN where that derivative is not finite: there, x is replaced by a place where it is.
func (w *torchWriter) guarded(branch, condition *Expr, taken bool) *Expr {
	finite := w.finite(branch)
	at := condition.EvalAll(probes, w.parameter)
	safe, fragile := slices.Index(finite, true), false
	for i := len(probes) - 1; i >= 0; i-- {
		switch in := (at[i] != 0) == taken; {
		case in && finite[i]:
			safe = i
		case !in && !finite[i]:
			fragile = true
		}
	}
	if !fragile || safe < 0 {
		return branch
	}
	args := []*Expr{condition, w.X(), w.Number(probes[safe])}
	if !taken {
		slices.Reverse(args[1:])
	}
	x := w.intern(Expr{op: Where, args: args})
	return w.substitute(branch, func(e *Expr) (*Expr, bool) { return x, e.op == X }, func(op Op, args ...*Expr) *Expr {
		return w.intern(Expr{op: op, args: args})
	})
}

// finite says at which probes all derivatives that autograd computes in e are finite in float32.
func (w *torchWriter) finite(e *Expr) []bool {
	finite := make([]bool, len(probes))
	for i := range finite {
		finite[i] = true
	}
	values := &evaluation{probes, w.parameter, map[*Expr][]float64{}}
	variables := []*Expr{w.X()}
	for _, name := range e.Parameters() {
		variables = append(variables, w.Arena.Parameter(name))
	}
	for _, by := range variables {
		d := &derivation{w.Arena, by, map[*Expr]*Expr{}}
		seen := map[*Expr]bool{}
		var visit func(e *Expr)
		visit = func(e *Expr) {
			if seen[e] || e.op == Less || e.op == LessEqual || e.op == Equal {
				return
			}
			seen[e] = true
			for i, v := range values.of(d.of(e)) {
				finite[i] = finite[i] && math.Abs(v) <= math.MaxFloat32
			}
			for i, arg := range e.args {
				if e.op != Where || i > 0 {
					visit(arg)
				}
			}
		}
		visit(e)
	}
	return finite
}

// count counts how often e and its parts are mentioned.
func (w *torchWriter) count(e *Expr) {
	w.uses[e]++
	if w.uses[e] > 1 {
		return
	}
	for i, arg := range e.args {
		w.count(arg)
		if strings.Count(primitives[e.op].torch, fmt.Sprintf("%%[%d]s", i+1)) > 1 {
			w.uses[arg]++
		}
	}
}

// A part is a variable if it is mentioned again and longer than small operations, or if it would fill a line.
const (
	smallPart = 3
	longPart  = 80 // characters
)

// text writes e, in parentheses if its precedence is lower than wanted.
func (w *torchWriter) text(e *Expr, wanted int) string {
	if name, ok := w.texts[e]; ok {
		return name
	}
	text, precedence := w.operation(e)
	if again := w.uses[e] > 1 && e.Length() > smallPart; again || len(text) > longPart && wanted > 0 {
		name := fmt.Sprintf("t%d", len(w.Lines)+1)
		w.Lines = append(w.Lines, name+" = "+text)
		w.texts[e] = name
		return name
	}
	if precedence < wanted {
		return "(" + text + ")"
	}
	return text
}

func (w *torchWriter) operation(e *Expr) (text string, precedence int) {
	p := &primitives[e.op]
	switch {
	case e.op == Number || e.op == X || e.op == Parameter || e.op == Draw:
		return w.leaf(e), e.precedence()
	case e.op == Where:
		return w.where(e), atom
	case p.precedence == comparison:
		return "(" + w.comparison(e) + ").to(x)", atom
	case e.op == Hypot:
		return fmt.Sprintf("torch.hypot(%s, %s)", w.tensor(e.args[0]), w.tensor(e.args[1])), atom
	case p.symbol != "" && len(e.args) == 1:
		return p.symbol + w.text(e.args[0], p.precedence), p.precedence
	case p.symbol != "":
		return w.operator(e)
	case strings.Contains(p.torch, "%"):
		return fmt.Sprintf(p.torch, w.text(e.args[0], sign)), product
	}
	return p.torch + "(" + w.text(e.args[0], 0) + ")", atom
}

// operator writes e = u∘v, with the parentheses that String writes.
func (w *torchWriter) operator(e *Expr) (text string, precedence int) {
	p := &primitives[e.op]
	left, right := p.precedence, p.precedence+1
	switch e.op {
	case Pow:
		left, right = p.precedence+1, sign
	case Add, Mul:
		right = p.precedence
	}
	symbol := strings.TrimSpace(p.symbol)
	if p.torch != "" {
		symbol = strings.TrimSpace(p.torch)
	}
	u, v := e.args[0], e.args[1]
	if e.op == Add && v.op == Number && v.value < 0 {
		symbol, v = "-", w.Number(-v.value)
	}
	text = w.text(u, left)
	return text + " " + symbol + " " + w.text(v, right), p.precedence
}

// comparison writes a condition, x > 0 and not 0 < x.
func (w *torchWriter) comparison(e *Expr) string {
	if e.op != Less && e.op != LessEqual && e.op != Equal {
		return w.text(e, comparison+1) + " != 0"
	}
	u, v, symbol := e.args[0], e.args[1], strings.TrimSpace(primitives[e.op].symbol)
	if v.varies && !u.varies {
		u, v, symbol = v, u, strings.Replace(symbol, "<", ">", 1)
	}
	text := w.text(u, comparison+1)
	return text + " " + symbol + " " + w.text(v, comparison+1)
}

func (w *torchWriter) where(e *Expr) string {
	c, u, v := e.args[0], e.args[1], e.args[2]
	if c.op == LessEqual && c.args[0] == v && c.args[1].is(0) && u.is(0) {
		return "F.relu(" + w.text(v, 0) + ")"
	}
	condition := w.comparison(c)
	yes := w.branch(u)
	return fmt.Sprintf("torch.where(%s, %s, %s)", condition, yes, w.branch(v))
}

// branch writes an argument of torch.where, which would make integers of two of them.
func (w *torchWriter) branch(e *Expr) string {
	text := w.text(e, 0)
	if e.op == Number && !strings.ContainsAny(text, ".en") {
		text += ".0"
	}
	return text
}

// tensor writes an argument of a function that takes no numbers.
func (w *torchWriter) tensor(e *Expr) string {
	if e.op == Number {
		return "torch.full_like(x, " + w.leaf(e) + ")"
	}
	return w.text(e, 0)
}

// leaf writes a number or a name.
func (w *torchWriter) leaf(e *Expr) string {
	switch {
	case e.op == X:
		return "x"
	case e.op == Draw:
		name := fmt.Sprintf("u%d", int(e.value)+1)
		if !slices.Contains(w.Draws, name) {
			w.Draws = append(w.Draws, name)
		}
		return name
	case e.op == Parameter:
		return PythonName(e.name)
	case e.is(math.Pi):
		return "math.pi"
	case math.IsInf(e.value, 0) || math.IsNaN(e.value):
		return fmt.Sprintf("float('%g')", e.value)
	}
	return strconv.FormatFloat(e.value, 'g', -1, 64)
}

// PythonName is the variable of a parameter: its name, with an underscore where that is another thing in Python or in
// the code that Arena.PyTorch writes.
func PythonName(parameter string) string {
	if reserved.MatchString(parameter) {
		return parameter + "_"
	}
	return parameter
}

var reserved = regexp.MustCompile(`^(False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|` +
	`else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield|` +
	`torch|F|nn|math|self|float|by_channel|[tu][0-9]+)_*$`)
