package activations

import (
	"sync"

	"actfn/internal/formula"
)

// Activation is a function of one variable, with the values of its parameters. It is immutable.
type Activation struct{ *function }

// function is shared by the copies of an Activation.
type function struct {
	row        *Row // nil if the function is not from the catalogue
	text       string
	parameters []Parameter
	learnable  []Parameter // the parameters that training changes
	arena      *formula.Arena
	value      *formula.Expr // fixed parameters are numbers in it
	mean       *formula.Expr // value, with random draws replaced by their mean
	slope      *formula.Expr // the derivative of mean

	evaluated, trained *form // how mean and value are computed
	initially          *Live // evaluated, with the initial values of the parameters

	// These are computed once, on first use.
	properties             func() Properties
	meanSquare             func() float64
	breaks                 func() []float64 // see formula.Expr.Breaks
	monotone, slopeOfValue func() bool
}

// build returns the Activation of a formula and its parameters.
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
	f.properties, f.meanSquare = sync.OnceValue(f.study), sync.OnceValue(f.integrate)
	f.breaks = sync.OnceValue(func() []float64 { return f.mean.Breaks(landmarks, f.initial) })
	f.monotone, f.slopeOfValue = sync.OnceValue(f.neverFalls), sync.OnceValue(f.hasSlopeOfValue)
	return Activation{f}, nil
}

// Name is the name in the catalogue, without parameters, or else the formula.
func (a Activation) Name() string {
	if a.row != nil {
		return a.row.Name
	}
	return a.text
}

// Row is the row of the catalogue, or nil if the function is not from the catalogue.
func (a Activation) Row() *Row { return a.row }

// Formula is the formula of x and the parameters, as it was written.
func (a Activation) Formula() string { return a.text }

// Parameters lists the parameters with their initial values.
func (a Activation) Parameters() []Parameter { return a.parameters }

// Learnable lists the parameters that training changes.
func (a Activation) Learnable() []Parameter { return a.learnable }

// Random reports whether the function has random draws in training.
func (a Activation) Random() bool { return a.random() }

func (f *function) random() bool { return f.value.Contains(formula.Draw) }
