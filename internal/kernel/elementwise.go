package kernel

import "math"

// Each function here computes one value from one value; dst may be x. Those that end in Grad
// multiply the gradient dy of their result by their derivative at x; dx may be dy or x.

// ReLU computes max(x, 0). NaN stays NaN.
func ReLU(dst, x []float32) {
	for i, v := range x[:len(dst)] {
		if v <= 0 {
			v = 0
		}
		dst[i] = v
	}
}

// ReLUGrad computes dy where x > 0 and 0 elsewhere, 0 included, as PyTorch does.
func ReLUGrad(dx, dy, x []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	for i, v := range x {
		switch {
		case v > 0:
			dx[i] = dy[i]
		case v <= 0:
			dx[i] = 0
		default: // NaN
			dx[i] = v
		}
	}
}

// LeakyReLU computes x where x > 0 and slope·x elsewhere.
func LeakyReLU(dst, x []float32, slope float32) {
	x = x[:len(dst)]
	for i, v := range x {
		if v <= 0 {
			v *= slope
		}
		dst[i] = v
	}
}

// LeakyReLUGrad computes dy where x > 0 and slope·dy elsewhere, 0 included, as PyTorch does.
func LeakyReLUGrad(dx, dy, x []float32, slope float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	for i, v := range x {
		switch {
		case v > 0:
			dx[i] = dy[i]
		case v <= 0:
			dx[i] = dy[i] * slope
		default: // NaN
			dx[i] = v
		}
	}
}

// Sigmoid computes 1/(1+e⁻ˣ) in float64, rounded once.
func Sigmoid(dst, x []float32) {
	for i, v := range x[:len(dst)] {
		dst[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
}

// SigmoidGrad computes dy·s(x)·s(−x), which does not cancel in the tail where 1 − s(x) would.
func SigmoidGrad(dx, dy, x []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	for i, v := range x {
		e := math.Exp(-math.Abs(float64(v)))
		dx[i] = float32(float64(dy[i]) * e / ((1 + e) * (1 + e)))
	}
}

// Tanh computes tanh x in float64, rounded once.
func Tanh(dst, x []float32) {
	for i, v := range x[:len(dst)] {
		dst[i] = float32(math.Tanh(float64(v)))
	}
}

// TanhGrad computes dy/cosh²x, as 4e/(1+e)² with e = e^(−2|x|), which does not cancel in the tail
// where 1 − tanh²x would.
func TanhGrad(dx, dy, x []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	for i, v := range x {
		e := math.Exp(-2 * math.Abs(float64(v)))
		dx[i] = float32(float64(dy[i]) * 4 * e / ((1 + e) * (1 + e)))
	}
}
