package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"actfn/internal/activations"
	"actfn/internal/number"
)

// activationsCheckOptions are what `actfn activations check` was asked.
type activationsCheckOptions struct {
	spec string
	json bool
}

func newActivationsCheckCmd(a *app) *cobra.Command {
	var o activationsCheckOptions
	cmd := &cobra.Command{
		Use:   "check SPEC",
		Short: "Look whether a function is fit to train with",
		Long: `check computes a function as training does, in float32, over [-50, 50]: value and derivative must be
finite and agree with the formula in float64, and the derivative with differences of the value. It
notes what may surprise: kinks, jumps, flat parts, a known function that is the same, and what a value
and a gradient cost on this machine. It exits with 3 when a check fails.`,
		Example: `  actfn activations check gelu
  actfn activations check 'x*log(1+exp(x))' --json`,
		Args: arguments(1, 1, "1: "+specArgument),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.spec = args[0]
			return runActivationsCheck(cmd.Context(), a, o)
		},
		ValidArgsFunction: completeSpecs(1),
	}
	cmd.Flags().BoolVar(&o.json, "json", false, "print the findings as one JSON object")
	return cmd
}

// checkedActivation is the result of `actfn activations check`.
type checkedActivation struct {
	Activation        string          `json:"activation"`
	OK                bool            `json:"ok"`
	Findings          []finding       `json:"findings"`
	Properties        shownProperties `json:"properties"`
	Identical         []string        `json:"identical"`
	ForwardNSElement  float64         `json:"forward_ns_per_element"`
	BackwardNSElement float64         `json:"backward_ns_per_element"`
}

// finding is an activations.Finding as JSON has it.
type finding struct {
	Subject string              `json:"subject"`
	Verdict activations.Verdict `json:"verdict"` // ok, note or fault
	Text    string              `json:"text"`
}

func runActivationsCheck(ctx context.Context, a *app, o activationsCheckOptions) error {
	f, err := parseSpec(o.spec)
	if err != nil {
		return err
	}
	shown, err := show(f, nil)
	if err != nil {
		return err
	}
	report := checkedActivation{Activation: f.String(), OK: true, Properties: shown.Properties, Identical: shown.Identical}
	var faults []string
	for _, found := range slices.Concat(f.Check(), notes(f, shown)) {
		report.Findings = append(report.Findings, finding(found))
		if found.Verdict == activations.Fault {
			faults = append(faults, found.Text)
		}
	}
	report.OK = len(faults) == 0
	report.ForwardNSElement, report.BackwardNSElement = cost(ctx, f)
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.json {
		err = a.out.json(report)
	} else {
		err = report.writeText(a.out)
	}
	if err == nil && !report.OK {
		err = withCode(exitGate, fmt.Errorf("activation %s: %s", f, strings.Join(faults, "; ")))
	}
	return err
}

// notes are what the properties say that may surprise.
func notes(f activations.Activation, s shownActivation) []activations.Finding {
	var list []activations.Finding
	note := func(subject, format string, args ...any) {
		list = append(list, activations.Finding{Subject: subject, Verdict: activations.Note, Text: fmt.Sprintf(format, args...)})
	}
	p := f.Properties()
	if len(p.Jumps) > 0 {
		note("jumps", "f jumps at %s, where the gradient does not see it", points(s.Properties.Jumps))
	}
	if len(p.Kinks) > 0 {
		note("kinks", "f′ jumps at %s", points(s.Properties.Kinks))
	}
	if math.IsInf(p.Lipschitz, 1) && len(p.Jumps) == 0 {
		note("steep", "|f′| has no bound")
	}
	edges := []float32{float32(math.Inf(-1)), float32(math.Inf(1))}
	f.Forward(edges, edges)
	for i, at := range []string{"−∞", "∞"} {
		if limit := []float64{p.AtMinusInf, p.AtInf}[i]; math.IsNaN(float64(edges[i])) && !math.IsNaN(limit) {
			note("infinity", "f(%s) is NaN, where f tends to %s", at, figure(number.Float(limit)))
		}
	}
	if len(s.Identical) > 0 {
		note("known", "the same as %s", strings.Join(s.Identical, ", "))
	}
	return list
}

func (c checkedActivation) writeText(w io.Writer) error {
	printf(w, "%s\n\n", c.Activation)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range c.Findings {
		printf(tw, "  %s\t%s\t%s\n", string(f.Verdict), f.Subject, f.Text)
	}
	for _, line := range c.Properties.lines() {
		if line[1] != "" && line[0] != "kinks" && line[0] != "jumps" && line[0] != "finite" {
			printf(tw, "  \t%s\t%s\n", line[0], line[1])
		}
	}
	printf(tw, "  \tcost\t%.2f ns an element forward, %.2f backward, on one processor\n", c.ForwardNSElement, c.BackwardNSElement)
	return tw.Flush()
}
