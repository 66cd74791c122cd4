package train

import (
	"context"
	"iter"

	"actfn/internal/dataset"
)

// Data is what a run trains on, validates with and is tested on.
type Data struct {
	Train, Val, Test Images // Val is nil when there is none
	// Hash is equal for equal data: a run is resumed with those that it began with.
	Hash string
}

// Images are the images of one split as a run sees them.
type Images interface {
	Len() int
	Classes() []string // by label
	Labels() []int     // of all images
	IDs() []uint64     // of all images, by content
	// Transform tells how a file becomes one of the images, for those who use the weights.
	Transform() dataset.Transform
	// Bytes is the memory that the decoded images take.
	Bytes() int64
	// Planes is 1 if all channels of every image are equal, else their number.
	Planes() int
	// MeanSquare is that of the values of all images in Batches.
	MeanSquare() float64
	// Batches yields the batches of a view. An error ends it.
	Batches(ctx context.Context, v dataset.View) iter.Seq2[dataset.Batch, error]
}

// Loaded is the data of a run from a dataset.
func Loaded(d *dataset.Data) Data {
	data := Data{Train: d.Train, Test: d.Test, Hash: d.Hash()}
	if d.Val != nil { // a nil *dataset.Set would be no nil Images
		data.Val = d.Val
	}
	return data
}
