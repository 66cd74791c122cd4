package plot

import (
	"fmt"

	"actfn/internal/metrics"
	"actfn/internal/wording"
)

// Confusion is what images of each class were taken for.
type Confusion struct {
	classes  []string
	counts   [][]int // [true][predicted]
	perClass []metrics.Class
	images   int
	correct  int
}

// NewConfusion counts predictions, by the positions of the classes. No images, lists of two lengths and a class
// that there is not are errors.
func NewConfusion(labels, predicted []int, classes []string) (Confusion, error) {
	if len(labels) != len(predicted) {
		return Confusion{}, fmt.Errorf("plot confusion: predictions are %d of %d images, want one for each", len(predicted), len(labels))
	}
	if len(labels) == 0 || len(classes) == 0 {
		return Confusion{}, fmt.Errorf("plot confusion: %d images of %d classes, want at least 1 of 1", len(labels), len(classes))
	}
	c := Confusion{images: len(labels), counts: make([][]int, len(classes))}
	for _, name := range classes {
		c.classes = append(c.classes, wording.Printable(name))
	}
	for k := range c.counts {
		c.counts[k] = make([]int, len(classes))
	}
	for i, label := range labels {
		for _, class := range []int{label, predicted[i]} {
			if class < 0 || class >= len(classes) {
				return Confusion{}, fmt.Errorf("plot confusion: image %d is of class %d, want 0 to %d", i, class, len(classes)-1)
			}
		}
		c.counts[label][predicted[i]]++
		if label == predicted[i] {
			c.correct++
		}
	}
	c.perClass = metrics.PerClass(c.counts, c.classes)
	return c, nil
}

// title is the accuracy.
func (c Confusion) title() string {
	return fmt.Sprintf("accuracy %.2f%%, %d of %d images", 100*float64(c.correct)/float64(c.images), c.correct, c.images)
}

// share is the part of a class's images that were taken for another; 0 of a class without images.
func (c Confusion) share(label, predicted int) float64 {
	if c.perClass[label].Images == 0 {
		return 0
	}
	return float64(c.counts[label][predicted]) / float64(c.perClass[label].Images)
}

// recall is the share that was taken for what it is, in words.
func (c Confusion) recall(label int) string {
	if c.perClass[label].Images == 0 {
		return "no images"
	}
	return fmt.Sprintf("%.1f%%", 100*c.perClass[label].Recall)
}
