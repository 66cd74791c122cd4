package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"actfn/internal/compare"
	"actfn/internal/fault"
	"actfn/internal/gate"
	"actfn/internal/report"
	"actfn/internal/study"
)

// claimOptions are how the result of a comparison is judged and printed.
type claimOptions struct {
	study.Claim
	rope      float64 // percentage points
	undecided string  // pass or fail: what a gate is whose interval is on both sides of the bound
	methods   bool    // print how it was done in place of the result
	format    string
	columns   []string // of report.Columns
}

// long is the format of study.Claim.WriteCells.
const long = "long"

var formats = append(slices.Clip(report.Formats), long)

func defaultClaim() claimOptions {
	o := claimOptions{Claim: study.Claim{Options: compare.Defaults()}, undecided: "fail", format: "table"}
	o.rope, o.Timing = 100*o.Rope, true
	return o
}

// undecidedRules are the choices of --undecided.
var undecidedRules = []string{"fail", "pass"}

// claim is what was asked.
func (o claimOptions) claim() study.Claim {
	o.Rope, o.UndecidedPass = o.rope/100, o.undecided == undecidedRules[1]
	return o.Claim
}

func (o *claimOptions) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.Baseline, "baseline", "", "compare with this `SPEC`, one of the activations (default the first)")
	flags.StringArrayVar(&o.Gates, "gate", nil,
		"exit with 3 if this `CONDITION` does not hold, with 4 if that is undecided; can be repeated")
	flags.Var(choice{&o.undecided, undecidedRules}, "undecided",
		"how a gate counts for which the evidence is on both sides: fail, with exit code 4, or pass")
	flags.Var(pathFlag{&o.BaselineFile, "FILE"}, "baseline-file",
		"an earlier result, as --format json printed it, for gates \"vs baseline-file\"")
	flags.StringSliceVar(&o.AllowDifferent, "allow-different", nil,
		"settings, `KEY,…`, in which the baseline file may differ, as train.lr")
	flags.BoolVar(&o.SelfTest, "gate-selftest", false, "show that each gate fires on a known regression")
	flags.Var(choice{&o.format, formats}, "format", "output format; long: a row of CSV for each epoch of each model")
	flags.Var(parsed{"LIST", o.addColumns}, "columns",
		"add these columns to the result: health, the medians of dead, saturated and gradient ratio")
	flags.BoolVar(&o.methods, "methods", false, "print a paragraph for a paper in place of the result: what was compared, and how")
	flags.Float64Var(&o.Alpha, "alpha", o.Alpha, "significance level `F` of the tests; intervals have confidence 1-F")
	flags.Float64Var(&o.rope, "rope", o.rope, "smallest difference that matters, in percentage `POINTS`")
	flags.Float64Var(&o.Power, "power", o.Power, "probability `F` of finding the smallest difference that is reported")
	flags.Var(choice{&o.Generalize, compare.Generalizations}, "generalize",
		"make claims for new seeds, or for new seeds and new test images")
	flags.Var(choice{&o.Diverged, compare.DivergedRules}, "diverged",
		"how a run that diverged counts: by its last finite weights, as chance, or not at all")
	flags.BoolVar(&o.Timing, "timing", o.Timing,
		"time training steps, once the models are trained; with --timing=false identical results are byte-identical")
	complete(cmd, "undecided", undecidedRules, cobra.ShellCompDirectiveDefault)
	complete(cmd, "format", formats, cobra.ShellCompDirectiveDefault)
	complete(cmd, "columns", report.Columns, cobra.ShellCompDirectiveDefault)
	completeGates(cmd)
	complete(cmd, "generalize", compare.Generalizations, cobra.ShellCompDirectiveDefault)
	complete(cmd, "diverged", compare.DivergedRules, cobra.ShellCompDirectiveDefault)
	_ = cmd.MarkFlagFilename("baseline-file", "json")
}

// conclude compares the cells, prints the result as o says and judges the gates. It keeps that of all cells in the
// comparison's folder, if there is one.
func conclude(a *app, o claimOptions, c study.Claim, p study.Plan, dir string, cells []compare.Cell) error {
	result, err := c.Compare(p, cells)
	if err == nil && dir != "" {
		err = c.Save(dir)
	}
	if err != nil {
		return err
	}
	judged := c.Judge(result)
	switch {
	case o.methods:
		err = report.Methods(a.out, result)
	case o.format == long:
		err = c.WriteCells(a.out, p, cells, result)
	default:
		err = report.Write(a.out, result, judged.Gates, o.format, o.columns...)
	}
	if err != nil {
		return err
	}
	if err := appendSummary(a, result, judged.Gates, o.columns); err != nil {
		return err
	}
	return errors.Join(proofError(a.ui, judged.Proofs), gateError(judged.Gates))
}

// summaryVariable names the file in which GitHub Actions collects what a job shows.
const summaryVariable = "GITHUB_STEP_SUMMARY"

func appendSummary(a *app, r compare.Result, judged []gate.Outcome, columns []string) error {
	path := variable(a.env, summaryVariable)
	if path == "" {
		return nil
	}
	var text bytes.Buffer
	if err := report.Write(&text, r, judged, "md", columns...); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return fmt.Errorf("%s: %w", summaryVariable, fault.At(path, err))
	}
	_, err = f.Write(text.Bytes())
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", summaryVariable, fault.At(path, err))
	}
	return nil
}

// proofError is of the gates that the self-test shows to be broken, which have failed. It tells of the others.
func proofError(u *ui, proofs []gate.Proof) error {
	var faults []error
	for _, p := range proofs {
		text := fmt.Sprintf("gate self-test: %s: %s", p.Gate, p.Reason)
		if p.Works() {
			u.say("%s", text)
		} else {
			faults = append(faults, errors.New(text))
		}
	}
	return withCode(exitGate, errors.Join(faults...))
}

// gateError is of the gates that do not pass: one that fails outranks those that are not decided.
func gateError(judged []gate.Outcome) error {
	byStatus := map[gate.Status][]error{}
	for _, j := range judged {
		byStatus[j.Status] = append(byStatus[j.Status], fmt.Errorf("gate %s: %s", j.Gate, j.Reason))
	}
	faults := errors.Join(slices.Concat(byStatus[gate.Failed], byStatus[gate.Undecidable], byStatus[gate.Undecided])...)
	if gate.Worst(judged) == gate.Failed {
		return withCode(exitGate, faults)
	}
	return withCode(exitUndecided, faults)
}

// newCompareMergeCmd is `actfn compare merge`.
func newCompareMergeCmd(a *app) *cobra.Command {
	o := defaultClaim()
	var output string
	cmd := &cobra.Command{
		Use:   "merge DIR…",
		Short: "Join the parts of a comparison and print the result",
		Long: `merge joins the parts of a comparison that were made on several machines or with --shard, and prints
the result of all their cells. The parts must have the same images, settings, kernels and results
version. With -o, the cells are copied to a new folder; without it, nothing is written. For a single
folder, merge prints its result again, for example in another format or against another baseline.`,
		Example: `  actfn compare merge part1 part2 -o whole
  actfn compare merge whole --baseline gelu --format md
  actfn compare merge whole --gate 'gelu vs relu > -0.5pp'`,
		Args: arguments(1, -1, "1 or more: folders of comparisons"),
		RunE: func(_ *cobra.Command, dirs []string) error { return runCompareMerge(a, o, dirs, output) },
	}
	flags := cmd.Flags()
	flags.VarP(pathFlag{&output, "DIR"}, "output", "o", "copy the cells to this new folder")
	o.bind(cmd)
	flags.SortFlags = false
	_ = cmd.MarkFlagDirname("output")
	return cmd
}

func runCompareMerge(a *app, o claimOptions, dirs []string, output string) error {
	m, err := study.Merge(dirs, output, o.claim())
	if err != nil {
		return err
	}
	if n := len(m.Missing); n > 0 {
		a.ui.warn("%d of %d cells are missing, the first %s at seed %d", n, n+len(m.Cells), m.Missing[0].Activation, m.Missing[0].Seed)
	}
	if o.Timing && len(dirs) == 1 {
		m.Claim.Timed = study.Timed(dirs[0])
	}
	return conclude(a, o, m.Claim, m.Plan, output, m.Cells)
}
