package main

import (
	"github.com/spf13/cobra"

	"actfn/internal/plot"
	"actfn/internal/record"
	"actfn/internal/run"
	"actfn/internal/study"
)

func newPlotCurvesCmd(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "curves RUN…",
		Short: "Draw loss and accuracy over the epochs of runs",
		Long: `curves draws the loss and the accuracy over the epochs of runs, or of all runs of a comparison, and the
gradient norm if all runs measured it. Runs with the same activation are drawn together: a thin line
for each, a thick line for the mean and a band for its 95 % interval. Validation is dashed. A ring is at
the epoch whose weights were tested, the test accuracy at the right.`,
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
		more, order, err := study.Runs(dir)
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

func newPlotCompareCmd(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "compare DIR|FILE.json",
		Short: "Draw the result of a comparison",
		Long: `compare draws, for each activation of a comparison, the difference to the baseline with its simultaneous
interval, and the margin within which activations count as equivalent; beside it, the accuracy against
the time of a training step.`,
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
	result, err := study.Result(path)
	if err != nil {
		return err
	}
	drawn, err := plot.NewAcross(result)
	if err != nil {
		return err
	}
	return draw(a, drawn.Figure(), output, format)
}

func newPlotConfusionCmd(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "confusion RUN",
		Short: "Draw the confusion matrix of a run: which classes are mistaken for which",
		Long: `confusion draws the confusion matrix of a run: how many test images of each class were predicted as each
class, and the recall of each class.`,
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
	r, p, err := run.Tested(dir)
	if err != nil {
		return err
	}
	confusion, err := plot.NewConfusion(p.Labels, p.Predicted, r.Classes)
	if err != nil {
		return err
	}
	return draw(a, confusion.Figure(), output, format)
}
