package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/activations"
	"actfn/internal/wording"
)

func newActivationsCheckCmd(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check SPEC",
		Short: "Check that a function is suitable for training",
		Long: `check computes a function over [-50, 50] in float32, as training does. Value and derivative must be
finite and agree with the formula in float64, and the derivative must agree with differences of the
value. Notes state what may be unexpected: kinks, jumps, flat parts, a known function that is the same,
and the cost of a value and of a gradient on this machine. If a check fails, the exit code is 3.`,
		Example: `  actfn activations check gelu
  actfn activations check 'x*log(1+exp(x))' --json`,
		Args: arguments(1, 1, "1: "+specArgument),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runActivationsCheck(cmd.Context(), a, args[0], asJSON)
		},
		ValidArgsFunction: completeSpecs(1),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as one JSON object")
	return cmd
}

func runActivationsCheck(ctx context.Context, a *app, spec string, asJSON bool) error {
	f, err := activations.Parse(spec)
	if err != nil {
		return usage(err)
	}
	report := f.Check(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	if asJSON {
		err = a.out.json(report)
	} else {
		err = writeReport(a.out, report)
	}
	if err == nil && !report.OK {
		err = withCode(exitGate, fmt.Errorf("activation %s: %s", f, strings.Join(report.Faults(), "; ")))
	}
	return err
}

func writeReport(out *output, r activations.Report) error {
	printf(out, "%s\n\n", r.Activation)
	table := wording.Table{Indent: "  "}
	for _, f := range r.Findings {
		table.Row(string(f.Verdict), f.Subject, f.Text)
	}
	for _, line := range r.Properties.Words() {
		if line[1] != "" && line[0] != "kinks" && line[0] != "jumps" && line[0] != "finite" { // which are findings
			table.Row("", line[0], line[1])
		}
	}
	table.Row("", "cost", fmt.Sprintf("%.2f ns an element forward, %.2f backward, on one processor",
		r.ForwardNSElement, r.BackwardNSElement))
	_, err := table.WriteTo(out)
	return err
}
