package metrics

import (
	"cmp"
	"math"
	"slices"
)

// Argmax returns the position of the largest value, the first of equals. NaN counts as
// larger than any number, as in PyTorch: the smallest negative is taken, since package cmp counts
// NaN as smaller. It panics on an empty row.
func Argmax(row []float32) int {
	best := 0
	for i, v := range row[1:] {
		if cmp.Less(-v, -row[best]) {
			best = i + 1
		}
	}
	return best
}

// Predictions returns the predicted class of each row of logits, (N, classes).
func Predictions(logits []float32, classes int) []int {
	p := make([]int, 0, len(logits)/classes)
	for row := range slices.Chunk(logits, classes) {
		p = append(p, Argmax(row))
	}
	return p
}

// TopK returns the classes of the k largest logits of a row, largest first, in the order
// of Argmax. With k above the number of classes it returns all.
func TopK(row []float32, k int) []int {
	order := make([]int, len(row))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(-row[a], -row[b]) })
	return order[:max(0, min(k, len(order)))]
}

// LogSoftmax fills dst with the log-probabilities of a row of logits x,
//
//	dst[j] = x[j] − m − log Σᵢ exp(x[i] − m),  m = max x,
//
// in float64. The largest term, exp(0) = 1, is kept out of the sum and log1p puts it back,
// so that a probability of nearly 1 keeps the digits of its distance from 1. −Inf is a
// probability of 0; NaN, +Inf and nothing but −Inf make the row NaN.
func LogSoftmax(dst []float64, row []float32) {
	top := Argmax(row)
	m := float64(row[top])
	rest := 0.0
	for i, x := range row {
		if i != top {
			rest += math.Exp(float64(x) - m)
		}
	}
	logSum := math.Log1p(rest)
	for i, x := range row {
		dst[i] = float64(x) - m - logSum
	}
}

// Softmax fills dst with the probabilities of a row of logits: exp of LogSoftmax.
func Softmax(dst []float64, row []float32) {
	LogSoftmax(dst, row)
	for i, l := range dst[:len(row)] {
		dst[i] = math.Exp(l)
	}
}
