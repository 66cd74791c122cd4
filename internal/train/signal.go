package train

import (
	"context"

	"actfn/internal/dataset"
	"actfn/internal/layer"
	"actfn/internal/model"
	"actfn/internal/number"
	"actfn/internal/record"
)

// signalImages is the number of training images that stand for all in a Signal.
const signalImages = 256

// Signal predicts what begins training: see model.Net.Signal. Without images, nil, those are layer.Unknown.
func Signal(ctx context.Context, net *model.Net, images Images) (model.Signal, error) {
	s := model.Signal{Images: layer.Unknown, Assumed: images == nil}
	square := s.Images.Square
	if images != nil {
		square = images.MeanSquare()
		n := min(signalImages, images.Len())
		view := dataset.View{Size: n, Columns: n}
		for i := range n {
			view.Order = append(view.Order, i*images.Len()/n)
		}
		for batch, err := range images.Batches(ctx, view) {
			if err != nil {
				return s, err
			}
			s.Images = layer.Measure(batch.X, images.Planes(), net.Input.Height, net.Input.Width, n)
		}
	}
	err := net.Scale(square)
	if err == nil {
		s.Layers, err = net.Signal(s.Images)
	}
	return s, err
}

// Measured puts what a probe has measured before training beside the prediction.
func Measured(s model.Signal, health []record.Health) {
	begin := map[string]record.Health{}
	for _, h := range health {
		if h.Epoch == 0 {
			begin[h.Layer] = h
		}
	}
	last := begin[s.Layers[len(s.Layers)-1].Layer].Values[record.LayerGradientRMS]
	for i, l := range s.Layers {
		values := begin[l.Layer].Values
		if std, ok := values[record.InputStd]; ok {
			s.Layers[i].MeasuredStd = new(number.Float(std))
		}
		if rms, ok := values[record.LayerGradientRMS]; ok && last > 0 {
			s.Layers[i].MeasuredGradient = new(number.Float(rms / last))
		}
	}
}
