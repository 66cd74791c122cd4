package health

import (
	"math"

	"actfn/internal/model"
)

// Updates measures how far a step moves the weights of each layer with an activation: rms(Δw)/rms(w), over all weights of
// a layer that has at most 8192, else over so many that are evenly spaced in PyTorch's order.
type Updates struct {
	layers []string
	of     []*model.Parameter
	at     [][]int     // where the weights lie
	before [][]float32 // their values
}

// NewUpdates prepares for a network.
func NewUpdates(net *model.Net) *Updates {
	u := &Updates{}
	for _, a := range net.Activations {
		for _, p := range net.Parameters {
			if p.Name != a.Layer+".weight" {
				continue
			}
			apart := (p.Size() + sampled - 1) / sampled
			var at []int
			for i := 0; i < p.Size(); i += apart {
				at = append(at, p.At(i))
			}
			u.layers, u.of, u.at = append(u.layers, a.Layer), append(u.of, p), append(u.at, at)
			u.before = append(u.before, make([]float32, len(at)))
		}
	}
	return u
}

// Before keeps the weights as they are before a step.
func (u *Updates) Before() {
	for k, p := range u.of {
		values := p.Values()
		for i, at := range u.at[k] {
			u.before[k][i] = values[at]
		}
	}
}

// After returns the ratio of each layer for the step since Before. A layer has none where its weights were all 0, or where
// they are not finite.
func (u *Updates) After() map[string]float64 {
	ratios := map[string]float64{}
	for k, p := range u.of {
		values := p.Values()
		var moved, size float64
		for i, at := range u.at[k] {
			w := float64(u.before[k][i])
			d := float64(values[at]) - w
			moved, size = moved+d*d, size+w*w
		}
		if ratio := math.Sqrt(moved / size); ratio-ratio == 0 { // finite
			ratios[u.layers[k]] = ratio
		}
	}
	return ratios
}
