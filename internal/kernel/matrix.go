package kernel

import "cmp"

// matrix is a matrix in memory: element (i, j) is data[i·row + j·col].
type matrix struct {
	data     []float32
	row, col int
}

// product is the shape of c = a·b: c is (m, n), a is (m, groups·k) and b is (groups·k, n). The columns
// of b and c are neighbours; a's columns come in groups of k, apart floats from one to the next.
type product struct {
	m, k, n       int
	groups, apart int
	add           bool  // c += a·b
	steps         []int // with one group, not nil: where a's columns are, so many floats from each to the next
	apartB        int   // not 0, in AVX-512: how far one group of b's rows begins from the next
	apartC        int   // not 0, in AVX-512 and for n ≤ 32: how far c's columns from the 17th on are from those before
	nextApart     bool  // what is used next lies in as many pieces, apart as well, of which next is the first
}

// multiply computes the product. Meanwhile it may fetch into the cache what will be used next.
func (p product) multiply(c, a, b matrix, next ...[]float32) {
	if avx2 {
		p.multiplyAVX2(c, a, b, next)
		return
	}
	for i := range p.m {
		row := c.data[i*c.row:][:p.n]
		if !p.add {
			clear(row)
		}
		if p.steps != nil {
			at, columns := i*a.row, make([]float32, p.k)
			for k := range columns {
				columns[k] = a.data[at]
				at += p.steps[k]
			}
			addRows(row, p.k, columns, 1, b.data, b.row)
			continue
		}
		for g := range p.groups {
			addRows(row, p.k, a.data[i*a.row+g*p.apart:], a.col, b.data[g*cmp.Or(p.apartB, p.k*b.row):], b.row)
		}
	}
}

// transpose computes dst = srcᵀ, of the rows and columns that src has.
func transpose(dst, src matrix, rows, columns int) {
	wholeRows, wholeColumns := rows&^7, columns&^7
	if !avx2 || wholeRows == 0 || wholeColumns == 0 {
		wholeRows, wholeColumns = 0, 0
	} else {
		transposeAVX2(dst, src, wholeRows, wholeColumns)
	}
	for c := range columns {
		from := wholeRows
		if c >= wholeColumns {
			from = 0
		}
		for r := from; r < rows; r++ {
			dst.data[c*dst.row+r] = src.data[r*src.row+c]
		}
	}
}

// roundUp is the least multiple of unit that is not below n.
func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }
