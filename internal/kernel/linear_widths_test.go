package kernel

import (
	"fmt"
	"slices"
	"testing"

	"actfn/internal/worker"
)

// A linear layer has the same bits in AVX-512 and AVX2, with and without zeros, for any number of images.
func TestLinearInBothWidths(t *testing.T) {
	withoutRaceDetector(t)
	p := worker.New(2)
	defer p.Close()
	for _, n := range []int{1, 8, 16, 24, 32, 40, 136} {
		for _, l := range []Linear{{In: 5, Out: 3}, {In: 96, Out: 16}, {In: 120, Out: 33}, {In: 150, Out: 260}, {In: 400, Out: 700}, {In: 1704, Out: 130}} {
			l.N = n
			for name, values := range map[string]func(rows, columns int, purpose string) []float32{
				"dense":     func(rows, columns int, purpose string) []float32 { return noise(rows*columns, purpose) },
				"rectified": rectifiedNoise,
				"zero":      func(rows, columns int, _ string) []float32 { return make([]float32, rows*columns) },
			} {
				inBothWidthsAlike(t, fmt.Sprintf("%s_%d_to_%d_n%d", name, l.In, l.Out, n), func() []float32 {
					l := l // a new layer
					x, dy := values(l.In, n, "x"), values(l.Out, n, "dy")
					w, b := make([]float32, Panels(l.Out)*l.In*PanelWidth), noise(l.Out, "b")
					PackWeights(w, noise(l.In*l.Out, "w"), l.Out, l.In)
					y, dx, dw := noise(l.Out*n, "old"), noise(l.In*n, "old"), noise(len(w), "old")
					l.Forward(p, y, x, w, b)
					l.BackwardInput(p, dx, w, dy)
					l.BackwardWeights(p, dw, x, dy)
					results := slices.Concat(y, dx, dw)
					m, v := noise(len(w), "m"), make([]float32, len(w))
					l.BackwardUpdate(p, dx, x, dy, w, m, v, Adam{LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}.Update(3))
					return slices.Concat(results, dx, w, m, v)
				})
			}
		}
	}
}
