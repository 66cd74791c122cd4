package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/compare"
	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/gate"
	"actfn/internal/grid"
	"actfn/internal/model"
	"actfn/internal/report"
)

// reportOptions are how the result of a comparison is judged and printed.
type reportOptions struct {
	baseline     string
	alpha        float64
	rope         float64 // percentage points
	power        float64
	generalize   string
	diverged     string
	format       string
	timing       bool
	gateTexts    []string
	gates        []gate.Gate
	baselineFile string
	selfTest     bool
}

func defaultReport() reportOptions {
	d := compare.Defaults()
	return reportOptions{alpha: d.Alpha, rope: 100 * d.Rope, power: d.Power, generalize: d.Generalize, diverged: d.Diverged, format: "table", timing: true}
}

func (o *reportOptions) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.baseline, "baseline", "", "compare with this `SPEC` of the activations (default the first)")
	flags.StringArrayVar(&o.gateTexts, "gate", nil, "exit with 3 unless this `CONDITION` holds; may be given again")
	flags.Var(pathFlag{&o.baselineFile, "FILE"}, "baseline-file", "an earlier result, as --format json printed it, for gates \"vs baseline-file\"")
	flags.BoolVar(&o.selfTest, "gate-selftest", false, "show that the gates fire: judge them with a known regression too")
	flags.Var(choice{&o.format, report.Formats}, "format", "how to print the result")
	flags.Float64Var(&o.alpha, "alpha", o.alpha, "level `F` of the tests; intervals are at 1-F")
	flags.Float64Var(&o.rope, "rope", o.rope, "the least difference that matters, in percentage `POINTS`")
	flags.Float64Var(&o.power, "power", o.power, "probability `F` of finding the smallest difference that is told")
	flags.Var(choice{&o.generalize, compare.Generalizations}, "generalize", "claim for new seeds, or for new test images too")
	flags.Var(choice{&o.diverged, compare.DivergedRules}, "diverged", "count a run that diverged by its last finite epoch, as chance, or not")
	flags.BoolVar(&o.timing, "timing", o.timing, "tell step times; --timing=false makes equal results equal bytes")
	complete(cmd, "format", report.Formats, cobra.ShellCompDirectiveDefault)
	complete(cmd, "generalize", compare.Generalizations, cobra.ShellCompDirectiveDefault)
	complete(cmd, "diverged", compare.DivergedRules, cobra.ShellCompDirectiveDefault)
	_ = cmd.MarkFlagFilename("baseline-file", "json")
}

// check resolves what the options name, before anything is computed.
func (o *reportOptions) check(activations []string, m model.Config) error {
	if !(o.alpha > 0 && o.alpha < 1) {
		return fmt.Errorf("--alpha: value is %g, want above 0 and below 1", o.alpha)
	}
	if !(o.power > o.alpha && o.power < 1) {
		return fmt.Errorf("--power: value is %g, want above %g, --alpha, and below 1", o.power, o.alpha)
	}
	if !(o.rope >= 0 && o.rope < 100) {
		return fmt.Errorf("--rope: value is %g, want 0 to below 100 percentage points", o.rope)
	}
	if o.baseline == "" {
		o.baseline = activations[0]
	}
	name, err := canonical(o.baseline, m)
	if err != nil {
		return fmt.Errorf("--baseline: %w", err)
	}
	if !slices.Contains(activations, name) {
		return fmt.Errorf("--baseline: %s is not compared, want one of %s", name, strings.Join(activations, ", "))
	}
	o.baseline = name
	var faults []error
	o.gates = nil
	for _, text := range o.gateTexts {
		g, err := gate.Parse(text, func(spec string) (string, error) { return canonical(spec, m) })
		if err != nil {
			faults = append(faults, fmt.Errorf("--gate: %w", err))
			continue
		}
		for _, name := range g.Activations() {
			if !slices.Contains(activations, name) {
				faults = append(faults, fmt.Errorf("--gate: %s is not compared, want one of %s", name, strings.Join(activations, ", ")))
			}
		}
		if g.NeedsBaselineFile() && o.baselineFile == "" {
			faults = append(faults, fault.Hint(fmt.Errorf("--gate: %q needs an earlier result", text), "--baseline-file FILE names it"))
		}
		o.gates = append(o.gates, g)
	}
	if o.selfTest && len(o.gateTexts) == 0 {
		faults = append(faults, errors.New("--gate-selftest: there is no --gate, want one to test"))
	}
	return errors.Join(faults...)
}

// write compares the cells, keeps the result in the comparison's folder, prints it and judges the gates.
func (o reportOptions) write(a *app, p grid.Plan, dir string, cells []compare.Cell) error {
	result, err := o.result(p, cells)
	if err != nil {
		return err
	}
	earlier, err := o.earlier()
	if err != nil {
		return err
	}
	if dir != "" {
		err := disk.Write(filepath.Join(dir, grid.ResultFile), func(w io.Writer) error { return compare.Write(w, result) })
		if err != nil {
			return err
		}
	}
	judged := gate.Judge(o.gates, result, earlier)
	if err := report.Write(a.out, result, judged, o.format); err != nil {
		return err
	}
	if err := appendSummary(a, result, judged); err != nil {
		return err
	}
	err = gateError(judged)
	if o.selfTest {
		err = errors.Join(o.testGates(a.ui, result, earlier), err)
	}
	return err
}

func (o reportOptions) result(p grid.Plan, cells []compare.Cell) (compare.Result, error) {
	var tuned map[string]compare.Tuned
	if len(p.LRs) > 1 {
		var err error
		if cells, tuned, err = compare.Tune(cells, o.diverged); err != nil {
			return compare.Result{}, err
		}
	}
	return compare.Compare(cells, compare.Options{
		Baseline: o.baseline, Alpha: o.alpha, Rope: o.rope / 100, Power: o.power, Generalize: o.generalize, Diverged: o.diverged,
		Seeds: p.Seeds, Activations: p.Activations, Tuned: tuned, Timing: o.timing,
		Data:  compare.Data{Hash: p.Data, Images: p.Images, Classes: p.Classes},
		Setup: setup(p),
	})
}

// earlier is the result in the baseline file, nil if none is named.
func (o reportOptions) earlier() (*compare.Result, error) {
	if o.baselineFile == "" {
		return nil, nil
	}
	r, err := compare.ReadFile(o.baselineFile)
	return &r, err
}

// summaryVariable names the file in which GitHub Actions collects what a job shows.
const summaryVariable = "GITHUB_STEP_SUMMARY"

func appendSummary(a *app, r compare.Result, judged []gate.Outcome) error {
	path := variable(a.env, summaryVariable)
	if path == "" {
		return nil
	}
	var text bytes.Buffer
	if err := report.Write(&text, r, judged, "md"); err != nil {
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

// testGates tells whether each gate fires on a known regression and is silent without one; one that does not is a
// gate that failed.
func (o reportOptions) testGates(u *ui, r compare.Result, earlier *compare.Result) error {
	var faults []error
	for _, p := range gate.SelfTest(o.gates, r, earlier) {
		if p.Works() {
			u.say("gate self-test: %s: %s", p.Gate, p.Reason)
			continue
		}
		faults = append(faults, fmt.Errorf("gate self-test: %s: %s", p.Gate, p.Reason))
	}
	return withCode(exitGate, errors.Join(faults...))
}

// gateError is of the gates that do not pass: one that fails outranks those that cannot be decided.
func gateError(judged []gate.Outcome) error {
	byStatus := map[gate.Status][]error{}
	for _, j := range judged {
		byStatus[j.Status] = append(byStatus[j.Status], fmt.Errorf("gate %s: %s", j.Gate, j.Reason))
	}
	faults := errors.Join(slices.Concat(byStatus[gate.Failed], byStatus[gate.Undecidable])...)
	if gate.Worst(judged) == gate.Failed {
		return withCode(exitGate, faults)
	}
	return withCode(exitUndecided, faults)
}

// newCompareMergeCmd is `actfn compare merge`.
func newCompareMergeCmd(a *app) *cobra.Command {
	o := defaultReport()
	var output string
	cmd := &cobra.Command{
		Use:   "merge DIR…",
		Short: "Join the parts of a comparison, and report",
		Long: `merge joins comparisons that were made in parts, on several machines or with --shard, and prints the
result of all their cells. They must be of the same images, configuration, kernels and version. With -o the
cells are copied to a folder of their own; without, nothing is written. Of one folder, it prints its result
again, perhaps in another format or against another baseline.`,
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

func runCompareMerge(a *app, o reportOptions, dirs []string, output string) error {
	plan, err := grid.Join(dirs)
	if err != nil {
		return err
	}
	if o.baseline == "" {
		o.baseline = plan.Baseline
	}
	if err := o.check(plan.Activations, plan.Config.Model); err != nil {
		return usage(err)
	}
	if output != "" {
		if err := plan.Collect(dirs, output); err != nil {
			return err
		}
		dirs = []string{output}
	}
	cells, missing, err := plan.Read(dirs...)
	if err != nil {
		return err
	}
	if len(cells) == 0 {
		return fmt.Errorf("%s: has no cell that is done, want at least one", dirs[0])
	}
	if n := len(missing); n > 0 {
		a.ui.warn("%d of %d cells are missing, the first %s at seed %d", n, n+len(cells), missing[0].Activation, missing[0].Seed)
	}
	return o.write(a, plan, output, cells)
}
