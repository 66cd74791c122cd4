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
	whole := func(n int, purpose string) []float32 {
		x := noise(n, purpose)
		for i, v := range x {
			x[i] = float32(int(8 * v))
		}
		return x
	}
	for m := 1; m <= 26; m++ {
		for _, n := range []int{1, 3, 7, 8, 9, 16, 17, 24, 31, 32, 33, 40} {
			for _, p := range []product{{k: 1, groups: 1}, {k: 2, groups: 3}, {k: 5, groups: 1, add: true}, {k: 4, groups: 2, add: true}, {k: 3, groups: 1, steps: []int{2, 1, 0}}, {k: 6, groups: 1, steps: []int{1, 3, 1, 1, 2, 0}, add: true}} {
				p.m, p.n = m, n
				columns := make([]int, 0, p.groups*p.k) // of a that are used
				p.apart = p.k + 2
				for g := range p.groups {
					for k := range p.k {
						columns = append(columns, g*p.apart+k)
					}
				}
				if p.steps != nil {
					columns[0] = 0
					for k, step := range p.steps[:p.k-1] {
						columns[k+1] = columns[k] + step
					}
				}
				width := slices.Max(columns) + 1
				a, b, c := matrix{whole(m*width, "a"), width, 1}, matrix{whole(len(columns)*(n+1), "b"), n + 1, 1}, matrix{whole(m*(n+3), "c"), n + 3, 1}
				want := slices.Clone(c.data)
				for i := range m {
					for j := range n {
						if !p.add {
							want[i*c.row+j] = 0
						}
						for k, column := range columns {
							want[i*c.row+j] += a.data[i*width+column] * b.data[k*b.row+j]
						}
					}
				}
				p.multiply(c, a, b)
				if !slices.Equal(c.data, want) {
					t.Fatalf("%+v: got %v, want %v", p, c.data, want)
				}
			}
		}
	}
}
