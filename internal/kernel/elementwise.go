package kernel

import "math"

// Each function here computes one value from one value; dst may be x. Those that end in Grad
// multiply the gradient dy of their result by their derivative at x; dx may be dy or x. A value's
// bits do not depend on where in the slice it stands.

// ReLU computes max(x, 0). NaN stays NaN.
func ReLU(dst, x []float32) {
	if avx2 {
		values(dst, x, reluValue)
		return
	}
	for i, v := range x[:len(dst)] {
		if v <= 0 {
			v = 0
		}
		dst[i] = v
	}
}

// ReLUGrad computes dy where x > 0 and 0 elsewhere, 0 included, as PyTorch does.
func ReLUGrad(dx, dy, x []float32) {
	if avx2 {
		gradients(dx, dy, x, reluGradient)
		return
	}
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
	if avx2 {
		values(dst, x, func(dst, x *float32, n int) { leakyValue(dst, x, n, slope) })
		return
	}
	for i, v := range x[:len(dst)] {
		if v <= 0 {
			v *= slope
		}
		dst[i] = v
	}
}

// LeakyReLUGrad computes dy where x > 0 and slope·dy elsewhere, 0 included, as PyTorch does.
func LeakyReLUGrad(dx, dy, x []float32, slope float32) {
	if avx2 {
		gradients(dx, dy, x, func(dx, dy, x *float32, n int) { leakyGradient(dx, dy, x, n, slope) })
		return
	}
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

// Sigmoid computes 1/(1+e⁻ˣ), within 2 ulp.
func Sigmoid(dst, x []float32) {
	if avx2 {
		values(dst, x, sigmoidValue)
		return
	}
	for i, v := range x[:len(dst)] {
		dst[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
}

// SigmoidGrad computes dy·s(x)·s(−x), within 4 ulp of a normal result: as e/(1+e)² with e = e^(−|x|), which does not
// cancel in the tail where 1 − s(x) would.
func SigmoidGrad(dx, dy, x []float32) {
	if avx2 {
		gradients(dx, dy, x, sigmoidGradient)
		return
	}
	dy, x = dy[:len(dx)], x[:len(dx)]
	for i, v := range x {
		e := math.Exp(-math.Abs(float64(v)))
		dx[i] = float32(float64(dy[i]) * e / ((1 + e) * (1 + e)))
	}
}

// Tanh computes tanh x, within 2 ulp.
func Tanh(dst, x []float32) {
	if avx2 {
		values(dst, x, tanhValue)
		return
	}
	for i, v := range x[:len(dst)] {
		dst[i] = float32(math.Tanh(float64(v)))
	}
}

// TanhGrad computes dy/cosh²x, within 4 ulp of a normal result: as 4e/(1+e)² with e = e^(−2|x|), which does not cancel
// in the tail where 1 − tanh²x would.
func TanhGrad(dx, dy, x []float32) {
	if avx2 {
		gradients(dx, dy, x, tanhGradient)
		return
	}
	dy, x = dy[:len(dx)], x[:len(dx)]
	for i, v := range x {
		e := math.Exp(-2 * math.Abs(float64(v)))
		dx[i] = float32(float64(dy[i]) * 4 * e / ((1 + e) * (1 + e)))
	}
}

// values runs a kernel that takes whole vectors of eight; the last few values fill one up.
func values(dst, x []float32, kernel func(dst, x *float32, n int)) {
	x = x[:len(dst)]
	n := len(dst) &^ 7
	if n > 0 {
		kernel(&dst[0], &x[0], n)
	}
	if rest := dst[n:]; len(rest) > 0 {
		var v [8]float32
		copy(v[:], x[n:])
		kernel(&v[0], &v[0], 8)
		copy(rest, v[:])
	}
}

// gradients does the same for a kernel of two inputs.
func gradients(dx, dy, x []float32, kernel func(dx, dy, x *float32, n int)) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	n := len(dx) &^ 7
	if n > 0 {
		kernel(&dx[0], &dy[0], &x[0], n)
	}
	if rest := dx[n:]; len(rest) > 0 {
		var d, v [8]float32
		copy(d[:], dy[n:])
		copy(v[:], x[n:])
		kernel(&d[0], &d[0], &v[0], 8)
		copy(rest, d[:])
	}
}
