package kernel

import "math"

// SoftmaxCrossEntropy is the mean loss of a batch of logits z, (K, N), with labels y, (N):
//
//	L = −Σₙ Σₖ tₙₖ·log pₙₖ / Σₙ w[yₙ],  p = softmax(z),  tₙₖ = w[k]·((1−ε)·[k = yₙ] + ε/K)
//
// with class weights w and label smoothing ε as in PyTorch's CrossEntropyLoss (smoothing:
// Szegedy et al. 2015, arXiv:1512.00567). A label below zero marks a column that is not an
// image: it has no loss and no gradient.
type SoftmaxCrossEntropy struct {
	K, N      int
	Smoothing float64
	Weights   []float64 // one a class; nil: all 1
}

// Forward returns the loss and leaves in dlogits (K, N) its gradient. A batch without images
// has loss 0.
func (s *SoftmaxCrossEntropy) Forward(dlogits, logits, labels []float32) float64 {
	var total, weight float64
	for n := range s.N {
		if labels[n] >= 0 {
			weight += s.weight(int(labels[n]))
		}
	}
	for n := range s.N {
		if labels[n] < 0 {
			for k := range s.K {
				dlogits[k*s.N+n] = 0
			}
			continue
		}
		total += s.column(dlogits[n:], logits[n:], int(labels[n]), weight)
	}
	if weight == 0 {
		return 0
	}
	return total / weight
}

// column returns the weighted loss of one image, whose K logits are N apart, and its gradient
// divided by the batch's weight.
// d(−Σⱼ tⱼ·log pⱼ)/dzₖ = pₖ·Σⱼ tⱼ − tₖ.
func (s *SoftmaxCrossEntropy) column(d, z []float32, label int, weight float64) float64 {
	top := LogSumExp(z, s.K, s.N)
	var loss, targets float64
	for k := range s.K {
		t := s.target(k, label)
		targets += t
		if t != 0 {
			loss += t * (top - float64(z[k*s.N]))
		}
	}
	for k := range s.K {
		p := math.Exp(float64(z[k*s.N]) - top)
		d[k*s.N] = float32((targets*p - s.target(k, label)) / weight)
	}
	return loss
}

func (s *SoftmaxCrossEntropy) target(k, label int) float64 {
	t := s.Smoothing / float64(s.K)
	if k == label {
		t += 1 - s.Smoothing
	}
	return t * s.weight(k)
}

func (s *SoftmaxCrossEntropy) weight(k int) float64 {
	if s.Weights == nil {
		return 1
	}
	return s.Weights[k]
}

// LogSumExp returns log Σₖ exp z[k·stride] over n values, shifted by the largest so that it does
// not overflow. NaN propagates.
func LogSumExp(z []float32, n, stride int) float64 {
	largest := z[0]
	for k := 1; k < n; k++ {
		largest = max(largest, z[k*stride])
	}
	if math.IsInf(float64(largest), 0) {
		return float64(largest)
	}
	var total float64
	for k := range n {
		total += math.Exp(float64(z[k*stride]) - float64(largest))
	}
	return float64(largest) + math.Log(total)
}
