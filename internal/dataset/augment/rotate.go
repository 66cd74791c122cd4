package augment

import (
	"math"

	"actfn/internal/rng"
	"actfn/internal/setting"
)

// rotate is torchvision's RandomRotation(n), with its defaults: about the centre, the nearest pixel, 0 where there is none.
var rotate = kind{
	name: "rotate", initial: 10,
	rule: setting.Number("above 0 to 180", func(v float64) bool { return v > 0 && v <= 180 }),
	help: "turn by an angle drawn from −N to N degrees",
	apply: func(m *Image, n float64, draw rng.Stream) {
		m.turn(draw.Uniform(0, -n, n))
	},
}

// turn rotates counter-clockwise about the centre (W/2, H/2), as PIL's Image.rotate does, with the coordinates of its
// affine_fixed in units of 2⁻¹⁶. The conversions keep products from being fused with sums, which would move bits on some
// machines.
func (m *Image) turn(degrees float64) {
	sin, cos := math.Sincos(-degrees * (math.Pi / 180))
	fixed := func(v float64) int64 { return int64(math.Floor(float64(v*65536) + 0.5)) }
	// Pixel (0.5, 0.5) of the result has its source at (x0, y0).
	dx, dy := 0.5-float64(m.W)/2, 0.5-float64(m.H)/2
	x0 := fixed(float64(cos*dx) + float64(sin*dy) + float64(m.W)/2)
	y0 := fixed(float64(cos*dy) - float64(sin*dx) + float64(m.H)/2)
	c, s := fixed(cos), fixed(sin)
	dst, src := m.redraw()
	clear(dst)
	size := m.W * m.H
	for j := range m.H {
		x, y := x0+int64(j)*s, y0+int64(j)*c
		for at := j * m.W; at < (j+1)*m.W; at++ {
			if u, v := x>>16, y>>16; uint64(u) < uint64(m.W) && uint64(v) < uint64(m.H) {
				for to, from := at, int(v)*m.W+int(u); to < len(dst); to, from = to+size, from+size {
					dst[to] = src[from]
				}
			}
			x, y = x+c, y-s
		}
	}
}
