package compare

import "actfn/internal/record"

// Cell is one training run of a comparison: an activation at a seed, and what came of it. Cells of one seed
// began with the same weights and saw the same images in the same order.
type Cell struct {
	Activation string // with its parameters: leaky_relu(slope=0.01)
	Seed       uint64
	LR         float64
	Run        record.Run
	// Predictions are of the test images, in the order in which every cell has them.
	Predictions record.Predictions
}
