package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/activations"
	"actfn/internal/fault"
	"actfn/internal/plot"
	"actfn/internal/wording"
)

// plotActivationOptions are what `actfn plot activation` was asked.
type plotActivationOptions struct {
	specs  []string
	output string
	bounds *[2]float64
	format string
}

func newPlotActivationCmd(a *app) *cobra.Command {
	o := plotActivationOptions{format: "terminal"}
	cmd := &cobra.Command{
		Use:   "activation SPEC…",
		Short: "Draw activation functions and their derivatives",
		Long: `activation draws f and f′ of each function over one range of x: in the terminal, or with -o in a file
of the format that its name ends in. Dots mark the values at kinks and jumps. The colours can be
distinguished without full colour vision.

--format csv prints the numbers instead: activation, x, y, dydx.`,
		Example: `  actfn plot activation gelu
  actfn plot activation relu 'leaky_relu(slope=0.2)' 'x*sigmoid(1.5*x)' -o three.svg
  actfn plot activation sigmoid tanh --range -8,8 -o sigmoids.pdf
  actfn plot activation mish --format csv > mish.csv`,
		Args: arguments(1, -1, "1 or more: "+specArgument),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.specs = args
			return runPlotActivation(cmd.Context(), a, o)
		},
		ValidArgsFunction: completeSpecs(0),
	}
	flags := cmd.Flags()
	bindPicture(cmd, &o.output)
	flags.Var(boundsFlag{&o.bounds}, "range",
		"draw x from LOW to HIGH, as in -3,3 (default a range that suits the functions)")
	flags.Var(choice{&o.format, []string{"terminal", "csv"}}, "format", "what to print")
	flags.SortFlags = false
	complete(cmd, "format", []string{"terminal", "csv"}, cobra.ShellCompDirectiveDefault)
	return cmd
}

func runPlotActivation(_ context.Context, a *app, o plotActivationOptions) error {
	format, err := o.fileFormat()
	if err != nil {
		return usage(err)
	}
	functions, err := o.functions()
	if err != nil {
		return usage(err)
	}
	low, high := plot.Range(functions)
	if o.bounds != nil {
		low, high = o.bounds[0], o.bounds[1]
	}
	curves := plot.NewCurves(functions, low, high)
	if o.format == "csv" {
		return curves.WriteCSV(a.out)
	}
	return draw(a, curves.Figure(), o.output, format)
}

// fileFormat is the format of the picture's file, or "" if there is no file.
func (o plotActivationOptions) fileFormat() (string, error) {
	if o.output == "" {
		return "", nil
	}
	if o.format == "csv" {
		return "", fault.Hint(fmt.Errorf("--format: value is csv, which -o cannot have, want one of the two"),
			"actfn plot activation %s --format csv > %s", quotedSpec(o.specs[0]), wording.Quoted(o.output))
	}
	return pictureFormat(o.output)
}

// functions parses the specs. A function that is given twice is drawn once.
func (o plotActivationOptions) functions() ([]activations.Activation, error) {
	var functions []activations.Activation
	for _, spec := range o.specs {
		f, err := activations.Parse(spec)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(functions, func(g activations.Activation) bool { return g.String() == f.String() }) {
			functions = append(functions, f)
		}
	}
	if len(functions) > plot.MaxCurves {
		return nil, fmt.Errorf("plot activation: number of functions is %d, want at most %d", len(functions), plot.MaxCurves)
	}
	return functions, nil
}

// boundsFlag is --range.
type boundsFlag struct{ value **[2]float64 }

func (b boundsFlag) Set(text string) error {
	low, high, _ := strings.Cut(text, ",")
	var bounds [2]float64
	for i, part := range []string{low, high} {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.Abs(v) > math.MaxFloat32 || math.IsNaN(v) {
			return fmt.Errorf("value is %q, want LOW,HIGH as in -3,3", text)
		}
		bounds[i] = v
	}
	if size := bounds[1] - bounds[0]; !(size > 1e-6*max(math.Abs(bounds[0]), math.Abs(bounds[1]))) || size < math.SmallestNonzeroFloat32 {
		return fmt.Errorf("value is %q, want LOW clearly below HIGH", text)
	}
	*b.value = &bounds
	return nil
}
func (b boundsFlag) String() string { return "" }
func (b boundsFlag) Type() string   { return "LOW,HIGH" }
