package kernel

// matrix is a matrix in memory: element (i, j) is data[i·row + j·col].
type matrix struct {
	data     []float32
	row, col int
}

// from is the matrix without its first i rows and j columns.
func (a matrix) from(i, j int) matrix {
	return matrix{a.data[i*a.row+j*a.col:], a.row, a.col}
}

// multiply computes c = a·b, or with add c += a·b, where c is (m, n), a is (m, k) and b is (k, n);
// the columns of b and c are neighbours. Meanwhile it may fetch into the cache what the next call
// will use.
func multiply(c, a, b matrix, m, k, n int, add bool, next ...[]float32) {
	if m == 0 || n == 0 {
		return
	}
	if avx2 {
		multiplyAVX2(c, a, b, m, k, n, add, next)
		return
	}
	for i := range m {
		row := c.data[i*c.row:][:n]
		if !add {
			clear(row)
		}
		addRows(row, k, a.data[i*a.row:], a.col, b.data, b.row)
	}
}

// panelWidth is the number of columns of a panel.
const panelWidth = 16

// packTransposed writes b, (rows, cols), transposed and in panels of panelWidth columns:
// dst[panel][c][r mod panelWidth] = b[r, c], with zeros past the last row. A panel is then
// (cols, panelWidth), close together in the cache.
func packTransposed(dst []float32, b []float32, rows, cols int) {
	for r0 := 0; r0 < rows; r0 += panelWidth {
		panel := dst[r0*cols:][:panelWidth*cols]
		if rows-r0 < panelWidth {
			clear(panel)
		}
		for r := r0; r < min(rows, r0+panelWidth); r++ {
			for c, v := range b[r*cols:][:cols] {
				panel[c*panelWidth+r-r0] = v
			}
		}
	}
}

// roundUp is the least multiple of unit that is not below n.
func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }
