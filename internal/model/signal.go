package model

import (
	"fmt"
	"math"
	"slices"

	"actfn/internal/layer"
	"actfn/internal/number"
)

// Signal is what mean field theory predicts for the layers of a network before training: see Net.Signal.
type Signal struct {
	Images  layer.Moments `json:"images"`
	Assumed bool          `json:"images_assumed"` // the images are layer.Unknown
	Layers  []LayerSignal `json:"layers"`
}

// LayerSignal is what mean field theory predicts for a layer with an activation before training.
type LayerSignal struct {
	Layer    string       `json:"layer"`
	Function string       `json:"function"`
	InputStd number.Float `json:"input_std"` // standard deviation of what the activation receives
	// Gradient is the root mean square of the gradient there over that at the last layer with an activation.
	Gradient number.Float `json:"gradient"`
	// What a probe has measured of both before training; nil: nothing.
	MeasuredStd      *number.Float `json:"measured_input_std,omitempty"`
	MeasuredGradient *number.Float `json:"measured_gradient,omitempty"`
}

// Signal predicts what the layers' activations receive before training, and the gradients there, from the functions
// and the initialization: the mean field theory of Poole et al. 2016 (arXiv:1606.05340) and Schoenholz et al. 2017
// (arXiv:1611.01232) with the layers' own numbers of inputs. Weights are independent of each other and of what they
// meet, and what an activation receives is normal. Then for a layer of weights of variance σ², each result of which
// sums n values v, E[z²] = n·σ²·E[v²] + E[b²], the mean over the places of a convolution whose border meets zeros;
// and a gradient goes back with the mean square times σ² and the number of results that a value has a part in.
//
// A norm divides by the standard deviation about the mean of a channel. What the gradient loses because that mean and
// deviation depend on the values is left out: little with relu, a factor of up to 6 over six layers with sigmoid,
// whose gradients are much the same for all images. The k values of which the maximum is taken are normal with the
// correlation of neighbours, which is that of the images at first and follows f, and the gradient goes to the
// largest; values that a norm has made of f(z) are taken to be normal too. Sums add independent terms. Dropout does
// nothing, as in a probe. Where no gradient reaches the last layer with an activation, the ratios are NaN.
func (net *Net) Signal(of layer.Moments) ([]LayerSignal, error) {
	list, err := net.List(net.Input.Channels)
	if err != nil {
		return nil, err
	}
	shapes, err := list.Shapes()
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	begin := map[string]float64{} // the variances of parameters
	for _, p := range net.Parameters {
		begin[p.Name] = variance(p.Init)
	}
	results := map[string]layer.Moments{images: of}
	// back is by how much the mean square of the gradient of a layer's result changes on its way to that of its
	// inputs.
	back := map[string]float64{}
	for _, n := range list.Layers {
		l, ok := n.Layer.(layer.Signaler)
		if !ok {
			return nil, fmt.Errorf("model: %s: signals through it are not known", n.Name)
		}
		s := layer.Start{In: n.In(shapes)}
		for _, in := range n.Inputs {
			s.Moments = append(s.Moments, results[in])
		}
		for _, p := range n.Params() {
			s.Variance = append(s.Variance, begin[p.Name])
		}
		for _, i := range list.Readers(n.Name) {
			s.Readers = append(s.Readers, list.Layers[i].Layer)
		}
		results[n.Name], back[n.Name] = l.Signal(s)
	}
	gradients := map[string]float64{list.Output(): 1}
	var all []LayerSignal
	for _, n := range slices.Backward(list.Layers) {
		for _, from := range n.Inputs {
			gradients[from] += gradients[n.Name] * back[n.Name]
		}
		if l, ok := n.Layer.(layer.Activation); ok {
			all = append(all, LayerSignal{
				Layer: net.Activations[len(net.Activations)-1-len(all)].Layer, Function: l.Function.String(),
				InputStd: number.Float(results[n.Inputs[0]].Deviation()),
				Gradient: number.Float(gradients[n.Inputs[0]]),
			})
		}
	}
	last := all[0].Gradient
	for i := range all {
		all[i].Gradient = number.Float(math.Sqrt(float64(all[i].Gradient / last)))
	}
	slices.Reverse(all)
	return all, nil
}
