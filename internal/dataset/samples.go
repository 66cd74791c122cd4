package dataset

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"actfn/internal/rng"
)

// Samples are a few images of each class to look at, as a model sees them in training.
type Samples struct {
	// Columns say what the images of a class are: of an image as it is "image", and changed as in an epoch "epoch 3".
	// They are empty where images are not augmented.
	Columns []string
	Group   int // the columns of one image
	Classes []ClassSamples
	LeftOut int // the classes that there are beside those
}

// ClassSamples are images of a class, by columns.
type ClassSamples struct {
	Name   string
	Images []image.Image
}

const (
	samplesColumns  = 10
	samplesVersions = 4 // of an image that is augmented, beside the image as it is
	samplesClasses  = 50
)

// Samples draws images of each class by the seed, of 50 classes at most. Where images are augmented, each is shown as it is
// and as it is changed in the epoch of the draws and the three that follow.
func (s *Set) Samples(ctx context.Context, d Draws) (Samples, error) {
	versions := []*Draws{nil}
	if len(s.augment) > 0 {
		for k := range samplesVersions {
			versions = append(versions, &Draws{d.Seed, d.Epoch + k})
		}
	}
	samples := Samples{Group: len(versions), LeftOut: max(0, len(s.classes)-samplesClasses)}
	each := samplesColumns / len(versions)
	if len(versions) > 1 {
		for range each {
			for _, v := range versions {
				samples.Columns = append(samples.Columns, v.name())
			}
		}
	}
	order, byClass := s.sampled(d.Seed, each), make([][]image.Image, len(s.classes))
	for k, version := range versions {
		at := make([]int, len(s.classes)) // images of the class in this version
		for batch, err := range s.Batches(ctx, View{Order: order, Size: 16, Columns: 16, Augment: version}) {
			if err != nil {
				return Samples{}, err
			}
			for column, i := range batch.Index {
				label := s.items[i].label
				if k == 0 {
					byClass[label] = append(byClass[label], make([]image.Image, len(versions))...)
				}
				byClass[label][at[label]*len(versions)+k] = s.picture(batch, column)
				at[label]++
			}
		}
	}
	for label, images := range byClass[:len(s.classes)-samples.LeftOut] {
		samples.Classes = append(samples.Classes, ClassSamples{s.classes[label], images})
	}
	return samples, nil
}

// name heads the column of a version.
func (d *Draws) name() string {
	if d == nil {
		return "image"
	}
	return fmt.Sprintf("epoch %d", d.Epoch+1)
}

// sampled are images of the first classes, of each as many as there are up to n: those whose draws are least.
func (s *Set) sampled(seed uint64, n int) []int {
	stream := rng.New(seed, "samples", 0)
	ids, byClass := s.IDs(), make([][]int, len(s.classes))
	for i, item := range s.items {
		byClass[item.label] = append(byClass[item.label], i)
	}
	var order []int
	for _, images := range byClass[:min(len(byClass), samplesClasses)] {
		slices.SortFunc(images, func(a, b int) int { return cmp.Compare(stream.Uint64(ids[a]), stream.Uint64(ids[b])) })
		order = append(order, images[:min(n, len(images))]...)
	}
	return order
}

// picture is the image in a column of a batch, its normalization undone.
func (s *Set) picture(b Batch, column int) image.Image {
	t := s.transform
	m := image.NewNRGBA(image.Rect(0, 0, t.Width, t.Height))
	for i := range t.Width * t.Height {
		var rgb [3]byte
		for c := range rgb {
			plane := min(c, s.Planes()-1) // of a gray image there is one
			v := float64(b.X[(plane*t.Width*t.Height+i)*len(b.Y)+column])
			if len(t.Mean) > 0 {
				v = v*t.Std[plane] + t.Mean[plane]
			}
			rgb[c] = byte(math.Round(255 * max(0, min(v, 1))))
		}
		m.SetNRGBA(i%t.Width, i/t.Width, color.NRGBA{rgb[0], rgb[1], rgb[2], 255})
	}
	return m
}
