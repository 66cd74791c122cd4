package kernel

import "math"

// SoftmaxCrossEntropy is the mean loss of a batch of logits z, (K, N), with labels y, (N):
//
//	L = −Σₙ Σₖ tₙₖ·log pₙₖ / Σₙ w[yₙ],  p = softmax(z),  tₙₖ = w[k]·((1−ε)·[k = yₙ] + ε/K)
//
// with class weights w and label smoothing ε as in PyTorch's CrossEntropyLoss (smoothing:
// Szegedy et al. 2015, arXiv:1512.00567). A label below zero marks a padding
// column: it has no loss and no gradient. The exponentials are float32, everything else is float64.
type SoftmaxCrossEntropy struct {
	K, N      int
	Smoothing float64
	Weights   []float64 // of the classes; nil: all 1

	top []float32 // the largest logit of each image, (N)
	sum []float64 // Σₖ exp(zₖ − top), (N)
}

// Forward returns the loss and writes its gradient to dlogits, (K, N), which must not overlap logits. A batch without images
// has loss 0.
func (s *SoftmaxCrossEntropy) Forward(dlogits, logits, labels []float32) float64 {
	s.exponentials(dlogits, logits)
	var total, weight float64
	for n, y := range labels[:s.N] {
		if y >= 0 {
			total += s.loss(logits[n:], n, int(y))
			weight += s.weight(int(y))
		}
	}
	for n, y := range labels[:s.N] {
		s.gradient(dlogits[n:], n, int(y), weight)
	}
	if weight == 0 {
		return 0
	}
	return total / weight
}

// exponentials writes exp(z − top) to e, (K, N), and sets top and sum. NaN propagates; a logit of +∞ makes NaN.
func (s *SoftmaxCrossEntropy) exponentials(e, z []float32) {
	if len(s.sum) < s.N {
		s.top, s.sum = make([]float32, s.N), make([]float64, s.N)
	}
	top, sum := s.top[:s.N], s.sum[:s.N]
	copy(top, z)
	for k := 1; k < s.K; k++ {
		Max(top, top, z[k*s.N:])
	}
	for k := range s.K {
		Sub(e[k*s.N:][:s.N], z[k*s.N:], top)
	}
	Exp(e[:s.K*s.N], e)
	clear(sum)
	for k := range s.K {
		for n, v := range e[k*s.N:][:s.N] {
			sum[n] += float64(v)
		}
	}
}

// loss returns the weighted loss Σₖ tₖ·(log Σⱼ exp zⱼ − zₖ) of image n, whose logits in z are N apart.
func (s *SoftmaxCrossEntropy) loss(z []float32, n, label int) float64 {
	top := float64(s.top[n]) + math.Log(s.sum[n])
	own, rest := s.targets()
	loss := own * s.weight(label) * (top - float64(z[label*s.N]))
	if rest != 0 {
		for k := range s.K {
			loss += rest * s.weight(k) * (top - float64(z[k*s.N]))
		}
	}
	return loss
}

// gradient turns the exponentials of image n, which are N apart, into the gradient of the batch's loss,
// d(−Σⱼ tⱼ·log pⱼ)/dzₖ = pₖ·Σⱼ tⱼ − tₖ, divided by the batch's weight. It is 0 for padding.
func (s *SoftmaxCrossEntropy) gradient(e []float32, n, label int, weight float64) {
	if label < 0 {
		for k := range s.K {
			e[k*s.N] = 0
		}
		return
	}
	own, rest := s.targets()
	own, rest = own*s.weight(label)/weight, rest/weight
	total := own
	for k := range s.K {
		total += rest * s.weight(k)
	}
	share := total / s.sum[n]
	labelled := float64(e[label*s.N])*share - own - rest*s.weight(label)
	for k := range s.K {
		e[k*s.N] = float32(float64(e[k*s.N])*share - rest*s.weight(k))
	}
	e[label*s.N] = float32(labelled)
}

// targets returns the share of t that only an image's own class has, and the share that every class has, for class weights
// of 1.
func (s *SoftmaxCrossEntropy) targets() (own, every float64) {
	return 1 - s.Smoothing, s.Smoothing / float64(s.K)
}

func (s *SoftmaxCrossEntropy) weight(k int) float64 {
	if s.Weights == nil {
		return 1
	}
	return s.Weights[k]
}
