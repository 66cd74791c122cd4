package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/config"
	"actfn/internal/evaluate"
	"actfn/internal/metrics"
	"actfn/internal/number"
	"actfn/internal/run"
	"actfn/internal/wording"
)

// evalOptions are what `actfn eval` was asked.
type evalOptions struct {
	settings    settings
	model       string
	split       string
	predictions string
	minAccuracy float64 // NaN: no gate
	against     string
	json        bool
}

func newEvalCmd(a *app) *cobra.Command {
	o := evalOptions{split: "test", minAccuracy: math.NaN()}
	cmd := &cobra.Command{
		Use:   "eval CHECKPOINT|RUN",
		Short: "Evaluate a classifier on labelled images",
		Long: `eval evaluates a classifier on the labelled images of a split, prepared as in training. It prints the
accuracy with its 95 % Wilson interval, the loss, precision, recall and F1 of each class (the worst
first), and the largest confusions. For a run's folder it uses the best weights by validation, or else
the last.

Without --data it reads the run's own data. --against compares with another model on the same images
by McNemar's exact test, and lists the images that only one of the two classifies correctly. The exit
code is 3 if the accuracy is below --min-accuracy.`,
		Example: `  actfn eval runs/relu
  actfn eval runs/relu/last.safetensors --data photos.zip --predictions relu.csv
  actfn eval runs/relu --min-accuracy 0.9
  actfn eval runs/leaky --against runs/relu --json`,
		Args: arguments(1, 1, "1: a weights file or a run's folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.model = args[0]
			if err := o.check(cmd.Flags().Changed("min-accuracy")); err != nil {
				return err
			}
			return runEval(cmd.Context(), a, o)
		},
	}
	o.settings.bind(cmd, "data.root")
	flags := cmd.Flags()
	splits := []string{"test", "val", "train"}
	flags.Var(choice{&o.split, splits}, "split", "split to evaluate on")
	complete(cmd, "split", splits, cobra.ShellCompDirectiveDefault)
	flags.Lookup("data").Usage = "folder or .zip with a folder of the split (default the run's own data)"
	flags.Var(pathFlag{&o.predictions, "FILE"}, "predictions",
		"write path, true and predicted class and all probabilities to this CSV")
	flags.Float64Var(&o.minAccuracy, "min-accuracy", o.minAccuracy,
		"exit with 3 when the accuracy, a fraction, is below `F`")
	flags.Lookup("min-accuracy").DefValue = "0" // shows none
	flags.Var(pathFlag{&o.against, "CHECKPOINT|RUN"}, "against", "compare with this model on the same images")
	o.settings.bind(cmd, "data.skip_classes", "data.skip_bad", "workers")
	flags.BoolVar(&o.json, "json", false, "print the evaluation as one JSON object")
	bindProgress(cmd, a.ui)
	flags.SortFlags = false
	return cmd
}

func (o evalOptions) check(gated bool) error {
	if gated && !(o.minAccuracy >= 0 && o.minAccuracy <= 1) {
		return usage(fmt.Errorf("--min-accuracy: value is %g, want a fraction of 0 to 1", o.minAccuracy))
	}
	return nil
}

func runEval(ctx context.Context, a *app, o evalOptions) error {
	e, err := o.resolve(a)
	if err != nil {
		return err
	}
	b := a.ui.reading()
	defer b.end()
	result, err := evaluate.Run(ctx, e, b.at)
	if err != nil {
		return err
	}
	b.end()
	a.ui.warnBad(result.Skipped)
	if o.json {
		err = a.out.json(result)
	} else {
		err = writeEvaluation(a.out, result)
	}
	if err != nil {
		return err
	}
	return o.judge(a.ui, result)
}

// resolve finds the weights and the images. The configuration of the run, in whose folder the weights are, comes before
// all that is said now.
func (o evalOptions) resolve(a *app) (e evaluate.Options, err error) {
	e.Predictions = o.predictions
	if e.Weights, err = run.Weights(o.model); err != nil {
		return e, err
	}
	if o.against != "" {
		if e.Against, err = run.Weights(o.against); err != nil {
			return e, err
		}
	}
	settings, own := o.settings, ""
	if dir := run.Of(e.Weights); dir != "" {
		if own, err = run.ConfigFile(dir); err != nil {
			return e, err
		}
		settings.files = []string{own}
	}
	r, err := settings.load(a.env)
	e.Images = evaluate.Images{Config: r.Config, Split: o.split}
	if err == nil && own != "" && strings.HasPrefix(r.Origin["data.root"], own+":") {
		var began config.Resolved
		began, err = run.Config(run.Of(e.Weights))
		e.Images.Own = &began.Config
	}
	return e, err
}

// judge passes the result through the gate, where there is one.
func (o evalOptions) judge(u *ui, result evaluate.Result) error {
	gated := !math.IsNaN(o.minAccuracy)
	switch {
	case !number.Finite(result.Loss):
		err := fmt.Errorf("loss is %g, want a finite number to judge the accuracy by", result.Loss)
		if gated {
			return withCode(exitUndecided, err)
		}
		u.warn("%v", err)
	case gated && result.Accuracy < o.minAccuracy:
		return withCode(exitGate, fmt.Errorf("accuracy is %.4f, want at least %g", result.Accuracy, o.minAccuracy))
	}
	return nil
}

// writeEvaluation writes the evaluation for a person to read.
func writeEvaluation(w io.Writer, e evaluate.Result) error {
	var summary wording.Table
	summary.Row("95% interval", percent(e.AccuracyCI95[0])+" to "+percent(e.AccuracyCI95[1]))
	summary.Row("images", fmt.Sprintf("%d, %d correct", e.Images, e.Correct))
	summary.Row("loss", fmt.Sprintf("%.4f", e.Loss))
	summary.Row("activation", e.Activation)
	for _, l := range e.Learnt {
		summary.Row("learnt", learntText(l))
	}
	summary.Row("weights", e.Checkpoint)

	classes := wording.Table{Align: "rrrrl", Indent: "  "}
	classes.Row("precision", "recall", "f1", "images", "class")
	for _, c := range metrics.WorstFirst(e.PerClass) {
		classes.Row(fmt.Sprintf("%.3f", c.Precision), fmt.Sprintf("%.3f", c.Recall), fmt.Sprintf("%.3f", c.F1), strconv.Itoa(c.Images), c.Class)
	}

	const largest = 5
	confusions := wording.Table{Align: "rrl", Indent: "  "}
	for _, c := range metrics.LargestConfusions(e.Confusion, e.Classes, largest) {
		confusions.Row(strconv.Itoa(c.Count), percent(c.Share), c.True+" taken for "+c.Predicted)
	}

	lines := slices.Concat([]string{"Accuracy: " + percent(e.Accuracy)}, summary.Lines(), []string{""}, classes.Lines())
	if confused := confusions.Lines(); len(confused) > 0 {
		lines = slices.Concat(lines, []string{"", "largest confusions"}, confused)
	}
	if e.Against != nil {
		lines = append(lines, against(e.Against, e.Accuracy)...)
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

// against are the lines that compare with another model.
func against(c *evaluate.Comparison, accuracy float64) []string {
	var t, flipped wording.Table
	t.Row("accuracy", percent(accuracy)+" here, "+percent(c.Accuracy)+" there")
	t.Row("right", fmt.Sprintf("%d images only here, %d only there", c.OnlyFirst, c.OnlySecond))
	t.Row("p", fmt.Sprintf("%.4g (exact McNemar test that both err equally often)", c.P))
	if len(c.Flipped) > 0 {
		flipped.Row()
		flipped.Row("flipped", "here", "there")
	}
	for _, f := range c.Flipped {
		flipped.Row(f.Path, f.First, f.Second)
	}
	title := wording.Printable(fmt.Sprintf("against %s, %s", c.Checkpoint, c.Activation))
	return slices.Concat([]string{"", title}, t.Lines(), flipped.Lines())
}
