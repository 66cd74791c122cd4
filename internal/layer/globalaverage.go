package layer

import "fmt"

// GlobalAverage is the mean of each channel over its positions: PyTorch's AdaptiveAvgPool2d(1), flattened (Lin, Chen
// and Yan 2014, arXiv:1312.4400).
type GlobalAverage struct{}

// Params is nothing.
func (GlobalAverage) Params() []Param { return nil }

// Out is (C).
func (GlobalAverage) Out(in []Shape) (Shape, error) {
	x, err := oneInput(in)
	if err != nil {
		return nil, err
	}
	if len(x) != 3 {
		return nil, fmt.Errorf("input has shape %v, want (C, H, W)", x)
	}
	return Shape{x[0]}, nil
}

// Bytes is little: a row of values for each worker.
func (GlobalAverage) Bytes([]Shape, int, bool) int64 { return 0 }

// Describe is the mean.
func (GlobalAverage) Describe([]Shape) Description {
	return Description{Kind: "average of each channel", PyTorch: "{}.mean((2, 3))"}
}

// Signal is that of a mean of values that are apart.
func (GlobalAverage) Signal(s Start) (Moments, float64) {
	out, k := s.Moments[0], float64(s.In[0][1:].Size())
	out.Square = (out.Square + (k-1)*out.Apart) / k
	return out, 1 / (k * k)
}

// New makes the average of one graph: that over one window.
func (GlobalAverage) New(b Build) Op { return newAverage(b, b.In[0][1], b.In[0][2], 1, 1, 1) }
