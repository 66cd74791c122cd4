package op

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"actfn/internal/kernel"
)

// crossEntropy is the mean softmax cross-entropy of a batch.
type crossEntropy struct {
	base
	loss    kernel.SoftmaxCrossEntropy
	dlogits []float32
	value   gorgonia.F32
}

// CrossEntropy is the mean loss of logits, (K, N), against labels, (N); smoothing and class weights
// are those of loss, a label below zero marks a column that is not an image.
func CrossEntropy(loss kernel.SoftmaxCrossEntropy, logits, labels *gorgonia.Node) (*gorgonia.Node, error) {
	loss.K, loss.N = logits.Shape()[0], logits.Shape()[1]
	if !labels.Shape().Eq(tensor.Shape{loss.N}) {
		return nil, shapeError("cross-entropy", "labels", labels.Shape(), loss.N)
	}
	c := &crossEntropy{base: newBase("cross_entropy", nil, 2, 1), loss: loss, dlogits: make([]float32, loss.K*loss.N)}
	return gorgonia.ApplyOp(c, logits, labels)
}

// Loss is the value that a CrossEntropy had in the last run. A run whose loss is NaN or infinite fails
// there: the backward pass could only spread that.
func Loss(loss *gorgonia.Node) float64 { return float64(loss.Op().(*crossEntropy).value) }

// Do computes the loss, and its gradient for the backward pass with it.
func (c *crossEntropy) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	labels := data(in[1])
	for n, y := range labels {
		if int(y) >= c.loss.K {
			return nil, fmt.Errorf("cross-entropy: label %d is %g, want below %d", n, y, c.loss.K)
		}
	}
	c.value = gorgonia.F32(c.loss.Forward(c.dlogits, data(in[0]), labels))
	if loss := float64(c.value); math.IsNaN(loss) || math.IsInf(loss, 0) {
		return nil, fmt.Errorf("cross-entropy: loss is %g, want a finite number", loss)
	}
	return &c.value, nil
}

// DiffWRT says that the logits have a gradient and the labels none.
func (c *crossEntropy) DiffWRT(int) []bool { return []bool{true, false} }

// SymDiff returns dL·(softmax − target)/N, as left by Do.
func (c *crossEntropy) SymDiff(in gorgonia.Nodes, loss, dloss *gorgonia.Node) (gorgonia.Nodes, error) {
	logits := in[0]
	d, err := gorgonia.ApplyOp(&crossEntropyInput{newBase("cross_entropy.dlogits", logits.Shape(), 0, 0), c}, loss, dloss)
	return gorgonia.Nodes{d, nil}, err
}

type crossEntropyInput struct {
	base
	of *crossEntropy
}

// Do computes the gradient of the logits from that of the loss, after the loss.
func (c *crossEntropyInput) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	scale, ok := in[1].Data().(float32)
	if !ok {
		return nil, fmt.Errorf("cross-entropy: gradient of the loss is %T, want float32", in[1].Data())
	}
	dlogits := c.out()
	for i, d := range c.of.dlogits {
		dlogits[i] = scale * d
	}
	return c.result, nil
}
