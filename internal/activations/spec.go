package activations

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"actfn/internal/hint"
)

// Parse reads a spec: a name, or a name with parameters, as in
//
//	relu   LeakyReLU   leaky_relu(slope=0.2)   leaky_relu(0.2)
//
// Names ignore case, "-" and "_"; parameters that are not given keep the catalogue's value.
func Parse(spec string) (Activation, error) {
	name, arguments, called := strings.Cut(strings.TrimSpace(spec), "(")
	r, err := lookUp(strings.TrimSpace(name))
	if err != nil {
		return Activation{}, err
	}
	a := Activation{row: r}
	for _, p := range r.params {
		a.params = append(a.params, p.initial)
	}
	if !called {
		return a, nil
	}
	arguments, closed := strings.CutSuffix(strings.TrimSpace(arguments), ")")
	if !closed {
		return Activation{}, fmt.Errorf("activation %q: the parenthesis is not closed", spec)
	}
	if strings.TrimSpace(arguments) == "" {
		return a, nil
	}
	return a, a.setAll(spec, arguments)
}

// With returns the activation with one parameter changed.
func (a Activation) With(name string, value float64) (Activation, error) {
	b := Activation{a.row, slices.Clone(a.params)}
	i := a.index(name)
	if i < 0 {
		return a, fmt.Errorf("activation %s: parameter %q is unknown, want %s", a.row.name, name, a.parameterNames())
	}
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return a, fmt.Errorf("activation %s: %s is %g, want a finite number", a.row.name, a.row.params[i].name, value)
	}
	b.params[i] = value
	return b, nil
}

// setAll sets the comma-separated arguments of a spec, by name or by position.
func (a *Activation) setAll(spec, arguments string) error {
	given := map[int]bool{}
	for i, argument := range strings.Split(arguments, ",") {
		name, text, named := strings.Cut(argument, "=")
		if !named {
			text = name
			if i >= len(a.row.params) {
				return fmt.Errorf("activation %q: argument %d is too many, want %s", spec, i+1, a.parameterNames())
			}
			name = a.row.params[i].name
		}
		name, text = strings.TrimSpace(name), strings.TrimSpace(text)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("activation %q: %s is %q, want a number", spec, name, text)
		}
		b, err := a.With(name, value)
		if err != nil {
			return err
		}
		at := a.index(name)
		if given[at] {
			return fmt.Errorf("activation %q: %s is given twice", spec, a.row.params[at].name)
		}
		given[at] = true
		*a = b
	}
	return nil
}

// index is the position of a parameter, by its name or an alias; −1: it has none of that name.
func (a Activation) index(name string) int {
	return slices.IndexFunc(a.row.params, func(p parameter) bool { return p.is(name) })
}

func (p parameter) is(name string) bool {
	return fold(p.name) == fold(name) || slices.ContainsFunc(p.aliases, func(alias string) bool { return fold(alias) == fold(name) })
}

func (a Activation) parameterNames() string {
	if len(a.row.params) == 0 {
		return "none"
	}
	var names []string
	for _, p := range a.row.params {
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}

// Names lists the catalogue's names in its order.
func Names() []string {
	var names []string
	for _, r := range catalogue {
		names = append(names, r.name)
	}
	return names
}

// lookUp finds a function by name or alias, ignoring case, "-" and "_".
func lookUp(name string) (*row, error) {
	for i := range catalogue {
		r := &catalogue[i]
		if fold(name) == fold(r.name) || slices.ContainsFunc(r.aliases, func(alias string) bool { return fold(name) == fold(alias) }) {
			return r, nil
		}
	}
	err := fmt.Errorf("activation is %q, want one of %s", name, strings.Join(Names(), ", "))
	if near := hint.Nearest(name, Names()); near != "" {
		return nil, hint.Wrap(err, "did you mean %s?", near)
	}
	return nil, err
}

// fold maps the spellings of one name onto one.
func fold(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}
