// Package metrics turns labels and a classifier's outputs into the figures that are
// reported: accuracy with its interval, loss, figures of each class, confusions, and the
// test that two classifiers differ. All functions are pure.
//
// N is the number of images, K of classes. Outputs are flat, row-major (N, K), and are
// logits: any values whose softmax along a row is the probabilities, log-probabilities
// among them.
package metrics

import (
	"fmt"

	"actfn/internal/number"
)

// Evaluation is the result of a classifier on a set of images, with the keys of
// `actfn eval --json`. Accuracies are fractions. Checkpoint and Activation are for the
// caller to fill in.
type Evaluation struct {
	Accuracy     float64      `json:"accuracy"`
	AccuracyCI95 [2]float64   `json:"accuracy_ci95"` // Wilson's interval
	Loss         number.Float `json:"loss"`          // mean negative log-likelihood, in nats
	Images       int          `json:"images"`
	Correct      int          `json:"correct"`
	Classes      []string     `json:"classes"`
	PerClass     []Class      `json:"per_class"` // in the order of Classes
	Confusion    [][]int      `json:"confusion"` // [true][predicted]
	Checkpoint   string       `json:"checkpoint"`
	Activation   string       `json:"activation"`
}

// Evaluate compares the logits, (N, K), with the labels of the N images, whose K classes
// have the given names. Loss is computed in float64 from the logits, so that it stays
// finite where a softmax would have saturated to 0; a NaN or +Inf among the logits makes
// it NaN. An image counts as correct if Argmax of its row is its label.
//
// No images, a label outside 0 … K−1 and a length that is not N·K are errors.
func Evaluate(labels []int, logits []float32, classes []string) (Evaluation, error) {
	k := len(classes)
	if err := checkShape(labels, logits, k); err != nil {
		return Evaluation{}, err
	}
	confusion := make([][]int, k)
	for i := range confusion {
		confusion[i] = make([]int, k)
	}
	logProbs := make([]float64, k)
	loss, correct := 0.0, 0
	for i, label := range labels {
		row := logits[i*k : (i+1)*k]
		predicted := Argmax(row)
		confusion[label][predicted]++
		if predicted == label {
			correct++
		}
		LogSoftmax(logProbs, row)
		loss -= logProbs[label]
	}
	n := len(labels)
	low, high := Wilson(correct, n, 0.95)
	return Evaluation{
		Accuracy:     float64(correct) / float64(n),
		AccuracyCI95: [2]float64{low, high},
		Loss:         number.Float(loss / float64(n)),
		Images:       n,
		Correct:      correct,
		Classes:      classes,
		PerClass:     PerClass(confusion, classes),
		Confusion:    confusion,
	}, nil
}

func checkShape(labels []int, logits []float32, k int) error {
	n := len(labels)
	if n == 0 || k == 0 {
		return fmt.Errorf("labels: %d images of %d classes, want at least 1 of 1", n, k)
	}
	if len(logits) != n*k {
		return fmt.Errorf("logits: number of values is %d, want %d for %d images of %d classes", len(logits), n*k, n, k)
	}
	for i, label := range labels {
		if label < 0 || label >= k {
			return fmt.Errorf("labels: image %d is of class %d, want 0 to %d", i, label, k-1)
		}
	}
	return nil
}
