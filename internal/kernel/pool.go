package kernel

import "math"

// windows is a row of pooling windows, each of size×size positions and stride positions from the one before. The rows that
// are pooled have width positions, and a position has the values of n images.
type windows struct {
	n, width, count, size, stride int

	values  []int     // the distance of each of a window's values from the first
	bytes   []uintptr // the same in bytes
	kernels poolKernels
}

// poolKernels are the two directions of max-pooling, for one row of windows.
type poolKernels struct {
	pick   func(w *windows, y, z []float32, argmax []uint8, rows, key []float32)
	expand func(w *windows, dz []float32, row int, d []float32, argmax []uint8, first, strip int)
}

// pick finds, for each window and image, the largest key, the first among equals, NaN above all. It writes the key to y,
// the value of rows at the same place to z, and its number in the window, ky·size + kx, to argmax. y may be z.
func (w *windows) pick(y, z []float32, argmax []uint8, rows, key []float32) {
	w.kernels.pick(w, y, z, argmax, rows, key)
}

// expand fills the rows of dz under the windows, row floats apart, with the gradients d of the maxima, added where windows
// overlap, and 0 elsewhere. It takes strip images of every position, from image first on. Columns that no window covers may
// be left as they are.
func (w *windows) expand(dz []float32, row int, d []float32, argmax []uint8, first, strip int) {
	w.kernels.expand(w, dz, row, d, argmax, first, strip)
}

func newWindows(n, width, size, stride int) windows {
	w := windows{n: n, width: width, count: (width-size)/stride + 1, size: size, stride: stride, kernels: portablePool}
	if n%Lanes == 0 {
		w.kernels = impl.pool
	}
	for k := range size * size {
		at := (k/size*width + k%size) * n
		w.values, w.bytes = append(w.values, at), append(w.bytes, uintptr(floatSize*at))
	}
	return w
}

var portablePool = poolKernels{pick: pickInGo, expand: expandInGo}

func pickInGo(w *windows, y, z []float32, argmax []uint8, rows, key []float32) {
	for px := range w.count {
		for n := range w.n {
			corner := px*w.stride*w.n + n
			best, at := 0, corner
			for k, v := range w.values[1:] {
				if i := corner + v; key[i] > key[at] || key[i] != key[i] {
					best, at = k+1, i
				}
			}
			i := px*w.n + n
			z[i] = rows[at]
			y[i] = key[at] // after z, which may be y
			argmax[i] = uint8(best)
		}
	}
}

func expandInGo(w *windows, dz []float32, row int, d []float32, argmax []uint8, first, strip int) {
	for r := range w.size {
		clear(dz[r*row:][:w.width*strip])
	}
	w.scatter(dz, row, d, argmax, first, strip)
}

// scatter adds the gradients of the maxima to the rows under the windows, as expand takes them.
func (w *windows) scatter(dz []float32, row int, d []float32, argmax []uint8, first, strip int) {
	var place [math.MaxUint8 + 1]int // of a window
	for k := range w.size * w.size {
		place[k] = k/w.size*row + k%w.size*strip
	}
	for px := range w.count {
		window, i := dz[px*w.stride*strip:], px*w.n+first
		argmax := argmax[i:][:strip]
		for n, v := range d[i:][:strip] {
			window[place[argmax[n]]+n] += v
		}
	}
}

// vectorPool takes vectors of images.
var vectorPool = poolKernels{
	pick: func(w *windows, y, z []float32, argmax []uint8, rows, key []float32) {
		pooled, covered := w.count*w.n, (w.count-1)*w.stride*w.n+w.values[len(w.values)-1]+w.n
		_, _, _, _, _ = y[:pooled], z[:pooled], argmax[:pooled], rows[:covered], key[:covered] // the kernels check no lengths
		impl.poolWindows(&y[0], &z[0], &argmax[0], &rows[0], &key[0],
			&w.bytes[0], len(w.bytes), w.n, w.count, uintptr(floatSize*w.stride*w.n))
	},
	expand: func(w *windows, dz []float32, row int, d []float32, argmax []uint8, first, strip int) {
		if w.size != 2 || w.stride != 2 {
			expandInGo(w, dz, row, d, argmax, first, strip)
			return
		}
		_, _, _ = dz[:row+2*w.count*strip], d[:w.count*w.n], argmax[:w.count*w.n]
		impl.expand2x2(&dz[0], uintptr(floatSize*row), &d[first], &argmax[first], strip, w.count, w.n-strip)
	},
}
