package evaluate

import (
	"context"

	"actfn/internal/dataset"
	"actfn/internal/metrics"
	"actfn/internal/number"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// Predictions are what a model sees on images.
type Predictions struct {
	Checkpoint string       `json:"checkpoint"`
	Activation string       `json:"activation"`
	Images     []Prediction `json:"images"`
}

// Prediction is what a model sees on an image, the most probable class first.
type Prediction struct {
	Path    string        `json:"path"`
	Classes []Probability `json:"classes"`
}

// Probability is that of a class.
type Probability struct {
	Class       string       `json:"class"`
	Probability number.Float `json:"probability"`
}

// Predict says which k classes are the most probable of each image file.
func Predict(ctx context.Context, weights string, images []string, k int) (Predictions, error) {
	pool := worker.New(0)
	defer pool.Close()
	c, err := open(weights, pool)
	if err != nil {
		return Predictions{}, err
	}
	set, err := dataset.LoadFiles(ctx, images, c.Transform, dataset.Options{})
	if err != nil {
		return Predictions{}, err
	}
	defer set.Close()
	logits, err := train.Logits(ctx, c.net, set)
	if err != nil {
		return Predictions{}, err
	}
	r := Predictions{Checkpoint: c.path, Activation: c.Activation}
	p := make([]float64, len(c.Classes))
	for i := range set.Len() {
		row := logits[i*len(c.Classes):][:len(c.Classes)]
		metrics.Softmax(p, row)
		image := Prediction{Path: set.Path(i)}
		for _, class := range metrics.TopK(row, k) {
			image.Classes = append(image.Classes, Probability{c.Classes[class], number.Float(p[class])})
		}
		r.Images = append(r.Images, image)
	}
	return r, nil
}
