package kernel

import (
	"fmt"
	"slices"
	"testing"
)

func TestTranspose(t *testing.T) { onEachPath(t, testTranspose) }

func testTranspose(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {8, 8}, {7, 9}, {16, 40}, {96, 128}, {23, 17}, {3, 16}, {16, 3}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			rows, columns := size[0], size[1]
			src := matrix{noise(rows*(columns+3), "x"), columns + 3, 1}
			dst := matrix{noise(columns*(rows+2), "old"), rows + 2, 1}
			want := slices.Clone(dst.data)
			for r := range rows {
				for c := range columns {
					want[c*dst.row+r] = src.data[r*src.row+c]
				}
			}
			transpose(dst, src, rows, columns)
			if !slices.Equal(dst.data, want) {
				t.Errorf("got %v, want %v", dst.data, want)
			}
		})
	}
}

func TestProduct(t *testing.T) { onEachPath(t, testProduct) }

// testProduct multiplies small whole numbers, of which every sum is exact, in tiles of all heights and widths.
func testProduct(t *testing.T) {
	for m := 1; m <= 26; m++ {
		for _, n := range []int{1, 3, 7, 8, 9, 16, 17, 24, 31, 32, 33, 40} {
			for _, p := range []product{
				{k: 1, groups: 1}, {k: 2, groups: 3}, {k: 5, groups: 1, add: true}, {k: 4, groups: 2, add: true},
				{k: 3, groups: 1, steps: []int{2, 1, 0}}, {k: 6, groups: 1, steps: []int{1, 3, 1, 1, 2, 0}, add: true},
				{k: 3, groups: 3}, {k: 4, groups: 2, add: true, nextApart: true},
				{k: 3, groups: 1, apartC: 50}, {k: 2, groups: 2, apartC: 20, add: true},
				{k: 7, groups: 4, nextApart: true},
			} {
				if p.apartC != 0 && n > 32 {
					continue
				}
				p.m, p.n = m, n
				columns, rows := make([]int, 0, p.groups*p.k), make([]int, 0, p.groups*p.k) // the columns of a, and the offsets of b's rows
				p.apart = p.k + 2
				for g := range p.groups {
					for k := range p.k {
						columns, rows = append(columns, g*p.apart+k), append(rows, (g*p.k+k)*(n+1))
					}
				}
				if p.steps != nil {
					columns[0] = 0
					for k, step := range p.steps[:p.k-1] {
						columns[k+1] = columns[k] + step
					}
				}
				width := slices.Max(columns) + 1
				a, b := matrix{wholeNumbers(m*width, "a"), width, 1}, matrix{wholeNumbers(slices.Max(rows)+n, "b"), n + 1, 1}
				c := matrix{wholeNumbers(m*(n+3+p.apartC), "c"), n + 3 + p.apartC, 1}
				want := slices.Clone(c.data)
				for i := range m {
					for j := range n {
						at := i*c.row + j
						if j >= 16 && p.apartC != 0 {
							at += p.apartC - 16
						}
						if !p.add {
							want[at] = 0
						}
						for k, column := range columns {
							want[at] += a.data[i*width+column] * b.data[rows[k]+j]
						}
					}
				}
				p.multiply(c, a, b, b.data[:min(100, len(b.data))])
				if !slices.Equal(c.data, want) {
					t.Fatalf("%+v: got %v, want %v", p, c.data, want)
				}
			}
		}
	}
}

// TestSparseProduct multiplies whole numbers, half of which are 0.
func TestSparseProduct(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		for panels := 1; panels <= impl.sparsePanels; panels++ {
			for _, p := range []sparseProduct{{rows: 1, k: 3}, {rows: 7, k: 32, add: true}, {rows: 5, k: 70}, {rows: 2, k: 128, add: true}} {
				p.panels = panels
				a := matrix{make([]float32, p.rows*roundUp(p.k, sparseChunk)), roundUp(p.k, sparseChunk), 1}
				for i, v := range wholeNumbers(len(a.data), "a") {
					if i%a.row < p.k {
						a.data[i] = max(0, v)
					}
				}
				b := panelled{wholeNumbers(panels*(p.k+1)*PanelWidth, "b"), PanelWidth, (p.k + 1) * PanelWidth}
				c := panelled{wholeNumbers(panels*p.rows*(PanelWidth+3), "c"), PanelWidth + 3, p.rows * (PanelWidth + 3)}
				want := slices.Clone(c.data)
				for i := range p.rows {
					for j := range panels * PanelWidth {
						at := j/PanelWidth*c.panel + i*c.row + j%PanelWidth
						if !p.add {
							want[at] = 0
						}
						for k := range p.k {
							want[at] += a.data[i*a.row+k] * b.data[j/PanelWidth*b.panel+k*PanelWidth+j%PanelWidth]
						}
					}
				}
				p.multiply(c, a, b, b.data)
				if !slices.Equal(c.data, want) {
					t.Errorf("%+v: got %v, want %v", p, c.data, want)
				}
			}
		}
	})
}

// wholeNumbers are small enough that every sum of products is exact.
func wholeNumbers(n int, purpose string) []float32 {
	x := noise(n, purpose)
	for i, v := range x {
		x[i] = float32(int(8 * v))
	}
	return x
}
