// Package evaluate measures a trained model on labelled images, compares two on the same ones, and says what a model
// sees on images without labels.
package evaluate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/metrics"
	"actfn/internal/model"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// Options are what is to be evaluated.
type Options struct {
	Weights     string // a file
	Against     string // that of a model to compare with; "" is none
	Images      Images
	Predictions string // a CSV file to write the predictions to; "" writes none
}

// Result is how well a model does.
type Result struct {
	metrics.Evaluation
	Learnt  []record.Learnt   // what the model's activations have learnt
	Against *Comparison       // with the other model, where there is one
	Skipped []dataset.BadFile // files that are no images
}

// Comparison is the same images seen by another model.
type Comparison struct {
	Checkpoint string  `json:"checkpoint"`
	Activation string  `json:"activation"`
	Accuracy   float64 `json:"accuracy"`
	OnlyFirst  int     `json:"only_first"`  // right by the first model alone
	OnlySecond int     `json:"only_second"` // right by the other alone
	P          float64 `json:"p"`           // exact McNemar test, two-sided
	Flipped    []Flip  `json:"flipped"`
}

// Flip is an image that one model has right and the other wrong.
type Flip struct {
	Path   string `json:"path"`
	True   string `json:"true"`
	First  string `json:"first"`
	Second string `json:"second"`
}

// MarshalJSON adds learnt and against, where there are such, to the evaluation's own keys.
func (r Result) MarshalJSON() ([]byte, error) {
	own, err := json.Marshal(r.Evaluation)
	if err != nil {
		return nil, err
	}
	more, err := json.Marshal(struct {
		Learnt  []record.Learnt `json:"learnt,omitempty"`
		Against *Comparison     `json:"against,omitempty"`
	}{r.Learnt, r.Against})
	if err != nil || len(more) == len("{}") {
		return own, err
	}
	return slices.Concat(own[:len(own)-1], []byte(","), more[1:]), nil
}

// Run evaluates the model and, where there is another, compares them. It reads all models before any image. The fault of
// another model than the first has its path before it.
func Run(ctx context.Context, o Options, progress func(split string, done, total int)) (Result, error) {
	paths := []string{o.Weights}
	if o.Against != "" {
		paths = append(paths, o.Against)
	}
	if err := checkPredictions(o.Predictions, paths); err != nil {
		return Result{}, fault.Usage(err)
	}
	pool := worker.New(o.Images.Config.Workers)
	defer pool.Close()
	models := make([]classifier, len(paths))
	for i, path := range paths {
		var err error
		if models[i], err = open(path, pool); err != nil {
			return Result{}, err
		}
	}
	for i := range models {
		err := models[i].classify(ctx, o.Images, progress)
		if err != nil && i > 0 {
			err = fault.At(paths[i], err)
		}
		if err != nil {
			return Result{}, err
		}
	}
	first := models[0]
	e, err := metrics.Evaluate(first.set.Labels(), first.logits, first.Classes)
	e.Checkpoint, e.Activation = first.path, first.Activation
	r := Result{Evaluation: e, Learnt: train.Learnt(first.net), Skipped: first.set.Skipped()}
	if err == nil && len(models) > 1 {
		r.Against, err = first.compare(models[1])
	}
	if err == nil && o.Predictions != "" {
		err = first.writePredictions(o.Predictions)
	}
	return r, err
}

// classifier is a model read from a weights file and, once it has seen images, what it makes of them.
type classifier struct {
	train.Card
	path   string
	net    *model.Net
	set    *dataset.Set
	logits []float32 // (images, classes)
}

func open(path string, pool *worker.Pool) (classifier, error) {
	net, card, err := train.LoadModel(path, pool)
	if err != nil {
		return classifier{}, err
	}
	for _, p := range net.Parameters {
		for _, v := range p.Values() {
			if !number.Finite(float64(v)) {
				return classifier{}, fmt.Errorf("%s: tensor %q holds %v, want finite weights", path, p.Name, v)
			}
		}
	}
	return classifier{Card: card, path: path, net: net}, nil
}

// classify loads the images as the model sees them, and classifies them.
func (c *classifier) classify(ctx context.Context, images Images, progress func(string, int, int)) (err error) {
	if c.set, err = images.load(ctx, c.Card, progress); err != nil {
		return err
	}
	defer c.set.Close()
	c.logits, err = train.Logits(ctx, c.net, c.set)
	return err
}

// compare tests whether two models err equally often on the same images. Classes are matched by name.
func (c classifier) compare(other classifier) (*Comparison, error) {
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
	result := &Comparison{
		Checkpoint: other.path, Activation: other.Activation,
		Accuracy:  float64(paired.BothCorrect+paired.OnlySecond) / float64(c.set.Len()),
		OnlyFirst: paired.OnlyFirst, OnlySecond: paired.OnlySecond, P: paired.P, Flipped: []Flip{},
	}
	for _, i := range paired.Flipped {
		result.Flipped = append(result.Flipped, Flip{
			c.set.Path(i), c.Classes[c.set.Label(i)], c.Classes[first[i]], other.Classes[theirs[i]],
		})
	}
	return result, nil
}

func (c classifier) paths() []string {
	paths := make([]string, c.set.Len())
	for i := range paths {
		paths[i] = c.set.Path(i)
	}
	return paths
}
