package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"actfn/internal/compare"
	"actfn/internal/fault"
	"actfn/internal/grid"
	"actfn/internal/plot"
	"actfn/internal/record"
	"actfn/internal/wording"
)

func newPlotCurvesCmd(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "curves RUN…",
		Short: "Draw loss and accuracy over the epochs of runs",
		Long: `curves draws the loss and the accuracy over the epochs of runs, or of all runs of a comparison. Runs with one
activation are drawn together: each as a thin line, their mean as a thick one, and its 95 % interval as
a band. Validation is dashed; the accuracy of the test, which is read once, stands at the right.`,
		Example: `  actfn plot curves runs/relu
  actfn plot curves runs/relu runs/gelu -o curves.svg
  actfn plot curves runs/compare -o curves.pdf`,
		Args: arguments(1, -1, "1 or more: folders of runs or of a comparison"),
		RunE: func(_ *cobra.Command, args []string) error { return runPlotCurves(a, args, output) },
	}
	bindPicture(cmd, &output)
	return cmd
}

func runPlotCurves(a *app, dirs []string, output string) error {
	format, err := pictureFormat(output)
	if err != nil {
		return usage(err)
	}
	var runs []record.Run
	var names []string
	for _, dir := range dirs {
		more, order, err := runsIn(dir)
		if err != nil {
			return err
		}
		runs, names = append(runs, more...), append(names, order...)
	}
	curves, err := plot.NewTraining(runs, plot.Colors(names))
	if err != nil {
		return err
	}
	return draw(a, curves.Figure(), output, format)
}

// runsIn are the runs of a folder, one or a comparison's, and the order of their activations.
func runsIn(dir string) ([]record.Run, []string, error) {
	if _, err := os.Stat(filepath.Join(dir, grid.PlanFile)); err != nil {
		r, err := runIn(dir)
		return []record.Run{r}, []string{r.Activation}, err
	}
	plan, err := grid.ReadPlan(dir)
	if err != nil {
		return nil, nil, err
	}
	cells, _, err := plan.Read(dir)
	if err != nil {
		return nil, nil, err
	}
	if len(plan.LRs) > 1 {
		if cells, _, err = compare.Tune(cells, compare.LastFinite); err != nil {
			return nil, nil, err
		}
	}
	var runs []record.Run
	for _, c := range cells {
		runs = append(runs, c.Run)
	}
	if len(runs) == 0 {
		return nil, nil, fmt.Errorf("%s: has no cell that is done, want at least one", dir)
	}
	names := slices.Insert(slices.Clone(plan.Activations), 0, plan.Baseline) // the baseline has the first colour
	return runs, names, nil
}

// runIn is the run of a folder: its summary or, if it has not come to its end, its epochs.
func runIn(dir string) (record.Run, error) {
	if err := checkRun(dir); err != nil {
		return record.Run{}, err
	}
	r, err := record.ReadSummary(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	own := settings{files: []string{filepath.Join(dir, record.ConfigFile)}}
	c, err := own.load(nil)
	if err != nil {
		return r, err
	}
	r.Activation, r.Seed = c.Model.Activation, c.Train.Seed
	r.Epochs, err = record.ReadMetrics(dir)
	return r, err
}

func newPlotCompareCmd(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "compare DIR|FILE.json",
		Short: "Draw what a comparison came to",
		Long: `compare draws, for each activation of a comparison, the difference to the baseline with its interval, which
holds for all at once, and the margin within which activations are equivalent; beside it the accuracy
against the time of a training step.`,
		Example: `  actfn plot compare runs/compare
  actfn plot compare runs/compare -o compare.svg`,
		Args: arguments(1, 1, "1: the folder of a comparison, or a result that --format json printed"),
		RunE: func(_ *cobra.Command, args []string) error { return runPlotCompare(a, args[0], output) },
	}
	bindPicture(cmd, &output)
	return cmd
}

func runPlotCompare(a *app, path, output string) error {
	format, err := pictureFormat(output)
	if err != nil {
		return usage(err)
	}
	info, err := os.Stat(path)
	folder := err == nil && info.IsDir()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such file or folder, want a comparison's folder or its result", path)
	case folder:
		if _, err := grid.ReadPlan(path); err != nil {
			return err
		}
		path = filepath.Join(path, grid.ResultFile)
	}
	result, err := compare.ReadFile(path)
	if folder && errors.Is(err, fs.ErrNotExist) {
		return fault.Hint(err, "actfn compare merge %s -o %[1]s makes the result of the cells that there are", wording.Quoted(filepath.Dir(path)))
	}
	if err != nil {
		return err
	}
	drawn, err := plot.NewComparison(result)
	if err != nil {
		return err
	}
	return draw(a, drawn.Figure(), output, format)
}

func newPlotConfusionCmd(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "confusion RUN",
		Short: "Draw what a run takes the test images for",
		Long: `confusion draws how often a run took the test images of each class for each class, with the share of each class
that it recognised.`,
		Example: `  actfn plot confusion runs/relu
  actfn plot confusion runs/relu -o confusion.png`,
		Args: arguments(1, 1, "1: the folder of a run"),
		RunE: func(_ *cobra.Command, args []string) error { return runPlotConfusion(a, args[0], output) },
	}
	bindPicture(cmd, &output)
	return cmd
}

func runPlotConfusion(a *app, dir, output string) error {
	format, err := pictureFormat(output)
	if err != nil {
		return usage(err)
	}
	if err := checkRun(dir); err != nil {
		return err
	}
	run, err := record.ReadSummary(dir)
	if err != nil {
		return err
	}
	p, err := record.ReadPredictions(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.Hint(err, "actfn eval %s tells the confusions of a run that kept no predictions", wording.Quoted(dir))
	}
	if err != nil {
		return err
	}
	confusion, err := plot.NewConfusion(p.Labels, p.Predicted, run.Classes)
	if err != nil {
		return err
	}
	return draw(a, confusion.Figure(), output, format)
}
