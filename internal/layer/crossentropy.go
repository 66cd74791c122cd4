package layer

import (
	"fmt"

	"actfn/internal/kernel"
	"actfn/internal/number"
)

// CrossEntropy is the mean softmax cross-entropy of logits, (K), with labels, (): see kernel.SoftmaxCrossEntropy. A
// label below zero marks a column that is not an image. The result, (), is the mean in the first column and 0 in the
// others. A run whose loss is NaN or infinite ends there: the backward pass could only spread it.
type CrossEntropy struct {
	Classes   int
	Smoothing float64
	Weights   []float64 // one for each class; nil: all 1
}

// Params is nothing.
func (CrossEntropy) Params() []Param { return nil }

// Out is ().
func (l CrossEntropy) Out(in []Shape) (Shape, error) {
	if len(in) != 2 || in[0].Size() != l.Classes || len(in[1]) != 0 {
		return nil, fmt.Errorf("inputs have shapes %v, want (%d) and ()", in, l.Classes)
	}
	return Shape{}, nil
}

// Bytes are those of the logits' gradient.
func (l CrossEntropy) Bytes(_ []Shape, columns int, _ bool) int64 {
	return floatBytes * int64(l.Classes) * int64(columns)
}

// New makes the loss of one graph.
func (l CrossEntropy) New(b Build) Op {
	return &crossEntropyOp{
		loss:    kernel.SoftmaxCrossEntropy{K: l.Classes, N: b.Columns, Smoothing: l.Smoothing, Weights: l.Weights},
		dlogits: make([]float32, l.Classes*b.Columns),
	}
}

type crossEntropyOp struct {
	loss    kernel.SoftmaxCrossEntropy
	dlogits []float32
}

// LossError is a loss that is not finite.
type LossError struct{ Loss float64 }

func (e *LossError) Error() string { return fmt.Sprintf("loss is %g, want a finite number", e.Loss) }

// Forward computes the loss, and with it the gradient of the logits.
func (l *crossEntropyOp) Forward(c *Context, y []float32, x [][]float32) {
	logits, labels := x[0], x[1]
	for n, label := range labels {
		if int(label) >= l.loss.K {
			c.Err = fmt.Errorf("label %d is %g, want below %d", n, label, l.loss.K)
			return
		}
	}
	clear(y)
	y[0] = float32(l.loss.Forward(l.dlogits, logits, labels))
	if loss := float64(y[0]); !number.Finite(loss) {
		c.Err = &LossError{loss}
	}
}

// Backward computes dL·(softmax − target)/N, dL being the gradient of the loss.
func (l *crossEntropyOp) Backward(_ *Context, dx [][]float32, dy, _ []float32, _ [][]float32) {
	if dx[0] != nil {
		kernel.MulScalar(dx[0], l.dlogits, dy[0])
	}
}
