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
