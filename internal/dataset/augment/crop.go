package augment

import (
	"fmt"

	"actfn/internal/dataset/picture"
	"actfn/internal/rng"
	"actfn/internal/setting"
)

// crop is torchvision's RandomCrop(size, padding=n) for the image's own size: it pads each side by n pixels of 0 and cuts
// out the image's size at a place of which each is equally likely.
var crop = kind{
	name: "crop", initial: 4,
	rule: setting.Number(fmt.Sprintf("a whole number from 1 to %d", picture.MaxSide), func(v float64) bool {
		return v >= 1 && v <= picture.MaxSide && v == float64(int(v))
	}),
	help: "pad each side by N pixels of 0 and cut out the image's size at random",
	fits: func(n float64, w, h int) error {
		if side := min(w, h); n >= float64(side) {
			return fmt.Errorf("value is %g and the images are %d×%d, want less than their shorter side", n, w, h)
		}
		return nil
	},
	apply: func(m *Image, n float64, draw rng.Stream) {
		places := 2*int(n) + 1
		m.shift(draw.Intn(0, places)-int(n), draw.Intn(1, places)-int(n))
	},
}

// shift makes pixel (i, j) that of (i+x, j+y), and 0 where there is none.
func (m *Image) shift(x, y int) {
	from, to := max(0, -x), min(m.W, m.W-x)
	dst, src := m.redraw()
	for line := range len(dst) / m.W { // of all planes
		row, j := dst[line*m.W:][:m.W], line%m.H
		if from >= to || j+y < 0 || j+y >= m.H {
			clear(row)
			continue
		}
		clear(row[:from])
		clear(row[to:])
		copy(row[from:to], src[(line+y)*m.W+from+x:])
	}
}
