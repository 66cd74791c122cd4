package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/activations"
	"actfn/internal/number"
)

// activationsShowOptions are what `actfn activations show` was asked.
type activationsShowOptions struct {
	spec string
	at   []float64
	json bool
}

func newActivationsShowCmd(a *app) *cobra.Command {
	var o activationsShowOptions
	cmd := &cobra.Command{
		Use:   "show SPEC",
		Short: "Tell what is known of an activation function",
		Long: `show prints formula, derivative, parameters and properties of a function, where it comes from, who
ships it and where they disagree. The derivatives and properties are computed from the formula; with
--at, the function and its derivative at some x as well.`,
		Example: `  actfn activations show gelu
  actfn activations show 'leaky_relu(slope=0.2)' --at -1,0,1
  actfn activations show 'x*sigmoid(b*x); b=1!' --json`,
		Args: arguments(1, 1, "1: "+specArgument),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.spec = args[0]
			return runActivationsShow(cmd.Context(), a, o)
		},
		ValidArgsFunction: completeSpecs(1),
	}
	flags := cmd.Flags()
	flags.Var(numbersFlag{&o.at}, "at", "compute f(x) and f′(x) at these X, as in -1,0,1")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	flags.SortFlags = false
	return cmd
}

// numbersFlag is a list of numbers, ±Inf and NaN among them.
type numbersFlag struct{ values *[]float64 }

func (n numbersFlag) Set(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return fmt.Errorf("value is %q, want numbers with commas between them, as in -1,0,1", text)
		}
		*n.values = append(*n.values, v)
	}
	return nil
}
func (n numbersFlag) String() string { return "" }
func (n numbersFlag) Type() string   { return "X,…" }

// shownActivation is the result of `actfn activations show`.
type shownActivation struct {
	Activation    string           `json:"activation"`
	Name          string           `json:"name,omitempty"` // none: an own formula
	Aliases       []string         `json:"aliases"`
	Formula       string           `json:"formula"`
	Derivative    string           `json:"derivative"` // "" where it would fill more than a page
	Parameters    []shownParameter `json:"parameters"`
	Properties    shownProperties  `json:"properties"`
	Source        string           `json:"source"`
	FoundIn       []string         `json:"found_in"`
	Checked       string           `json:"checked"`
	Disagreements string           `json:"disagreements"`
	Ambiguous     string           `json:"ambiguous"` // which function was taken where the name has several
	Identical     []string         `json:"identical"` // of the catalogue
	X             []number.Float   `json:"x"`
	Y             []number.Float   `json:"y"`
	DYDX          []number.Float   `json:"dydx"`
}

// shownProperties are activations.Properties as JSON has them.
type shownProperties struct {
	NonDecreasing bool            `json:"non_decreasing"`
	Falls         bool            `json:"-"`
	Range         [2]number.Float `json:"range"`
	RangeClosed   [2]bool         `json:"range_closed"` // the bound is a value
	Kinks         []number.Float  `json:"kinks"`
	Jumps         []number.Float  `json:"jumps"`
	Smooth        bool            `json:"smooth"`
	Odd           bool            `json:"odd"`
	Even          bool            `json:"even"`
	Lipschitz     number.Float    `json:"lipschitz"`
	Gain          number.Float    `json:"gain"`
	Finite        bool            `json:"finite"`
	AtMinusInf    number.Float    `json:"at_minus_inf"`
	AtInf         number.Float    `json:"at_inf"`
}

func runActivationsShow(_ context.Context, a *app, o activationsShowOptions) error {
	f, err := parseSpec(o.spec)
	if err != nil {
		return err
	}
	s, err := show(f, o.at)
	if err != nil {
		return err
	}
	s.Ambiguous = activations.Ambiguity(o.spec)
	if o.json {
		return a.out.json(s)
	}
	return s.writeText(a.out)
}

func show(f activations.Activation, at []float64) (shownActivation, error) {
	p := f.Properties()
	s := shownActivation{
		Activation: f.String(), Aliases: []string{}, FoundIn: []string{}, Formula: f.Formula(), Derivative: f.Derivative(),
		Parameters: showParameters(f.Parameters()),
		Properties: shownProperties{
			NonDecreasing: p.NonDecreasing, Falls: p.Falls,
			Range:       [2]number.Float{number.Float(p.Range.Low), number.Float(p.Range.High)},
			RangeClosed: [2]bool{p.Range.LowClosed, p.Range.HighClosed},
			Kinks:       floats(p.Kinks), Jumps: floats(p.Jumps), Smooth: p.Smooth, Odd: p.Odd, Even: p.Even,
			Lipschitz: number.Float(p.Lipschitz), Gain: number.Float(p.Gain), Finite: p.Finite,
			AtMinusInf: number.Float(p.AtMinusInf), AtInf: number.Float(p.AtInf),
		},
		Identical: notNil(f.Equal()),
		X:         floats(at),
	}
	if r := f.Row(); r != nil {
		s.Name, s.Aliases, s.Source = r.Name, notNil(r.Aliases), r.Source
		s.FoundIn, s.Checked, s.Disagreements = notNil(r.FoundIn), r.Checked, r.Disagreements
	}
	for i, parameter := range s.Parameters {
		var err error
		if s.Parameters[i].Derivative, err = f.DerivativeBy(parameter.Name); err != nil {
			return s, err
		}
	}
	y, dydx := f.Eval(at)
	s.Y, s.DYDX = floats(y), floats(dydx)
	return s, nil
}

func floats(values []float64) []number.Float {
	list := make([]number.Float, len(values))
	for i, v := range values {
		list[i] = number.Float(v)
	}
	return list
}
