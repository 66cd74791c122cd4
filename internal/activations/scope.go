package activations

import (
	"fmt"
	"strings"

	"actfn/internal/fault"
	"actfn/internal/formula"
)

// scope defines the names in a formula: the parameters and the functions of the catalogue.
type scope struct {
	parameters []Parameter
	depth      int // of calls within the formulas of called functions
}

func (s scope) Variable(name string) bool {
	for _, p := range s.parameters {
		if p.Name == name {
			return true
		}
	}
	return false
}

// Call applies a function of the catalogue to the first argument. The other arguments are its parameters, by name or by
// position.
func (s scope) Call(a *formula.Arena, name string, arguments []formula.Argument) (*formula.Expr, bool, error) {
	rows := lookUp(name)
	if len(rows) == 0 {
		return nil, false, nil
	}
	row := rows[0]
	if len(arguments) == 0 || arguments[0].Name != "" {
		return nil, true, fmt.Errorf("%s has no argument, want %s(x)", name, name)
	}
	with := make([]*formula.Expr, len(row.Parameters))
	for i, p := range row.Parameters {
		with[i] = a.Number(p.Value)
	}
	for i, argument := range arguments[1:] {
		at := i
		if argument.Name != "" {
			at = index(row.Parameters, argument.Name)
		}
		if at < 0 || at >= len(with) {
			return nil, true, fmt.Errorf("%s has no parameter %s, want %s", name, given(argument, i), parameterNames(row.Parameters))
		}
		if argument.Varies() {
			return nil, true, fmt.Errorf("%s of %s depends on x, want numbers and parameters", row.Parameters[at].Name, name)
		}
		with[at] = argument.Expr
	}
	if s.depth > 4 {
		return nil, true, fmt.Errorf("calls of %s within formulas of functions are nested more than 4 deep", name)
	}
	f, err := formula.Parse(a, row.Formula, scope{row.Parameters, s.depth + 1})
	if err != nil {
		return nil, true, err
	}
	f, err = a.Substitute(f, func(e *formula.Expr) (*formula.Expr, bool) {
		if e == a.X() {
			return arguments[0].Expr, true
		}
		for i, p := range row.Parameters {
			if e == a.Parameter(p.Name) {
				return with[i], true
			}
		}
		return nil, false
	})
	return f, true, err
}

func given(a formula.Argument, i int) string {
	if a.Name != "" {
		return fmt.Sprintf("%q", a.Name)
	}
	return fmt.Sprintf("number %d", i+1)
}

// elsewhere maps names of other languages to what to write instead.
var elsewhere = map[string]string{
	"e": "exp(x)", "ln": "log(x)", "log2": "log(x)/log(2)", "log10": "log(x)/log(10)", "tan": "sin(x)/cos(x)",
	"clip": "min(max(x, low), high)", "clamp": "min(max(x, low), high)", "maximum": "max(x, y)", "minimum": "min(x, y)",
	"round": "floor(x + 0.5)", "ceil": "-floor(-x)", "square": "x^2", "power": "x^y", "if": "where(x > 0, x, 0)",
	"np": "a function without np, such as tanh(x)", "torch": "a function without torch, such as tanh(x)",
	"F":    "a function without F, such as relu(x)",
	"math": "a function without math, such as exp(x)", "tf": "a function without tf, such as tanh(x)", "lambda": "the formula alone",
}

// Unknown suggests what the name may stand for.
func (s scope) Unknown(name string) string {
	if here, ok := elsewhere[name]; ok {
		return fmt.Sprintf("name %q is unknown, want %s", name, here)
	}
	names := append(formula.Functions(), "x", "pi")
	for _, p := range s.parameters {
		names = append(names, p.Name)
	}
	if near := fault.Nearest(name, append(names, Names()...)); near != "" {
		return fmt.Sprintf("name %q is unknown; did you mean %s?", name, near)
	}
	return fmt.Sprintf("name %q is unknown, want x, a function or a parameter with a value: FORMULA; %s=1", name, name)
}

func parameterNames(parameters []Parameter) string {
	if len(parameters) == 0 {
		return "none"
	}
	var names []string
	for _, p := range parameters {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
