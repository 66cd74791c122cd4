package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/hint"
	"actfn/internal/kernel"
	"actfn/internal/metrics"
	"actfn/internal/train"
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
	flags.StringVar(&o.predictions, "predictions", "", "write path, true and predicted class and all probabilities to this CSV `FILE`")
	flags.Float64Var(&o.minAccuracy, "min-accuracy", o.minAccuracy, "exit with 3 when the accuracy, a fraction, is below `F`")
	flags.Lookup("min-accuracy").DefValue = "0" // shows none
	flags.StringVar(&o.against, "against", "", "compare with this `CHECKPOINT|RUN` on the same images")
	o.settings.bind(cmd, "data.skip_bad", "workers")
	flags.BoolVar(&o.json, "json", false, "print the evaluation as one JSON object")
	bindProgress(cmd, a.ui)
	flags.SortFlags = false
	return cmd
}

func (o evalOptions) check(gated bool) error {
	if gated && !(o.minAccuracy >= 0 && o.minAccuracy <= 1) {
		return usage(fmt.Errorf("--min-accuracy is %g, want a fraction of 0 to 1", o.minAccuracy))
	}
	return nil
}

func runEval(ctx context.Context, a *app, o evalOptions) error {
	weights, err := weightsFile(o.model)
	if err != nil {
		return err
	}
	if own := runConfig(weights); own != "" {
		o.settings.files = []string{own}
	}
	r, err := o.settings.load(a.env)
	if err != nil {
		return err
	}
	pool := kernel.NewPool(r.Workers)
	defer pool.Close()
	e := evaluator{ctx, a.ui, r.Config, o.split, pool}
	first, err := e.classify(weights)
	if err != nil {
		return err
	}
	result, err := first.evaluate()
	if err != nil {
		return err
	}
	if o.against != "" {
		second, err := e.classify(o.against)
		if err != nil {
			return err
		}
		if result.Against, err = first.compare(second); err != nil {
			return err
		}
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
	if err != nil || !(result.Accuracy < o.minAccuracy) {
		return err
	}
	return withCode(exitGate, fmt.Errorf("accuracy is %.4f, want at least %g", result.Accuracy, o.minAccuracy))
}

// evaluator runs models on one split.
type evaluator struct {
	ctx    context.Context
	ui     *ui
	config config.Config
	split  string
	pool   *kernel.Pool
}

// classified is what a model makes of a set of labelled images.
type classified struct {
	classifier
	set    *dataset.Set
	logits []float32 // (images, classes)
}

func (e evaluator) classify(arg string) (c classified, err error) {
	if c.classifier, err = openClassifier(arg, e.pool); err != nil {
		return c, err
	}
	b := e.ui.reading()
	defer b.end()
	c.set, err = dataset.LoadSplit(e.ctx, e.config.Data, e.split, c.Transform, c.Classes, dataset.Options{Workers: e.config.Workers, Progress: b.at})
	if err != nil && e.config.Data.Root == "" {
		return c, hint.Wrap(err, "this is the built-in sample: --data ROOT names other images")
	}
	if err != nil {
		return c, err
	}
	defer c.set.Close()
	c.logits, err = train.Logits(e.ctx, c.net, c.set)
	return c, err
}

func (c classified) evaluate() (evaluation, error) {
	e, err := metrics.Evaluate(c.set.Labels(), c.logits, c.Classes)
	e.Checkpoint, e.Activation = c.path, c.Activation
	return evaluation{Evaluation: e}, err
}

// compare tests whether two models err equally often on the same images. Classes are matched by name.
func (c classified) compare(other classified) (*comparison, error) {
	if !slices.Equal(c.paths(), other.paths()) {
		return nil, fmt.Errorf("%s and %s can read different images, want the same", c.path, other.path)
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
