package augment

import (
	"image"
	"math"

	"actfn/internal/rng"
)

// erase is torchvision's RandomErasing(p, value=0) with its defaults (Zhong et al. 2017, arXiv:1708.04896), after the
// normalization: a rectangle of 0.02 to 0.33 of the image's area, and 0.3 to 3.3 times as high as wide. One that is not
// less high and less wide than the image is drawn again, up to ten times.
var erase = kind{
	name: "erase", initial: 0.25, rule: probability,
	help: "set a rectangle to 0, after the normalization, with probability N",
	apply: func(m *Image, p float64, draw rng.Stream) {
		if draw.Float64(0) >= p {
			return
		}
		for try := range uint64(10) {
			draw := draw.Of(try + 1)
			area := draw.Uniform(0, 0.02, 0.33)
			aspect := math.Exp(draw.Uniform(1, math.Log(0.3), math.Log(3.3)))
			if w, h := rectangle(m.W, m.H, area, aspect); w < m.W && h < m.H {
				corner := image.Pt(draw.Intn(2, m.W-w+1), draw.Intn(3, m.H-h+1))
				m.Erased = image.Rectangle{corner, corner.Add(image.Pt(w, h))}
				return
			}
		}
	},
}

// rectangle is the size of one that is a share of an image of width×height, and aspect times as high as wide.
func rectangle(width, height int, share, aspect float64) (w, h int) {
	area := share * float64(width*height)
	return int(math.RoundToEven(math.Sqrt(area / aspect))), int(math.RoundToEven(math.Sqrt(area * aspect)))
}
