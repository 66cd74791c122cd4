package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"actfn/internal/evaluate"
	"actfn/internal/run"
	"actfn/internal/wording"
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
		Short: "Classify images",
		Long: `predict prints the most probable classes of each image, which it prepares as in training. For a run's
folder it uses the best weights by validation, or else the last.`,
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

func runPredict(ctx context.Context, a *app, o predictOptions) error {
	weights, err := run.Weights(o.model)
	if err != nil {
		return err
	}
	seen, err := evaluate.Predict(ctx, weights, o.images, o.topK)
	if err != nil {
		return err
	}
	if o.json {
		return a.out.json(seen)
	}
	var t wording.Table
	for _, image := range seen.Images {
		row := []string{image.Path}
		for _, c := range image.Classes {
			row = append(row, c.Class+" "+percent(float64(c.Probability)))
		}
		t.Row(row...)
	}
	_, err = t.WriteTo(a.out)
	return err
}
