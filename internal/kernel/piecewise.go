package kernel

import "math"

// Each activation has a function for its values and one, whose name ends in Grad, that multiplies the gradient dy of the
// result by the derivative at x; dx may be dy or x. The derivatives at kinks are PyTorch's. Both functions return NaN where
// x is NaN.

// ReLU computes max(x, 0).
func ReLU(dst, x []float32) { impl.relu(dst, x[:len(dst)]) }

// ReLUGrad computes dy where x > 0 and 0 elsewhere, 0 included.
func ReLUGrad(dx, dy, x []float32) { impl.reluGrad(dx, dy[:len(dx)], x[:len(dx)]) }

// LeakyReLU computes x where x > 0 and slope·x elsewhere.
func LeakyReLU(dst, x []float32, slope float32) { impl.leakyReLU(dst, x[:len(dst)], slope) }

// LeakyReLUGrad computes dy where x > 0 and slope·dy elsewhere, 0 included.
func LeakyReLUGrad(dx, dy, x []float32, slope float32) {
	impl.leakyReLUGrad(dx, dy[:len(dx)], x[:len(dx)], slope)
}

// HardTanh computes min(max(x, low), high): ReLU6 with 0 and 6.
func HardTanh(dst, x []float32, low, high float32) { impl.hardTanh(dst, x[:len(dst)], low, high) }

// HardTanhGrad computes dy where low < x < high and 0 elsewhere, low and high included.
func HardTanhGrad(dx, dy, x []float32, low, high float32) {
	impl.hardTanhGrad(dx, dy[:len(dx)], x[:len(dx)], low, high)
}

// HardShrink computes x where |x| > threshold and 0 elsewhere.
func HardShrink(dst, x []float32, threshold float32) { impl.hardShrink(dst, x[:len(dst)], threshold) }

// SoftShrink computes x + above where x > high, else x + below where x < low, else middle. A low of −∞ makes it
// the threshold of Torch.
func SoftShrink(dst, x []float32, low, high, below, above, middle float32) {
	impl.softShrink(dst, x[:len(dst)], low, high, below, above, middle)
}

// ShrinkGrad computes dy where x < low or x > high and 0 elsewhere, low and high included. It is the gradient of HardShrink
// and SoftShrink.
func ShrinkGrad(dx, dy, x []float32, low, high float32) {
	impl.shrinkGrad(dx, dy[:len(dx)], x[:len(dx)], low, high)
}

// HardSigmoid computes relu6(x+3)/6 (Courbariaux et al. 2015, arXiv:1511.00363, with PyTorch's slope).
func HardSigmoid(dst, x []float32) { impl.hardSigmoid(dst, x[:len(dst)]) }

func hardSigmoid(x float64) float64 { return min(max(x+3, 0), 6) / 6 }

// HardSigmoidGrad computes dy/6 where −3 < x < 3 and 0 elsewhere, ±3 included.
func HardSigmoidGrad(dx, dy, x []float32) { impl.hardSigmoidGrad(dx, dy[:len(dx)], x[:len(dx)]) }

// HardSwish computes x·relu6(x+3)/6 (Howard et al. 2019, arXiv:1905.02244), 0 at −∞.
func HardSwish(dst, x []float32) { impl.hardSwish(dst, x[:len(dst)]) }

// HardSwishGrad multiplies by 0 where x < −3, 1 where x ≥ 3 and x/3 + ½ between, −3 included.
func HardSwishGrad(dx, dy, x []float32) { impl.hardSwishGrad(dx, dy[:len(dx)], x[:len(dx)]) }

// Softsign computes x/(1+|x|) (Bergstra et al. 2009), ±1 at ±∞.
func Softsign(dst, x []float32) { impl.softsign(dst, x[:len(dst)]) }

// SoftsignGrad multiplies by 1/(1+|x|)².
func SoftsignGrad(dx, dy, x []float32) { impl.softsignGrad(dx, dy[:len(dx)], x[:len(dx)]) }

// slopes returns the gradient of a function with this slope, computed in float64.
func slopes(slope func(float64) float64) func(dx, dy, x []float32) {
	return func(dx, dy, x []float32) {
		fill(dx, func(i int) float32 { return float32(float64(dy[i]) * slope(float64(x[i]))) })
	}
}

// weighted is x·weight, and 0 where the weight is, at −∞ too.
func weighted(x, weight float64) float64 {
	if weight == 0 {
		return 0
	}
	return x * weight
}

var portablePiecewise = piecewise{
	relu: func(dst, x []float32) {
		fill(dst, func(i int) float32 { return choose(x[i], x[i] <= 0, 0, x[i]) })
	},
	reluGrad: func(dx, dy, x []float32) {
		fill(dx, func(i int) float32 { return choose(x[i], x[i] > 0, dy[i], 0) })
	},
	leakyReLU: func(dst, x []float32, slope float32) {
		fill(dst, func(i int) float32 { return choose(x[i], x[i] <= 0, slope*x[i], x[i]) })
	},
	leakyReLUGrad: func(dx, dy, x []float32, slope float32) {
		fill(dx, func(i int) float32 { return choose(x[i], x[i] > 0, dy[i], slope*dy[i]) })
	},
	hardTanh: func(dst, x []float32, low, high float32) {
		fill(dst, func(i int) float32 { return min(max(x[i], low), high) })
	},
	hardTanhGrad: func(dx, dy, x []float32, low, high float32) {
		fill(dx, func(i int) float32 { return choose(x[i], low < x[i] && x[i] < high, dy[i], 0) })
	},
	hardShrink: func(dst, x []float32, threshold float32) {
		fill(dst, func(i int) float32 { return choose(x[i], x[i] > threshold || x[i] < -threshold, x[i], 0) })
	},
	softShrink: func(dst, x []float32, low, high, below, above, middle float32) {
		fill(dst, func(i int) float32 {
			return choose(x[i], x[i] > high, x[i]+above, choose(x[i], x[i] < low, x[i]+below, middle))
		})
	},
	shrinkGrad: func(dx, dy, x []float32, low, high float32) {
		fill(dx, func(i int) float32 { return choose(x[i], x[i] < low || x[i] > high, dy[i], 0) })
	},
	hardSigmoid: each(hardSigmoid),
	hardSigmoidGrad: func(dx, dy, x []float32) {
		fill(dx, func(i int) float32 { return choose(x[i], -3 < x[i] && x[i] < 3, dy[i]/6, 0) })
	},
	hardSwish: each(func(v float64) float64 { return weighted(v, hardSigmoid(v)) }),
	hardSwishGrad: slopes(func(v float64) float64 {
		switch {
		case v < -3:
			return 0
		case v >= 3:
			return 1
		}
		return v/3 + 0.5
	}),
	softsign: each(func(v float64) float64 {
		if math.IsInf(v, 0) {
			return math.Copysign(1, v)
		}
		return v / (1 + math.Abs(v))
	}),
	softsignGrad: slopes(func(v float64) float64 { return 1 / ((1 + math.Abs(v)) * (1 + math.Abs(v))) }),
}
