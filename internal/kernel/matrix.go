package kernel

// matrix is a matrix in memory: element (i, j) is data[i·row + j·col].
type matrix struct {
	data     []float32
	row, col int
}

// product is the shape of c = a·b: c is (m, n), a is (m, groups·k) and b is (groups·k, n). The columns of b and c are
// neighbours; a's columns come in groups of k, apart floats from one group to the next.
type product struct {
	m, k, n       int
	groups, apart int
	add           bool  // c += a·b
	steps         []int // if not nil, with one group: the distance from each column of a to the next
	apartC        int   // if not 0, for n ≤ 32: the distance from c's first column to its 17th
	nextApart     bool  // next is the first of as many pieces as there are groups, apart floats apart
}

// regions are stretches of memory that a product prefetches.
type regions [3][]float32

// products are the operations on matrices.
type products struct {
	transpose func(dst, src matrix, rows, columns int)
	multiply  func(p product, c, a, b matrix, next regions)
}

// multiply computes the product. It may prefetch next, which is used soon.
func (p product) multiply(c, a, b matrix, next ...[]float32) {
	var r regions
	copy(r[:], next)
	impl.multiply(p, c, a, b, r)
}

// transpose computes dst = srcᵀ, where src has the given rows and columns.
func transpose(dst, src matrix, rows, columns int) { impl.transpose(dst, src, rows, columns) }

// multiplyRows computes a product in Go, as sums of rows of b.
func multiplyRows(p product, c, a, b matrix, _ regions) {
	if p.apartC != 0 && p.n > 16 {
		left, right := p, p
		left.n, right.n, right.apartC = 16, p.n-16, 0
		multiplyRows(left, c, a, b, regions{})
		c.data, b.data = c.data[p.apartC:], b.data[16:]
		multiplyRows(right, c, a, b, regions{})
		return
	}
	for i := range p.m {
		row := c.data[i*c.row:][:p.n]
		if !p.add {
			clear(row)
		}
		if p.steps != nil {
			at := make([]int, p.k) // where the row's values are
			at[0] = i * a.row
			for k, step := range p.steps[:p.k-1] {
				at[k+1] = at[k] + step
			}
			addRows(row, p.k, func(k int) (float32, []float32) { return a.data[at[k]], b.data[k*b.row:] })
			continue
		}
		for g := range p.groups {
			from, at := i*a.row+g*p.apart, g*p.k*b.row
			addRows(row, p.k, func(k int) (float32, []float32) { return a.data[from+k*a.col], b.data[at+k*b.row:] })
		}
	}
}

// transposeElements transposes in Go.
func transposeElements(dst, src matrix, rows, columns int) {
	for c := range columns {
		for r := range rows {
			dst.data[c*dst.row+r] = src.data[r*src.row+c]
		}
	}
}

// roundUp returns the least multiple of unit that is not below n.
func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }
