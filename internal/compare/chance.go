package compare

import (
	"math"
	"slices"

	"actfn/internal/metrics"
)

// AtChance reports that the test accuracy of the cell is not above that of guessing: Wilson's interval at confidence
// 1−alpha begins there or below.
func (c Cell) AtChance(classes int, alpha float64) bool {
	low, _ := metrics.Wilson(c.Run.Test.Correct, c.Run.Test.Images, 1-alpha)
	return low <= guess(c.Predictions.Labels, classes)
}

// guess is the accuracy of guessing the class of images with these labels: of a random class, 1/classes, or always of
// the most frequent.
func guess(labels []int, classes int) float64 {
	largest := make([]int, classes)
	for _, label := range labels {
		largest[label]++
	}
	return math.Max(1/float64(classes), float64(slices.Max(largest))/float64(len(labels)))
}
