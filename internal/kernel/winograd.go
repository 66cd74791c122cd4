package kernel

import "math"

// This file is the transforms of Winograd's convolution F(4×4, 3×3) (Winograd 1980; Lavin and Gray 2015, arXiv:1509.09308):
// a tile of 4×4 results of 3×3 filters g over 6×6 values d is
//
//	y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// with 36 products where the sums have 144. Its points are 0, ±1/√2, ±√2 and ∞, whose error is half that of 0, ±1, ±2 and
// ∞. They come in reciprocal pairs, and the rows of G are scaled so that turning a filter by 180° exchanges those of 0 and
// ∞ and of each pair: see turnedPosition.

//
// A value that is not finite leaves no result of its tile finite, and beside the tile none of those in the rows or columns
// that see it. A sum of products that are all 0 is 0 where the tile sees only zeros; else it may be a rounding error away,
// some 1e-7 of the tile's values.

// winogradIn and winogradOut are the sides of a tile of values and of results.
const (
	winogradIn, winogradOut = 6, 4
	winogradPositions       = winogradIn * winogradIn
)

// grid is tiles of vectors in memory: element (i, j) of tile k begins at data[at + i·row + j·column + k·step].
type grid struct {
	data                  []float32
	at, row, column, step int
}

// inside has a bit for each row and for each column of a tile that exists.
type inside struct{ rows, columns int }

// whole is a tile of which all rows and columns exist.
var whole = inside{1<<winogradIn - 1, 1<<winogradIn - 1}

// winogradRoom is the number of floats that a transform needs for what lies between its two passes.
const winogradRoom = 48 * 16

// transform computes n tiles of dst, of vectors of width floats, from those of src: first along columns, then along rows.
// Outside of the border, values that are read are 0, and values that are written are left as they are.
type transform func(dst, src grid, width, n int, border inside, bias, room []float32)

// winogradTransforms are the transforms of one implementation.
type winogradTransforms struct {
	filters        transform // u = G g Gᵀ, of 3×3
	data           transform // v = Bᵀ d B, of 6×6, which may be cut off
	result         transform // y = Aᵀ m A + bias of the tile, of 4×4, which may be cut off
	gradient       transform // the adjoint of result without a bias: m = A y Aᵀ, of 4×4, which may be cut off
	filterGradient transform // the adjoint of filters: g = Gᵀ u G
}

var portableWinograd = winogradTransforms{
	filters:        inGo(3, 6, false, filterLine),
	data:           inGo(6, 6, false, dataLine),
	result:         inGo(6, 4, true, resultLine),
	gradient:       inGo(4, 6, false, gradientLine),
	filterGradient: inGo(6, 3, true, filterGradientLine),
}

var vectorWinograd = winogradTransforms{
	filters:        inAssembly(portableWinograd.filters, func() winogradKernel { return impl.winogradFilters }),
	data:           inAssembly(portableWinograd.data, func() winogradKernel { return impl.winogradData }),
	result:         inAssembly(portableWinograd.result, func() winogradKernel { return impl.winogradResult }),
	gradient:       inAssembly(portableWinograd.gradient, func() winogradKernel { return impl.winogradGradient }),
	filterGradient: inAssembly(portableWinograd.filterGradient, func() winogradKernel { return impl.winogradFilterGradient }),
}

// inAssembly is a transform by a kernel, or of less than a vector the portable one. The last vector overlaps the one before.
func inAssembly(portable transform, kernel func() winogradKernel) transform {
	bytes := func(n int) uintptr { return uintptr(floatSize * n) }
	return func(dst, src grid, width, n int, border inside, bias, room []float32) {
		if width < Lanes {
			portable(dst, src, width, n, border, bias, room)
			return
		}
		run, vector := kernel(), min(impl.lanes, width)
		_ = room[:winogradRoom]
		for from := 0; from < width; from += vector {
			from := min(from, width-vector)
			run(&dst.data[0], floatSize*(dst.at+from), bytes(dst.row), bytes(dst.column), bytes(dst.step),
				&src.data[0], floatSize*(src.at+from), bytes(src.row), bytes(src.column), bytes(src.step),
				border.rows, border.columns, vector, n, pointer(bias, 0), &room[0])
		}
	}
}

// line transforms the first values of d to the first of the result.
type line func(d [winogradIn]float32) [winogradIn]float32

// inGo is a transform of tiles of in×in to out×out. The border cuts off what is written, or else what is read.
func inGo(in, out int, cut bool, f line) transform {
	return func(dst, src grid, width, n int, border inside, bias, _ []float32) {
		read, written := border, whole
		if cut {
			read, written = whole, border
		}
		for i := range width * n {
			k, x := i/width, i%width
			var between [winogradIn][winogradIn]float32 // by column
			for j := range in {
				var d [winogradIn]float32
				for i := range in {
					if read.has(i, j) {
						d[i] = src.data[src.at+i*src.row+j*src.column+k*src.step+x]
					}
				}
				between[j] = f(d)
			}
			var b float32
			if bias != nil {
				b = bias[k]
			}
			for i := range out {
				var d [winogradIn]float32
				for j := range in {
					d[j] = between[j][i]
				}
				for j, v := range f(d) {
					if j < out && written.has(i, j) {
						dst.data[dst.at+i*dst.row+j*dst.column+k*dst.step+x] = v + b
					}
				}
			}
		}
	}
}

func (s inside) has(i, j int) bool { return s.rows>>i&1 == 1 && s.columns>>j&1 == 1 }

const (
	sqrtHalf = math.Sqrt2 / 2
	sqrt8    = 2 * math.Sqrt2
	sqrt2By6 = math.Sqrt2 / 6
)

// filterLine is u = G g.
func filterLine(g [winogradIn]float32) (u [winogradIn]float32) {
	odd := float32(sqrt2By6 * g[1])
	a := float32(1./3*g[0]) + float32(1./6*g[2])
	b := float32(1./6*g[0]) + float32(1./3*g[2])
	return [...]float32{g[0], a + odd, a - odd, b + odd, b - odd, g[2]}
}

// dataLine is v = Bᵀ d.
func dataLine(d [winogradIn]float32) (v [winogradIn]float32) {
	a, oddA := 2*d[2]-d[4], float32(sqrtHalf*(2*d[1]-d[3]))
	b, oddB := d[4]-d[2]/2, float32(math.Sqrt2*(d[3]-d[1]/2))
	return [...]float32{
		d[0] + (d[4] - float32(2.5*d[2])),
		a + oddA, a - oddA, b + oddB, b - oddB,
		d[1] + (d[5] - float32(2.5*d[3])),
	}
}

// resultLine is y = Aᵀ m.
func resultLine(m [winogradIn]float32) (y [winogradIn]float32) {
	a, oddA := m[1]+m[2], m[1]-m[2]
	b, oddB := m[3]+m[4], m[3]-m[4]
	return [...]float32{
		m[0] + b + 2*a, math.Sqrt2 * (oddA + oddB),
		a + 2*b, m[5] + float32(sqrt8*oddB) + float32(sqrtHalf*oddA), 0, 0,
	}
}

// gradientLine is m = A y.
func gradientLine(y [winogradIn]float32) (m [winogradIn]float32) {
	first := float32(math.Sqrt2 * y[1])
	a, oddA := 2*y[0]+y[2], first+float32(sqrtHalf*y[3])
	b, oddB := y[0]+2*y[2], first+float32(sqrt8*y[3])
	return [...]float32{y[0], a + oddA, a - oddA, b + oddB, b - oddB, y[3]}
}

// filterGradientLine is g = Gᵀ u.
func filterGradientLine(u [winogradIn]float32) (g [winogradIn]float32) {
	a, oddA := u[1]+u[2], u[1]-u[2]
	b, oddB := u[3]+u[4], u[3]-u[4]
	return [...]float32{
		u[0] + float32(1./3*a) + float32(1./6*b), sqrt2By6 * (oddA + oddB),
		u[5] + float32(1./6*a) + float32(1./3*b), 0, 0, 0,
	}
}

// turnedPosition is where the transform of a filter has what that of the filter turned by 180° has at a position.
func turnedPosition(p int) int {
	exchanged := [winogradIn]int{5, 3, 4, 1, 2, 0}
	return exchanged[p/winogradIn]*winogradIn + exchanged[p%winogradIn]
}
