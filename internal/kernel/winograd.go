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

// lines are lines of a tile, of equally many images each.
type lines [winogradIn][]float32

// line transforms the first lines of d to the first of v.
type line func(v, d *lines)

// inGo is a transform of tiles of in×in to out×out. The border cuts off what is written, or else what is read.
func inGo(in, out int, cut bool, f line) transform {
	const vector = 16
	return func(dst, src grid, width, n int, border inside, bias, room []float32) {
		read, written := border, whole
		if cut {
			read, written = whole, border
		}
		none, unwanted := room[winogradPositions*vector:][:vector], room[(winogradPositions+1)*vector:]
		clear(none)
		var d, v lines
		for task := range n * ((width + vector - 1) / vector) {
			k, from := task%n, task/n*vector
			images := min(vector, width-from)
			for j := range in {
				for i := range in {
					d[i] = none[:images]
					if read.has(i, j) {
						d[i] = src.data[src.at+i*src.row+j*src.column+k*src.step+from:][:images]
					}
				}
				for i := range out {
					v[i] = room[(i*in+j)*vector:][:images]
				}
				f(&v, &d)
			}
			for i := range out {
				for j := range in {
					d[j] = room[(i*in+j)*vector:][:images]
				}
				for j := range out {
					v[j] = unwanted[:images]
					if written.has(i, j) {
						v[j] = dst.data[dst.at+i*dst.row+j*dst.column+k*dst.step+from:][:images]
					}
				}
				f(&v, &d)
				if bias != nil {
					for j := range out {
						impl.addScalar(v[j], v[j], bias[k])
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
func filterLine(u, g *lines) {
	for x, g0 := range g[0] {
		g1, g2 := g[1][x], g[2][x]
		odd := float32(sqrt2By6 * g1)
		a := float32(1./3*g0) + float32(1./6*g2)
		b := float32(1./6*g0) + float32(1./3*g2)
		u[0][x], u[5][x] = g0, g2
		u[1][x], u[2][x] = a+odd, a-odd
		u[3][x], u[4][x] = b+odd, b-odd
	}
}

// dataLine is v = Bᵀ d.
func dataLine(v, d *lines) {
	for x, d0 := range d[0] {
		d1, d2, d3, d4, d5 := d[1][x], d[2][x], d[3][x], d[4][x], d[5][x]
		a, oddA := 2*d2-d4, float32(sqrtHalf*(2*d1-d3))
		b, oddB := d4-d2/2, float32(math.Sqrt2*(d3-d1/2))
		v[0][x] = d0 + (d4 - float32(2.5*d2))
		v[1][x], v[2][x] = a+oddA, a-oddA
		v[3][x], v[4][x] = b+oddB, b-oddB
		v[5][x] = d1 + (d5 - float32(2.5*d3))
	}
}

// resultLine is y = Aᵀ m.
func resultLine(y, m *lines) {
	for x, m0 := range m[0] {
		a, oddA := m[1][x]+m[2][x], m[1][x]-m[2][x]
		b, oddB := m[3][x]+m[4][x], m[3][x]-m[4][x]
		y[0][x], y[1][x] = m0+b+2*a, math.Sqrt2*(oddA+oddB)
		y[2][x], y[3][x] = a+2*b, m[5][x]+float32(sqrt8*oddB)+float32(sqrtHalf*oddA)
	}
}

// gradientLine is m = A y.
func gradientLine(m, y *lines) {
	for x, y0 := range y[0] {
		y2, y3 := y[2][x], y[3][x]
		first := float32(math.Sqrt2 * y[1][x])
		a, oddA := 2*y0+y2, first+float32(sqrtHalf*y3)
		b, oddB := y0+2*y2, first+float32(sqrt8*y3)
		m[0][x], m[5][x] = y0, y3
		m[1][x], m[2][x] = a+oddA, a-oddA
		m[3][x], m[4][x] = b+oddB, b-oddB
	}
}

// filterGradientLine is g = Gᵀ u.
func filterGradientLine(g, u *lines) {
	for x, u0 := range u[0] {
		a, oddA := u[1][x]+u[2][x], u[1][x]-u[2][x]
		b, oddB := u[3][x]+u[4][x], u[3][x]-u[4][x]
		g[0][x] = u0 + float32(1./3*a) + float32(1./6*b)
		g[1][x] = sqrt2By6 * (oddA + oddB)
		g[2][x] = u[5][x] + float32(1./6*a) + float32(1./3*b)
	}
}

// turnedPosition is where the transform of a filter has what that of the filter turned by 180° has at a position.
func turnedPosition(p int) int {
	exchanged := [winogradIn]int{5, 3, 4, 1, 2, 0}
	return exchanged[p/winogradIn]*winogradIn + exchanged[p%winogradIn]
}
