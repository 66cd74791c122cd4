package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"actfn/internal/dataset"
	"actfn/internal/metrics"
	"actfn/internal/number"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// predictOptions are what `actfn predict` was asked.
type predictOptions struct {
	model  string
	images []string
	topK   int
	json   bool
}

func newPredictCmd(a *app) *cobra.Command {
	var o predictOptions
	cmd := &cobra.Command{
		Use:   "predict CHECKPOINT|RUN IMAGE…",
		Short: "Tell what is on images",
		Long: `predict prints the most probable classes of each image, which it reads as the model was trained to
see them. Of a run's folder it takes the best weights by validation, or the last.`,
		Example: `  actfn predict runs/pets cat.jpg dog.png
  actfn predict runs/pets/last.safetensors *.jpg --topk 1
  actfn predict runs/pets cat.jpg --json`,
		Args: arguments(2, -1, "2 or more: a weights file or a run's folder, and images"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.model, o.images = args[0], args[1:]
			if o.topK < 1 {
				return usage(fmt.Errorf("--topk: value is %d, want 1 or more", o.topK))
			}
			return runPredict(cmd.Context(), a, o)
		},
	}
	cmd.Flags().IntVar(&o.topK, "topk", 3, "print the `K` most probable classes")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the predictions as one JSON object")
	cmd.Flags().SortFlags = false
	return cmd
}

// predictions are the result of `actfn predict`.
type predictions struct {
	Checkpoint string       `json:"checkpoint"`
	Activation string       `json:"activation"`
	Images     []prediction `json:"images"`
}

type prediction struct {
	Path    string        `json:"path"`
	Classes []probability `json:"classes"` // the most probable first
}

type probability struct {
	Class       string       `json:"class"`
	Probability number.Float `json:"probability"`
}

func runPredict(ctx context.Context, a *app, o predictOptions) error {
	weights, err := weightsFile(o.model)
	if err != nil {
		return err
	}
	pool := worker.New(0)
	defer pool.Close()
	c, err := openClassifier(weights, pool)
	if err != nil {
		return err
	}
	set, err := dataset.LoadFiles(ctx, o.images, c.Transform, dataset.Options{})
	if err != nil {
		return err
	}
	defer set.Close()
	logits, err := train.Logits(ctx, c.net, set)
	if err != nil {
		return err
	}
	result := predictions{Checkpoint: c.path, Activation: c.Activation}
	for i := range set.Len() {
		row := logits[i*len(c.Classes):][:len(c.Classes)]
		result.Images = append(result.Images, prediction{set.Path(i), mostProbable(row, c.Classes, o.topK)})
	}
	if o.json {
		return a.out.json(result)
	}
	return result.writeText(a.out)
}

func mostProbable(logits []float32, classes []string, k int) []probability {
	p := make([]float64, len(classes))
	metrics.Softmax(p, logits)
	var top []probability
	for _, class := range metrics.TopK(logits, k) {
		top = append(top, probability{classes[class], number.Float(p[class])})
	}
	return top
}

func (r predictions) writeText(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, image := range r.Images {
		printf(tw, "%s", image.Path)
		for _, c := range image.Classes {
			printf(tw, "\t%s %s", c.Class, percent(float64(c.Probability)))
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}
