package op

import "gorgonia.org/tensor"

// sharedPlane are the filters of a convolution whose channels all see the same plane x, so that
// Σ_c w_c∗x = (Σ_c w_c)∗x. A nil one is a convolution whose channels have a plane each.
type sharedPlane struct {
	channels, window int       // w is (F, channels, window)
	w, dw            []float32 // the sum of the channels' filters, (F, window), and its gradient
}

// newSharedPlane is that of x, (1, H, W, N), and w, (F, C, K, K), with C > 1.
func newSharedPlane(x, w tensor.Shape) *sharedPlane {
	if x[0] == w[1] {
		return nil
	}
	window := w[2] * w[3]
	return &sharedPlane{w[1], window, make([]float32, w[0]*window), make([]float32, w[0]*window)}
}

// filters are those that x is convolved with.
func (s *sharedPlane) filters(w []float32) []float32 {
	if s == nil {
		return w
	}
	for i := range s.w {
		of := w[i/s.window*s.channels*s.window+i%s.window:]
		var sum float32
		for c := range s.channels {
			sum += of[c*s.window]
		}
		s.w[i] = sum
	}
	return s.w
}

// gradient is the memory of the filters' gradient, where dw is that of w.
func (s *sharedPlane) gradient(dw []float32) []float32 {
	if s == nil {
		return dw
	}
	return s.dw
}

// spread computes dw from the filters' gradient, which each channel's share has.
func (s *sharedPlane) spread(dw []float32) {
	if s == nil {
		return
	}
	for i := range dw {
		f, k := i/(s.channels*s.window), i%s.window
		dw[i] = s.dw[f*s.window+k]
	}
}
