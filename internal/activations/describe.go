package activations

import (
	"fmt"
	"math"
	"strings"

	"actfn/internal/number"
	"actfn/internal/wording"
)

// Description is what is known about a function.
type Description struct {
	Activation    string               `json:"activation"`     // the canonical spec
	Name          string               `json:"name,omitempty"` // "" if the function is not from the catalogue
	Aliases       []string             `json:"aliases"`
	Formula       string               `json:"formula"`
	Derivative    string               `json:"derivative"` // "" if it would fill more than a page
	Parameters    []DescribedParameter `json:"parameters"`
	Properties    Properties           `json:"properties"`
	Source        string               `json:"source"`
	FoundIn       []string             `json:"found_in"`
	Checked       string               `json:"checked"`
	Disagreements string               `json:"disagreements"`
	Ambiguous     string               `json:"ambiguous"` // see Ambiguity
	Identical     []string             `json:"identical"` // see Equal
	X             number.Floats        `json:"x"`
	Y             number.Floats        `json:"y"`
	DYDX          number.Floats        `json:"dydx"`
}

// DescribedParameter is a parameter and the derivative of the function by it.
type DescribedParameter struct {
	Parameter
	Derivative string `json:"derivative,omitempty"` // "" if it would fill more than a page
}

// Describe describes the function that a spec stands for, with its value and derivative at each x.
func Describe(spec string, x []float64) (Description, error) {
	a, err := Parse(spec)
	if err != nil {
		return Description{}, err
	}
	d := Description{
		Activation: a.String(), Aliases: []string{}, Formula: a.Formula(), Derivative: a.Derivative("x"),
		Parameters: []DescribedParameter{}, Properties: a.Properties(), FoundIn: []string{}, Ambiguous: Ambiguity(spec),
		Identical: a.Equal(), X: x,
	}
	if r := a.row; r != nil {
		d.Name, d.Aliases, d.Source, d.FoundIn = r.Name, r.Aliases, r.Source, r.FoundIn
		d.Checked, d.Disagreements = r.Checked, r.Disagreements
	}
	for _, p := range a.parameters {
		d.Parameters = append(d.Parameters, DescribedParameter{p, a.Derivative(p.Name)})
	}
	d.Y, d.DYDX = a.Eval(x)
	return d, nil
}

// Words are the properties in words: the name of each and what there is to say about it, which may be "".
func (p Properties) Words() [][2]string {
	brackets := map[bool]string{true: "[]", false: "()"}
	low, high := brackets[p.RangeClosed[0]][:1], brackets[p.RangeClosed[1]][1:]
	monotone := "not known"
	switch {
	case p.NonDecreasing:
		monotone = "never falls"
	case p.Falls:
		monotone = "no"
	}
	symmetry := ""
	switch {
	case p.Odd:
		symmetry = "odd, f(−x) = −f(x)"
	case p.Even:
		symmetry = "even, f(−x) = f(x)"
	}
	kinks, gain, finite := points(p.Kinks), "", ""
	if p.Smooth {
		kinks = "none: smooth"
	}
	if !math.IsNaN(float64(p.Gain)) {
		gain = figure(p.Gain) + ", which keeps the spread of a normal distribution"
	}
	if !p.Finite {
		finite = "no: f or f′ is not a number of float32 somewhere in [−50, 50]"
	}
	return [][2]string{
		{"range", low + figure(p.Range[0]) + ", " + figure(p.Range[1]) + high},
		{"monotone", monotone},
		{"symmetry", symmetry},
		{"kinks", kinks},
		{"jumps", points(p.Jumps)},
		{"steepest |f′|", figure(p.Lipschitz)},
		{"f(0)", figure(p.AtZero)},
		{"gain", gain},
		{"finite", finite},
		{"far out", fmt.Sprintf("%s at −∞, %s at ∞", tends(p.AtMinusInf), tends(p.AtInf))},
	}
}

func figure(v number.Float) string { return wording.Figure(float64(v)) }

// tends is a limit in words.
func tends(limit number.Float) string {
	if math.IsNaN(float64(limit)) {
		return "no value"
	}
	return figure(limit)
}

// points lists the first places of breaks, and states how many there are if there are more.
func points(xs []float64) string {
	const most = 8
	var texts []string
	for _, x := range xs[:min(len(xs), most)] {
		texts = append(texts, wording.Figure(x))
	}
	if len(xs) > most {
		texts = append(texts, fmt.Sprintf("… %d in all", len(xs)))
	}
	return strings.Join(texts, ", ")
}
