package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/metrics"
	"actfn/internal/number"
	"actfn/internal/train"
	"actfn/internal/worker"
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
		Short: "Measure a trained classifier on labelled images",
		Long: `eval reads the labelled images of a split as the model was trained to see them, and prints the
accuracy with its 95 % Wilson interval, the loss, the figures of each class, the worst first, and the
largest confusions. Of a run's folder it takes the best weights by validation, or the last.

Without --data it reads the run's own data. --against compares with another model on the same
images by the exact McNemar test and lists the images that flipped. It exits with 3 when the accuracy is
below --min-accuracy.`,
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
	flags.Var(choice{&o.split, splits}, "split", "folder of the data to read")
	complete(cmd, "split", splits, cobra.ShellCompDirectiveDefault)
	flags.Lookup("data").Usage = "folder or .zip with a folder of the split (default the run's own data)"
	flags.Var(pathFlag{&o.predictions, "FILE"}, "predictions", "write path, true and predicted class and all probabilities to this CSV")
	flags.Float64Var(&o.minAccuracy, "min-accuracy", o.minAccuracy, "exit with 3 when the accuracy, a fraction, is below `F`")
	flags.Lookup("min-accuracy").DefValue = "0" // shows none
	flags.Var(pathFlag{&o.against, "CHECKPOINT|RUN"}, "against", "compare with this model on the same images")
	o.settings.bind(cmd, "data.skip_bad", "workers")
	flags.BoolVar(&o.json, "json", false, "print the evaluation as one JSON object")
	bindProgress(cmd, a.ui)
	flags.SortFlags = false
	return cmd
}

func (o evalOptions) check(gated bool) error {
	if !gated {
		return nil
	}
	if !(o.minAccuracy >= 0 && o.minAccuracy <= 1) {
		return usage(fmt.Errorf("--min-accuracy: value is %g, want a fraction of 0 to 1", o.minAccuracy))
	}
	return nil
}

func runEval(ctx context.Context, a *app, o evalOptions) error {
	models, err := o.models()
	if err != nil {
		return err
	}
	if err := checkPredictions(o.predictions, models); err != nil {
		return usage(err)
	}
	data, err := o.evalData(a, models[0])
	if err != nil {
		return err
	}
	pool := worker.New(data.config.Workers)
	defer pool.Close()
	e := evaluator{ctx, a.ui, data, pool}
	seen, err := e.classify(models)
	if err != nil {
		return err
	}
	first := seen[0]
	result, err := first.evaluate()
	if err == nil && o.against != "" {
		result.Against, err = first.compare(seen[1])
	}
	if err != nil {
		return err
	}
	if o.predictions != "" {
		if err := first.writePredictions(o.predictions); err != nil {
			return err
		}
	}
	listSkipped(a.ui, first.set)
	if o.json {
		err = a.out.json(result)
	} else {
		err = result.writeText(a.out)
	}
	if err != nil {
		return err
	}
	return o.judge(a.ui, result)
}

// models are the weights of the model and of the one to compare with, where there is one.
func (o evalOptions) models() ([]string, error) {
	args := []string{o.model}
	if o.against != "" {
		args = append(args, o.against)
	}
	for i, arg := range args {
		path, err := weightsFile(arg)
		if err != nil {
			return nil, err
		}
		args[i] = path
	}
	return args, nil
}

// judge passes the result through the gate, where there is one.
func (o evalOptions) judge(u *ui, result evaluation) error {
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

// evaluator runs models on the same images.
type evaluator struct {
	ctx  context.Context
	ui   *ui
	data evalData
	pool *worker.Pool
}

// classified is what a model makes of a set of labelled images.
type classified struct {
	classifier
	set    *dataset.Set
	logits []float32 // (images, classes)
}

// classify reads all the models, and then the images as each of them sees them. The fault of
// another model than the first is told by its path.
func (e evaluator) classify(models []string) ([]classified, error) {
	all := make([]classified, len(models))
	for i, path := range models {
		var err error
		if all[i].classifier, err = openClassifier(path, e.pool); err != nil {
			return nil, err
		}
	}
	for i := range all {
		err := e.read(&all[i])
		if err != nil && i > 0 {
			err = fault.At(models[i], err)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (e evaluator) read(c *classified) (err error) {
	b := e.ui.reading()
	defer b.end()
	if c.set, err = e.data.load(e.ctx, c.classifier, b.at); err != nil {
		return err
	}
	defer c.set.Close()
	c.logits, err = train.Logits(e.ctx, c.net, c.set)
	return err
}

func (c classified) evaluate() (evaluation, error) {
	e, err := metrics.Evaluate(c.set.Labels(), c.logits, c.Classes)
	e.Checkpoint, e.Activation = c.path, c.Activation
	return evaluation{Evaluation: e, Learnt: train.Learnt(c.net)}, err
}

// compare tests whether two models err equally often on the same images. Classes are matched by name.
func (c classified) compare(other classified) (*comparison, error) {
	if !slices.Equal(c.paths(), other.paths()) {
		return nil, fmt.Errorf("%s: reads other images than %s, want the same", other.path, c.path)
	}
	first := metrics.Predictions(c.logits, len(c.Classes))
	theirs := metrics.Predictions(other.logits, len(other.Classes))
	second := make([]int, len(theirs))
	for i, k := range theirs {
		second[i] = slices.Index(c.Classes, other.Classes[k]) // −1, and wrong, for a class of the other alone
	}
	paired, err := metrics.Compare(c.set.Labels(), first, second)
	if err != nil {
		return nil, err
	}
	result := &comparison{
		Checkpoint: other.path, Activation: other.Activation,
		Accuracy:  float64(paired.BothCorrect+paired.OnlySecond) / float64(c.set.Len()),
		OnlyFirst: paired.OnlyFirst, OnlySecond: paired.OnlySecond, P: paired.P, Flipped: []flip{},
	}
	for _, i := range paired.Flipped {
		result.Flipped = append(result.Flipped, flip{
			c.set.Path(i), c.Classes[c.set.Label(i)], c.Classes[first[i]], other.Classes[theirs[i]],
		})
	}
	return result, nil
}

func (c classified) paths() []string {
	var paths []string
	for i := range c.set.Len() {
		paths = append(paths, c.set.Path(i))
	}
	return paths
}
