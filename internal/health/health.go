// Package health measures what the layers of a network that have an activation receive and what gradient comes back to
// them, on a few images, and says in sentences what is wrong.
//
// z is what the activation f of a layer receives: after the norm, where there is one before it, and at all positions
// before pooling. A unit is a channel of z over all positions and images, or a feature over all images. The loss is the
// mean over the images of the probe. Figures are computed in float64 from values in float32; standard deviations are those
// of the population. record.Figures lists the figures:
//
//	input_mean, input_std  of z
//	input_quantiles        of z; of a layer with more than 8192 values, of those at evenly spaced positions
//	dead                   share of units with |f′(z)| ≤ 10⁻⁶·M at every position of every image, M being the largest |f′|
//	saturated              share of units that are not dead and of whose values more than 99 % have |f′(z)| < 0.05·M
//	linear                 share of units whose f′(z) varies by less than 0.05·M while the mean of |f′(z)| is above that
//	sameness               mean cosine of the layer's outputs f(z) over the pairs of images of different classes; of
//	                       outputs with more than 65536 values, at evenly spaced positions
//	gain                   input_std over that of the layer with an activation before it, or of the images
//	gradient_rms           root mean square of ∂loss/∂z over all elements
//	gradient_norm          √Σ (∂loss/∂z)² over all elements
//	update_ratio           rms(Δw)/rms(w) of the steps of the layer's weights, the median over some steps of an epoch
//
// M is the largest |f′| on [−50, 50], with the values that the parameters of f have then; of an f whose slope is still
// growing there, on [−3, 3], where normalized inputs lie. A random f and dropout are at their mean; a batch norm has the
// statistics of each batch and learns nothing.
package health

import (
	"actfn/internal/record"
	"actfn/internal/rng"
)

// Images is the number of images that a probe of a training set takes: all where there are at most 32, else 2 % of them,
// but at least 32 and at most 256.
func Images(training int) int { return min(training, 256, max(32, training/50)) }

// Choose draws n images for a probe by their labels, as many of each class as its share of all images comes to, rounded by
// the largest remainders. The classes are mixed: a batch norm has statistics like those in training.
func Choose(labels []int, n int, seed uint64) []int {
	byClass := map[int][]int{}
	classes := 0
	for i, y := range labels {
		byClass[y] = append(byClass[y], i)
		classes = max(classes, y+1)
	}
	quota, left := make([]int, classes), n
	remainder := func(y int) int { return len(byClass[y])*n - quota[y]*len(labels) }
	for y := range quota {
		quota[y] = len(byClass[y]) * n / len(labels)
		left -= quota[y]
	}
	for ; left > 0; left-- {
		most := 0
		for y := range quota {
			if remainder(y) > remainder(most) {
				most = y
			}
		}
		quota[most]++
	}
	var chosen []int
	for y, k := range quota {
		order := rng.New(seed, "health", y).Perm(len(byClass[y]))
		for _, i := range order[:k] {
			chosen = append(chosen, byClass[y][i])
		}
	}
	mixed := make([]int, n)
	for to, from := range rng.New(seed, "health order", 0).Perm(n) {
		mixed[to] = chosen[from]
	}
	return mixed
}

// Ratio is the gradient_norm of the first layer over that of the last, of the layers of one epoch. There is none where one
// of them has none or the last is 0.
func Ratio(layers []record.Health) (ratio float64, ok bool) {
	if len(layers) == 0 {
		return 0, false
	}
	first, known := layers[0].Values[record.LayerGradientNorm]
	last, too := layers[len(layers)-1].Values[record.LayerGradientNorm]
	return first / last, known && too && last > 0
}

// Check sums the layers of one epoch up.
func Check(layers []record.Health) *record.Checkup {
	if len(layers) == 0 {
		return nil
	}
	c := &record.Checkup{Epoch: layers[0].Epoch}
	for _, l := range layers {
		c.Dead, c.Saturated = larger(c.Dead, l, record.Dead), larger(c.Saturated, l, record.Saturated)
	}
	if ratio, ok := Ratio(layers); ok {
		c.GradientRatio = &ratio
	}
	return c
}

// larger is the larger of a figure so far and that of a layer.
func larger(so *float64, of record.Health, f *record.Figure) *float64 {
	v, ok := of.Values[f]
	if !ok || so != nil && *so >= v {
		return so
	}
	return &v
}

// Of are the layers of one epoch.
func Of(all []record.Health, epoch int) []record.Health {
	var layers []record.Health
	for _, h := range all {
		if h.Epoch == epoch {
			layers = append(layers, h)
		}
	}
	return layers
}
