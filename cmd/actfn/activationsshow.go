package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/activations"
	"actfn/internal/model"
	"actfn/internal/wording"
)

func newActivationsShowCmd(a *app) *cobra.Command {
	var at []float64
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show SPEC",
		Short: "Show what is known about an activation function",
		Long: `show prints formula, derivative, parameters and properties of a function, its source, the frameworks
that ship it and how they differ. Derivatives and properties are computed from the formula. With --at,
it also prints the function and its derivative at some x.

What training begins with is told by mean field theory for each initialization (--initialization of
train): in a deep network of wide layers (256 inputs), the mean square of a layer's inputs z settles at q*,
and from a layer to the one before the mean square of the gradient changes by the factor χ. Gradients
vanish where χ is below 0.95 (ordered), explode above 1.05 (chaotic), and keep their size between them.`,
		Example: `  actfn activations show gelu
  actfn activations show 'leaky_relu(slope=0.2)' --at -1,0,1
  actfn activations show 'x*sigmoid(b*x); b=1!' --json`,
		Args: arguments(1, 1, "1: "+specArgument),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := activations.Parse(args[0])
			if err != nil {
				return usage(err)
			}
			d, err := activations.Describe(args[0], at)
			if err != nil {
				return usage(err)
			}
			initial := model.Initials(f)
			if asJSON {
				return a.out.json(struct {
					activations.Description
					Initials []model.Initial `json:"mean_field"`
				}{d, initial})
			}
			return writeDescription(a.out, d, initial)
		},
		ValidArgsFunction: completeSpecs(1),
	}
	flags := cmd.Flags()
	flags.Var(numbersFlag{&at}, "at", "compute f(x) and f′(x) at these X, as in -1,0,1")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
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

// writeDescription leaves out what there is nothing to say about.
func writeDescription(out *output, d activations.Description, initials []model.Initial) error {
	printf(out, "%s\n\n", d.Activation)
	facts := wording.Table{Indent: "  "}
	say := func(what, text string) {
		if text != "" {
			facts.Row(what, text)
		}
	}
	say("formula", d.Formula)
	say("derivative", orTooLong(d.Derivative))
	for _, p := range d.Parameters {
		value := p.Name + " = " + wording.Shortest(p.Value)
		switch p.Learn {
		case activations.PerLayer:
			value += ", learnt, one for each layer"
		case activations.PerChannel:
			value += ", learnt, one for each channel"
		}
		say("parameter", value)
		if p.Learn != activations.Fixed {
			say("  derivative by it", orTooLong(p.Derivative))
		}
	}
	for _, line := range d.Properties.Words() {
		say(line[0], line[1])
	}
	for _, i := range initials {
		say("with "+i.Initialization, i.String())
	}
	say("aliases", strings.Join(d.Aliases, ", "))
	say("same as", strings.Join(d.Identical, ", "))
	say("source", strings.TrimPrefix(d.Source, "-"))
	say("shipped by", strings.Join(d.FoundIn, ", "))
	say("checked", d.Checked)
	say("ambiguous", d.Ambiguous)
	say("disagreement", d.Disagreements)
	if _, err := facts.WriteTo(out); err != nil || len(d.X) == 0 {
		return err
	}
	values := wording.Table{Align: "rrr", Indent: "  "}
	values.Row()
	values.Row("x", "f(x)", "f′(x)")
	for i, x := range d.X {
		values.Row(wording.Figure(x), wording.Figure(d.Y[i]), wording.Figure(d.DYDX[i]))
	}
	_, err := values.WriteTo(out)
	return err
}

func orTooLong(formula string) string {
	if formula == "" {
		return "too long to print; --at computes it"
	}
	return formula
}
