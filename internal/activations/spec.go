package activations

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"actfn/internal/fault"
	"actfn/internal/formula"
)

// MaxSpec is the largest number of bytes in a spec.
const MaxSpec = formula.MaxLength + 1024

// named matches a spec that is a name, or a name with arguments.
var named = regexp.MustCompile(`^([\pL_][\pL\pN_-]*)\s*(?:\(([^()]*)\))?$`)

// Parse reads a spec; see the package comment. Names are compared without case, "-" and "_". Parameters that are not
// given have their values in the catalogue.
func Parse(spec string) (Activation, error) {
	if len(spec) > MaxSpec {
		return Activation{}, fmt.Errorf("activation: length is %d, want at most %d", len(spec), MaxSpec)
	}
	body, assignments, assigned := strings.Cut(spec, ";")
	body = strings.TrimSpace(body)
	if body == "" {
		return Activation{}, fault.Hint(fmt.Errorf("activation is %q, want a name or a formula of x", spec), "such as relu, leaky_relu(slope=0.2) or x*sigmoid(x)")
	}
	if m := named.FindStringSubmatch(body); m != nil && !assigned && body != "x" && !ofX(m[2]) {
		return parseNamed(spec, m[1], m[2])
	}
	return parseFormula(spec, body, assignments, assigned)
}

// ofX reports whether arguments are those of a formula, as in tanh(x) and max(0, x).
func ofX(arguments string) bool {
	return slices.ContainsFunc(strings.Split(arguments, ","), func(argument string) bool {
		argument = strings.TrimSpace(argument)
		_, err := strconv.ParseFloat(argument, 64)
		return argument != "" && err != nil && !strings.ContainsAny(argument, "=!")
	})
}

// parseNamed reads the rest of name(arguments).
func parseNamed(spec, name, arguments string) (Activation, error) {
	rows := lookUp(name)
	if len(rows) == 0 {
		return Activation{}, unknown(name)
	}
	settings, err := parseSettings(spec, arguments)
	if err != nil {
		return Activation{}, err
	}
	var first error
	for _, row := range rows {
		parameters, err := settings.apply(spec, row.Parameters)
		if err == nil {
			return build(row, row.Formula, parameters)
		}
		if first == nil {
			first = err
		}
	}
	return Activation{}, first
}

// parseFormula reads the rest of formula; parameter=value, ….
func parseFormula(spec, body, assignments string, assigned bool) (Activation, error) {
	var parameters []Parameter
	if assigned {
		for _, text := range strings.FieldsFunc(assignments, func(r rune) bool { return r == ',' || r == ';' }) {
			p, err := parseParameter(strings.TrimSpace(text))
			if err != nil {
				return Activation{}, fmt.Errorf("activation %q: %w", spec, err)
			}
			if err := checkParameter(p, parameters); err != nil {
				return Activation{}, fmt.Errorf("activation %q: %w", spec, err)
			}
			parameters = append(parameters, p)
		}
	}
	return build(nil, body, parameters)
}

var parameterName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// checkParameter returns an error if a formula cannot have such a parameter.
func checkParameter(p Parameter, others []Parameter) error {
	switch {
	case !parameterName.MatchString(p.Name) || p.Name == "x" || p.Name == "pi" || slices.Contains(formula.Functions(), p.Name):
		return fmt.Errorf("parameter is %q, want a name of letters that is not x, pi or a function", p.Name)
	case slices.ContainsFunc(others, func(o Parameter) bool { return o.Name == p.Name }):
		return fmt.Errorf("%s is given twice", p.Name)
	}
	return checkValue(p.Name, p.Value)
}

func checkValue(name string, value float64) error {
	if !(math.Abs(value) <= math.MaxFloat32) {
		return fmt.Errorf("%s is %g, want a finite number", name, value)
	}
	return nil
}

// setting is one argument of a named spec: slope=0.2, 0.2, slope=0.2! or slope!.
type setting struct {
	name  string // "" if it is given by position
	value *float64
	learn *Learn
}

type settings []setting

func parseSettings(spec, arguments string) (settings, error) {
	var all settings
	if strings.TrimSpace(arguments) == "" {
		return nil, nil
	}
	for _, argument := range strings.Split(arguments, ",") {
		var s setting
		text, mark, marked := strings.Cut(argument, "!")
		if marked {
			learn, err := parseLearn(mark)
			if err != nil {
				return nil, fmt.Errorf("activation %q: %w", spec, err)
			}
			s.learn = &learn
		}
		name, number, isNamed := strings.Cut(text, "=")
		switch _, err := strconv.ParseFloat(strings.TrimSpace(text), 64); {
		case isNamed:
			s.name = strings.TrimSpace(name)
		case err == nil || !marked:
			number = text
		default: // slope!
			s.name, number = strings.TrimSpace(name), ""
		}
		if number = strings.TrimSpace(number); number != "" || !marked {
			value, err := strconv.ParseFloat(number, 64)
			if err != nil {
				place := cmp.Or(s.name, "argument "+strconv.Itoa(len(all)+1))
				return nil, fmt.Errorf("activation %q: %s is %q, want a number", spec, place, number)
			}
			s.value = &value
		}
		all = append(all, s)
	}
	return all, nil
}

// apply returns a copy of the parameters with the settings applied.
func (all settings) apply(spec string, parameters []Parameter) ([]Parameter, error) {
	set := slices.Clone(parameters)
	done := map[int]bool{}
	for i, s := range all {
		at := i
		if s.name != "" {
			if at = index(parameters, s.name); at < 0 {
				return nil, fmt.Errorf("activation %q: parameter %q is unknown, want %s", spec, s.name, parameterNames(parameters))
			}
		} else if at >= len(parameters) {
			return nil, fmt.Errorf("activation %q: argument %d is too many, want %s", spec, i+1, parameterNames(parameters))
		}
		if done[at] {
			return nil, fmt.Errorf("activation %q: %s is given twice", spec, parameters[at].Name)
		}
		done[at] = true
		if s.value != nil {
			set[at].Value = *s.value
		}
		if s.learn != nil {
			set[at].Learn = *s.learn
		}
		if err := checkValue(set[at].Name, set[at].Value); err != nil {
			return nil, fmt.Errorf("activation %q: %w", spec, err)
		}
	}
	return set, nil
}

// Set returns the activation with some of its parameters changed. The arguments are written as in a spec: beta=2, beta=2!
// or beta!channel.
func (a Activation) Set(arguments string) (Activation, error) {
	settings, err := parseSettings(a.String(), arguments)
	if err != nil {
		return a, err
	}
	parameters, err := settings.apply(a.String(), a.Parameters())
	if err != nil {
		return a, err
	}
	return build(a.row, a.text, parameters)
}

// Has reports whether the function has a parameter of that name, which may be that of another framework.
func (a Activation) Has(parameter string) bool { return index(a.parameters, parameter) >= 0 }

// String returns the canonical spec, which has every parameter: leaky_relu(slope=0.01).
func (a Activation) String() string {
	var settings []string
	for i, p := range a.parameters {
		usual := Fixed
		if a.row != nil {
			usual = a.row.Parameters[i].Learn
		}
		mark := ""
		if p.Learn != Fixed || usual != Fixed {
			mark = learnMarks[p.Learn]
		}
		settings = append(settings, p.Name+"="+strconv.FormatFloat(p.Value, 'g', -1, 64)+mark)
	}
	list := strings.Join(settings, ", ")
	switch {
	case len(settings) == 0:
		return a.Name()
	case a.row != nil:
		return a.Name() + "(" + list + ")"
	}
	return a.text + "; " + list
}

// formulaError adds a hint that shows the place of the fault.
func formulaError(err error) error {
	var wrong *formula.SyntaxError
	if !errors.As(err, &wrong) {
		return fmt.Errorf("activation: %w", err)
	}
	return fault.Hint(fmt.Errorf("activation: %w", err), "%s", wrong.Caret())
}
