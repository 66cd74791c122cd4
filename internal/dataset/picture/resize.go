package picture

import (
	"math"

	"actfn/internal/kernel"
)

// resize is PIL's Image.resize with the BILINEAR filter, bit for bit (Pillow's Resample.c): a
// triangle as wide as a source pixel when enlarging and as a target pixel when shrinking, which
// antialiases; first along the rows, then along the columns, each rounded to a byte, with weights
// in 22-bit fixed point. It is what torchvision's Resize does to a PIL image. Only the window
// x0 ≤ x < x0+w, y0 ≤ y < y0+h of the full×full result is computed.
type resize struct {
	fullW, fullH int
	x0, y0, w, h int
}

// centreSquare resizes the shorter side of a w×h image to n and crops the centre n×n, with the
// rounding of torchvision's Resize(n) (longer side ⌊n·long/short⌋) and CenterCrop(n) (offset
// (long−n)/2, half to even).
func centreSquare(w, h, n int) resize {
	r := resize{fullW: n, fullH: n, w: n, h: n}
	if w < h {
		r.fullH = n * h / w
	} else {
		r.fullW = n * w / h
	}
	r.x0 = int(math.RoundToEven(float64(r.fullW-n) / 2))
	r.y0 = int(math.RoundToEven(float64(r.fullH-n) / 2))
	return r
}

func (r resize) apply(m rows) Pixels {
	w, h, planes := m.shape()
	// Only the source columns and rows under the window take part. Both steps turn the picture by a quarter: what is weighed
	// lies in lines.
	columns, left, right := taps(w, r.fullW, r.x0, r.w)
	rows, top, bottom := taps(h, r.fullH, r.y0, r.h)
	const lines = 4 // that are weighed at a time
	width, height := max(right-left, columns.Reach), max(bottom-top+lines, rows.Reach)
	line, middle := make([]byte, planes*lines*width), make([]byte, planes*r.w*height)
	for y := top; y < bottom; y += lines {
		for l := range min(lines, bottom-y) {
			var to [3][]byte
			for c := range planes {
				to[c] = line[(c*lines+l)*width:][:right-left]
			}
			m.read(to, y+l, left)
		}
		for c := range planes {
			columns.Weigh(middle[c*r.w*height+y-top:], height, line[c*lines*width:], width, lines)
		}
	}
	out := Pixels{r.w, r.h, make([]byte, planes*r.w*r.h)}
	for c := range planes {
		for x := 0; x < r.w; x += lines {
			rows.Weigh(out.Data[c*r.w*r.h+x:], r.w, middle[(c*r.w+x)*height:], height, min(lines, r.w-x))
		}
	}
	return out
}

// taps returns the sums of targets start … start+n−1 when a side of in pixels becomes out, of the source pixels from an even
// one on up to the last that takes part. The conversions keep products from being fused with sums, which would move bits on
// some machines.
func taps(in, out, start, n int) (t *kernel.Taps, from, to int) {
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	first, weights := make([]int, n), make([][]uint32, n)
	for i := range n {
		centre := float64((float64(start+i) + 0.5) * scale)
		first[i], to = max(0, int(centre-stretch+0.5)), min(in, int(centre+stretch+0.5))
		k := make([]float64, to-first[i])
		var sum float64
		for j := range k {
			x := float64((float64(j+first[i]) - centre + 0.5) * (1 / stretch))
			k[j] = max(0, 1-math.Abs(x))
			sum += k[j]
		}
		weights[i] = make([]uint32, len(k))
		for j := range k {
			weights[i][j] = uint32(0.5 + float64(k[j]/sum)*(1<<kernel.TapFraction))
		}
	}
	from = first[0] &^ 1
	for i := range first {
		first[i] -= from
	}
	return kernel.NewTaps(first, weights), from, to
}
