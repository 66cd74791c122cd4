package activations

import (
	"sync"

	"actfn/internal/formula"
)

// Activation is one function of one variable with its parameters' values. It is immutable.
type Activation struct{ *function }

// function is what the copies of an Activation share.
type function struct {
	row        *Row // nil: an own formula
	text       string
	parameters []Parameter
	learnable  []Parameter // those of the parameters that training changes
	arena      *formula.Arena
	value      *formula.Expr // parameters that are fixed are numbers in it
	mean       *formula.Expr // of value, over chance
	slope      *formula.Expr // the derivative of mean

	evaluated, trained *form // with the mean of what is a matter of chance, and as it is drawn
	initially          *Live // as it is before anything is learnt
	proofs             proofs
	studied            struct {
		sync.Once
		found Properties
	}
}

// build makes an Activation of a formula and its parameters.
func build(row *Row, text string, parameters []Parameter) (Activation, error) {
	a := formula.NewArena()
	e, err := formula.Parse(a, text, scope{parameters, 0})
	if err != nil {
		return Activation{}, formulaError(err)
	}
	e, err = a.Substitute(e, func(e *formula.Expr) (*formula.Expr, bool) {
		for _, p := range parameters {
			if p.Learn == Fixed && e == a.Parameter(p.Name) {
				return a.Number(p.Value), true
			}
		}
		return nil, false
	})
	if err != nil {
		return Activation{}, formulaError(err)
	}
	f := &function{row: row, text: text, parameters: parameters, arena: a, value: e}
	for _, p := range parameters {
		if p.Learn != Fixed {
			f.learnable = append(f.learnable, p)
		}
	}
	if err := f.compile(); err != nil {
		return Activation{}, formulaError(err)
	}
	return Activation{f}, nil
}

// Name is the catalogue's name without parameters, or the formula where it has none.
func (a Activation) Name() string {
	if a.row != nil {
		return a.row.Name
	}
	return a.text
}

// Row is the catalogue's row, or nil for an own formula.
func (a Activation) Row() *Row { return a.row }

// Formula is the function as an expression of x and its parameters, as it was written.
func (a Activation) Formula() string { return a.text }

// Parameters are those of the function, with their values.
func (a Activation) Parameters() []Parameter { return a.parameters }

// Learnable are those of the parameters that training changes.
func (a Activation) Learnable() []Parameter { return a.learnable }

// Random reports that something in the function is drawn by chance in training.
func (a Activation) Random() bool { return a.random() }

func (f *function) random() bool { return f.value.Contains(formula.Draw) }
