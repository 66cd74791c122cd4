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

func (r resize) apply(m rows) Pixels {
	w, h, planes := m.shape()
	columns := weights(w, r.fullW, r.x0, r.w)
	rows := weights(h, r.fullH, r.y0, r.h)
	// Only the source rows and columns under the window take part.
	left, right := columns[0].first&^1, columns[r.w-1].end()
	first, last := rows[0].first, rows[r.h-1].end()
	for i := range columns {
		columns[i].first -= left
	}
	size := r.w * (last - first + 1) // rows come in twos
	middle := make([]byte, planes*size)
	line := make([]byte, 6*(right-left))
	var upper, lower [3][]byte
	for c := range 3 {
		upper[c], lower[c] = line[2*c*(right-left):][:right-left], line[(2*c+1)*(right-left):][:right-left]
	}
	for y := first; y < last; y += 2 {
		m.read(upper, y, left)
		if y+1 < last {
			m.read(lower, y+1, left)
		}
		for c := range planes {
			to := middle[c*size+(y-first)*r.w:]
			alongRows(to[:r.w], to[r.w:][:r.w], upper[c], lower[c], columns)
		}
	}
	out := Pixels{r.w, r.h, make([]byte, planes*r.w*r.h)}
	sums := make([]uint32, r.w)
	for c := range planes {
		for y, t := range rows {
			alongColumns(out.Data[(c*r.h+y)*r.w:][:r.w], middle[c*size+(t.first-first)*r.w:], t.weight, sums)
		}
	}
	return out
}

// taps are the source pixels that make one target pixel, and their weights.
type taps struct {
	first  int
	weight []uint32 // in units of 2⁻²²
}

// end is the source pixel after the last.
func (t taps) end() int { return t.first + len(t.weight) }

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
		all[i] = taps{first, make([]uint32, len(k))}
		for j := range k {
			all[i].weight[j] = uint32(0.5 + float64(k[j]/sum)*(1<<weightBits))
		}
	}
	return all
}

// alongRows resizes two rows at once: sums of weights of 22 bits and bytes leave the upper half of a word free.
func alongRows(upper, lower, src0, src1 []byte, columns []taps) {
	for x := range columns {
		const half = 1 << (weightBits - 1)
		sum := uint64(half<<32 | half)
		weight := columns[x].weight
		n := len(weight)
		a, b := src0[columns[x].first:][:n], src1[columns[x].first:][:n]
		j := 0
		for ; j <= n-4; j += 4 {
			p, q, k := (*[4]byte)(a[j:]), (*[4]byte)(b[j:]), (*[4]uint32)(weight[j:])
			sum += (uint64(p[0])|uint64(q[0])<<32)*uint64(k[0]) + (uint64(p[1])|uint64(q[1])<<32)*uint64(k[1]) +
				(uint64(p[2])|uint64(q[2])<<32)*uint64(k[2]) + (uint64(p[3])|uint64(q[3])<<32)*uint64(k[3])
		}
		for ; j < n; j++ {
			sum += (uint64(a[j]) | uint64(b[j])<<32) * uint64(weight[j])
		}
		upper[x] = byte(min(uint32(sum)>>weightBits, 255))
		lower[x] = byte(min(sum>>32>>weightBits, 255))
	}
}

// alongColumns makes one row of the rows of src.
func alongColumns(dst, src []byte, weight []uint32, sums []uint32) {
	w := len(dst)
	sums = sums[:w]
	for x := range sums {
		sums[x] = 1 << (weightBits - 1)
	}
	for ; len(weight) >= 4; src, weight = src[4*w:], weight[4:] {
		a, b, c, d := src[:w], src[w:][:w], src[2*w:][:w], src[3*w:][:w]
		k := (*[4]uint32)(weight)
		for x := range sums {
			sums[x] += uint32(a[x])*k[0] + uint32(b[x])*k[1] + uint32(c[x])*k[2] + uint32(d[x])*k[3]
		}
	}
	for j, k := range weight {
		row := src[j*w:][:w]
		for x := range sums {
			sums[x] += uint32(row[x]) * k
		}
	}
	for x, sum := range sums {
		dst[x] = byte(min(sum>>weightBits, 255))
	}
}
