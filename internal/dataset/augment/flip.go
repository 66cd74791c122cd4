package augment

import "actfn/internal/rng"

// flip is torchvision's RandomHorizontalFlip(p).
var flip = kind{
	name: "flip", initial: 0.5, rule: probability,
	help: "mirror left and right with probability N",
	apply: func(m *Image, p float64, draw rng.Stream) {
		if draw.Float64(0) < p {
			m.mirror()
		}
	},
}

// mirror exchanges left and right.
func (m *Image) mirror() {
	dst, src := m.redraw()
	for at := 0; at < len(src); at += m.W {
		row := dst[at:][:m.W]
		for i, v := range src[at:][:m.W] {
			row[len(row)-1-i] = v
		}
	}
}
