package activations

import (
	_ "embed" // the catalogue
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"actfn/internal/fault"
)

//go:embed catalogue.tsv
var catalogueTSV string

// Row is one function of the catalogue. Everything that follows from the formula is computed from it.
type Row struct {
	Name          string      `json:"name"`
	Aliases       []string    `json:"aliases"`
	Formula       string      `json:"formula"`
	Parameters    []Parameter `json:"parameters"`
	Source        string      `json:"source"`   // authors, year, arXiv id
	FoundIn       []string    `json:"found_in"` // frameworks, such as pytorch or keras(2)
	Checked       string      `json:"-"`        // how the formula and its defaults were checked
	Disagreements string      `json:"-"`        // between frameworks
	// Ambiguous maps a name of the row that elsewhere means another function to an explanation of the choice.
	Ambiguous map[string]string `json:"-"`

	declared declared
	module   string // of PyTorch, with the names of parameters for their values; "" if there is none
}

// declared holds what the sources state about a function with the initial values of its parameters.
type declared struct {
	monotone bool   // it is non-decreasing
	values   string // their range, such as [0,inf); its bounds are formulas of the parameters
	breaks   string // kinks and jumps, such as -knee;knee or 0 jump, or none
}

// Parameter is a parameter of a function.
type Parameter struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"` // the initial value if it is learnable
	Learn Learn   `json:"learn"`
}

// Short is the parameter as in a spec, but with four digits: slope=0.01 or beta=1!.
func (p Parameter) Short() string {
	text := p.Name + "=" + strconv.FormatFloat(p.Value, 'g', 4, 64)
	if p.Learn != Fixed {
		text += learnMarks[p.Learn]
	}
	return text
}

// Learn states whether training changes a parameter.
type Learn uint8

// A parameter is fixed, or learnable with one value for a layer or one value for each channel.
const (
	Fixed Learn = iota
	PerLayer
	PerChannel
)

// MarshalText writes fixed, layer or channel.
func (l Learn) MarshalText() ([]byte, error) {
	return []byte(map[Learn]string{Fixed: "fixed", PerLayer: "layer", PerChannel: "channel"}[l]), nil
}

// learnMarks follow the value of a parameter in a spec.
var learnMarks = map[Learn]string{PerLayer: "!", PerChannel: "!channel", Fixed: "!fixed"}

// Catalogue lists the functions that have a name, in the order of catalogue.tsv.
var Catalogue = sync.OnceValue(func() []Row {
	rows, err := readCatalogue(catalogueTSV)
	if err != nil {
		panic(fmt.Sprintf("activations: %v", err)) // it is embedded, and tested
	}
	return rows
})

func readCatalogue(tsv string) ([]Row, error) {
	var rows []Row
	for i, line := range strings.Split(strings.TrimSuffix(tsv, "\n"), "\n") {
		fields := strings.Split(line, "\t")
		if len(fields) != 13 {
			return nil, fmt.Errorf("catalogue: line %d: number of fields is %d, want 13", i+1, len(fields))
		}
		if i == 0 {
			continue // the names of the columns
		}
		list := func(field string) []string {
			if field == "-" {
				return []string{}
			}
			items := strings.Split(field, ",")
			for i := range items {
				items[i] = strings.TrimSpace(items[i])
			}
			return items
		}
		r := Row{
			Name: fields[0], Aliases: list(fields[1]), Formula: fields[2], Parameters: []Parameter{}, Source: strings.TrimPrefix(fields[4], "-"),
			FoundIn: list(fields[5]), Checked: fields[6], Disagreements: strings.TrimPrefix(fields[7], "-"),
			declared: declared{fields[9] == "yes", fields[10], fields[11]}, module: strings.TrimPrefix(fields[12], "-"),
		}
		if name, taken, ok := strings.Cut(fields[8], ": "); ok {
			r.Ambiguous = map[string]string{name: taken}
		}
		for _, text := range list(fields[3]) {
			p, err := parseParameter(text)
			if err != nil {
				return nil, fmt.Errorf("catalogue: line %d: %w", i+1, err)
			}
			r.Parameters = append(r.Parameters, p)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// parseParameter reads name=value, which a mark may follow, as in slope=0.25!.
func parseParameter(text string) (Parameter, error) {
	name, rest, _ := strings.Cut(text, "=")
	value, mark, learnt := strings.Cut(rest, "!")
	p := Parameter{Name: strings.TrimSpace(name)}
	var err error
	if p.Value, err = strconv.ParseFloat(strings.TrimSpace(value), 64); err != nil {
		return p, fmt.Errorf("%s is %q, want a number", p.Name, strings.TrimSpace(value))
	}
	if learnt {
		p.Learn, err = parseLearn(mark)
	}
	return p, err
}

func parseLearn(mark string) (Learn, error) {
	switch strings.ToLower(strings.TrimSpace(mark)) {
	case "", "layer":
		return PerLayer, nil
	case "channel":
		return PerChannel, nil
	case "fixed":
		return Fixed, nil
	}
	return Fixed, fmt.Errorf("mark is %q, want !, !channel or !fixed", "!"+strings.TrimSpace(mark))
}

// All lists the functions of the catalogue, with the initial values of their parameters.
var All = sync.OnceValue(func() []Activation {
	var all []Activation
	for i := range Catalogue() {
		r := &Catalogue()[i]
		a, err := build(r, r.Formula, r.Parameters)
		if err != nil {
			panic("activations: " + r.Name + ": " + err.Error()) // it is embedded, and tested
		}
		all = append(all, a)
	}
	return all
})

// Names lists the names in the catalogue, in its order.
func Names() []string {
	var names []string
	for _, r := range Catalogue() {
		names = append(names, r.Name)
	}
	return names
}

// spellings maps parameters to their names in other frameworks.
var spellings = map[string][]string{
	"slope":       {"negative_slope", "alpha", "a"},
	"low":         {"min_val", "min_value", "min", "l"},
	"high":        {"max_val", "max_value", "max", "u"},
	"lower":       {"l"},
	"upper":       {"u"},
	"lambda":      {"lambd", "l"},
	"alpha":       {"a"},
	"beta":        {"b"},
	"threshold":   {"theta", "t"},
	"value":       {"v"},
	"omega":       {"omega_0", "w0"},
	"rate":        {"scale_a"},
	"scale":       {"scale_b", "gamma"},
	"left":        {"t_left"},
	"right":       {"t_right"},
	"left_slope":  {"a_left"},
	"right_slope": {"a_right"},
}

// index returns the position of a parameter by its name, or else by its name in another framework, or −1.
func index(parameters []Parameter, name string) int {
	if i := slices.IndexFunc(parameters, func(p Parameter) bool { return p.Name == name }); i >= 0 {
		return i
	}
	return slices.IndexFunc(parameters, func(p Parameter) bool {
		return fold(p.Name) == fold(name) || slices.ContainsFunc(spellings[p.Name], func(s string) bool { return fold(s) == fold(name) })
	})
}

// lookUp returns the rows with a name or alias, ignoring case, "-" and "_". If there are several, the first one that has
// all parameters that are given is meant.
func lookUp(name string) []*Row { return byName()[fold(name)] }

// byName maps each folded name to its row, followed by the rows that have it as an alias.
var byName = sync.OnceValue(func() map[string][]*Row {
	rows := map[string][]*Row{}
	for i := range Catalogue() {
		r := &Catalogue()[i]
		rows[fold(r.Name)] = append(rows[fold(r.Name)], r)
	}
	for i := range Catalogue() {
		r := &Catalogue()[i]
		for _, alias := range r.Aliases {
			if !slices.Contains(rows[fold(alias)], r) {
				rows[fold(alias)] = append(rows[fold(alias)], r)
			}
		}
	}
	return rows
})

// Ambiguity explains which function a spec was taken for if its name elsewhere means another function. It is "" if
// there is no doubt.
func Ambiguity(spec string) string {
	m := named.FindStringSubmatch(strings.TrimSpace(spec))
	if m == nil {
		return ""
	}
	for _, r := range lookUp(m[1]) {
		for name, taken := range r.Ambiguous {
			if fold(name) == fold(m[1]) {
				return taken
			}
		}
	}
	return ""
}

// fold returns the same string for all spellings of a name.
func fold(name string) string {
	return strings.ToLower(separators.Replace(name))
}

var separators = strings.NewReplacer("_", "", "-", "")

// unknown returns the error for a name that is not in the catalogue.
func unknown(name string) error {
	var names []string
	for _, r := range Catalogue() {
		names = append(append(names, r.Name), r.Aliases...)
	}
	err := fmt.Errorf("activation is %q, which is unknown", name)
	if near := fault.Nearest(name, names); near != "" {
		return fault.Hint(err, "did you mean %s?", near)
	}
	return fault.Hint(err, "`actfn activations list` lists the names; a formula of x is accepted too, such as x*sigmoid(x)")
}
