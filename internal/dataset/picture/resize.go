package picture

import "math"

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

// CentreSquare is torchvision's Resize(n) and CenterCrop(n).
func (p Pixels) CentreSquare(n int) Pixels {
	if p.W == n && p.H == n {
		return p
	}
	return centreSquare(p.W, p.H, n).apply(p).compact()
}

func (r resize) apply(p Pixels) Pixels {
	columns := weights(p.W, r.fullW, r.x0, r.w)
	rows := weights(p.H, r.fullH, r.y0, r.h)
	// Only the source rows under the window take part.
	first := rows[0].first
	last := rows[r.h-1].first + len(rows[r.h-1].weight)
	planes := len(p.Data) / (p.W * p.H)
	out := Pixels{r.w, r.h, make([]byte, planes*r.w*r.h)}
	middle := make([]byte, r.w*(last-first))
	for c := range planes {
		plane := p.Data[c*p.W*p.H:][:p.W*p.H]
		for y := first; y < last; y++ {
			alongRow(middle[(y-first)*r.w:][:r.w], plane[y*p.W:][:p.W], columns)
		}
		for y, t := range rows {
			alongColumns(out.Data[(c*r.h+y)*r.w:][:r.w], middle[(t.first-first)*r.w:], t.weight)
		}
	}
	return out
}

// taps are the source pixels that make one target pixel, and their weights.
type taps struct {
	first  int
	weight []int32 // in units of 2⁻²²
}

const weightBits = 32 - 8 - 2

// weights returns the taps of targets start … start+n−1 when a side of in pixels becomes out.
// The conversions keep products from being fused with sums, which would move bits on some machines.
func weights(in, out, start, n int) []taps {
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	all := make([]taps, n)
	for i := range all {
		centre := float64((float64(start+i) + 0.5) * scale)
		first := max(0, int(centre-stretch+0.5))
		last := min(in, int(centre+stretch+0.5))
		k := make([]float64, last-first)
		var sum float64
		for j := range k {
			x := float64((float64(j+first) - centre + 0.5) * (1 / stretch))
			k[j] = max(0, 1-math.Abs(x))
			sum += k[j]
		}
		all[i] = taps{first, make([]int32, len(k))}
		for j := range k {
			all[i].weight[j] = int32(0.5 + float64(k[j]/sum)*(1<<weightBits))
		}
	}
	return all
}

func alongRow(dst, src []byte, columns []taps) {
	for x, t := range columns {
		sum := int32(1) << (weightBits - 1)
		for j, v := range src[t.first:][:len(t.weight)] {
			sum += int32(v) * t.weight[j]
		}
		dst[x] = clip(int(sum >> weightBits))
	}
}

func alongColumns(dst, src []byte, weight []int32) {
	w := len(dst)
	for x := range dst {
		sum := int32(1) << (weightBits - 1)
		for j, k := range weight {
			sum += int32(src[j*w+x]) * k
		}
		dst[x] = clip(int(sum >> weightBits))
	}
}
