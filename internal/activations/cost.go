package activations

import (
	"context"
	"math"
	"time"
)

// Cost measures the time for a value and for a gradient, in nanoseconds for each element on one processor. The elements
// stay in the cache. If ctx is done, it returns early, and the figures mean nothing.
func (a Activation) Cost(ctx context.Context) (forward, backward float64) {
	x, dy, y := make([]float32, costElements), make([]float32, costElements), make([]float32, costElements)
	for i := range x {
		x[i], dy[i] = float32(4*math.Sin(float64(i))), 1 // in [−4, 4], in an order that a processor cannot predict
	}
	forward = nanoseconds(ctx, func() { a.Forward(y, x) })
	backward = nanoseconds(ctx, func() { a.Backward(y, dy, x) })
	return forward, backward
}

const (
	costElements = 1 << 13
	costRounds   = 7
	costRound    = 8 * time.Millisecond
)

// nanoseconds is the time for each element in the fastest of several rounds: other work on the machine only adds to it.
func nanoseconds(ctx context.Context, work func()) float64 {
	best := math.Inf(1)
	work() // allocates what is allocated once
	for range costRounds {
		start, n := time.Now(), 0
		for time.Since(start) < costRound && ctx.Err() == nil {
			work()
			n++
		}
		best = min(best, float64(time.Since(start).Nanoseconds())/float64(max(n, 1)*costElements))
	}
	return best
}
