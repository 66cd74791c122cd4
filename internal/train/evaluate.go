package train

import (
	"context"

	"actfn/internal/dataset"
	"actfn/internal/model"
)

// evaluationBatch is the number of images in a batch of an evaluation: many, since the weights are read once a batch, but
// fewer of large images, whose layers take more memory.
func evaluationBatch(in model.Input) int {
	if in.Height*in.Width > 64*64 {
		return 64
	}
	return 128
}

// Logits computes the logits of every image of a set, (images, classes), in the set's order. An image's logits do not
// depend on its batch.
func Logits(ctx context.Context, net *model.Net, set Images) ([]float32, error) {
	predictor, err := net.NewPredictor(evaluationBatch(net.Input), set.Planes())
	if err != nil {
		return nil, err
	}
	return logits(ctx, predictor, net.Classes, set)
}

// inColumns is how all images are evaluated: as they are and as they come.
func inColumns(p *model.Predictor) dataset.View {
	return dataset.View{Size: p.Columns(), Columns: p.Columns()}
}

func logits(ctx context.Context, predictor *model.Predictor, classes int, set Images) ([]float32, error) {
	rows := make([]float32, set.Len()*classes)
	for batch, err := range set.Batches(ctx, inColumns(predictor)) {
		if err != nil {
			return nil, err
		}
		z, err := predictor.Run(batch.X, len(batch.Index))
		if err != nil {
			return nil, err
		}
		for n, i := range batch.Index {
			for k := range classes {
				rows[i*classes+k] = z[k*predictor.Columns()+n]
			}
		}
	}
	return rows, nil
}
