package model

import (
	"fmt"
	"math"

	"actfn/internal/activations"
	"actfn/internal/fault"
	"actfn/internal/layer"
)

// The values of Config.Initialization.
const (
	Uniform = "pytorch" // layer.Init as the layers have it
	He      = "he"      // He et al. 2015, arXiv:1502.01852
	Matched = "matched" // the same for any activation
)

// Initial is what mean field theory says of an activation in wide layers that begin by an initialization.
type Initial struct {
	Initialization string `json:"initialization"`
	FanIn          int    `json:"fan_in"` // on which the variance of biases depends
	activations.MeanField
}

// wide is the FanIn of Initials.
const wide = 256

// Initials is the theory for every initialization.
func Initials(f activations.Activation) []Initial {
	uniform := variance(layer.Init{FanIn: wide})
	return []Initial{
		{Uniform, wide, f.MeanField(wide*uniform, uniform)},
		{He, wide, f.MeanField(2, 0)},
		{Matched, wide, f.MeanField(1/f.MeanSquare(), 0)},
	}
}

// variance is that of a parameter's initial values.
func variance(i layer.Init) float64 {
	switch {
	case i.Std > 0:
		return i.Std * i.Std
	case i.FanIn > 0:
		return 1 / (3 * float64(i.FanIn))
	}
	return 0
}

// Scale decides from which distribution the weights of convolutions and linear layers are drawn, by
// Config.Initialization. For he it is N(0, 2/n), and for matched N(0, 1/(n·E[v²])), where a value of the result is a
// weighted sum of n values v; biases are 0. images is E[v²] of the images that the network is fed. A draw of one seed is
// the same number times the standard deviation, whatever the activation. Other parameters begin as their layers say.
func (net *Net) Scale(images float64) error {
	if net.Config.Initialization == Uniform {
		return nil
	}
	list, err := net.List(net.Input.Channels)
	if err != nil {
		return err
	}
	begin := map[string]layer.Init{}
	for _, n := range list.Layers {
		for _, p := range n.Params() {
			switch {
			case p.Init.FanIn == 0: // not drawn
			case len(p.Shape) == 1:
				begin[p.Name] = layer.Init{} // a bias
			default:
				square := 0.5 // of relu
				if net.Config.Initialization == Matched {
					if square, err = entering(list, n, images); err != nil {
						return err
					}
				}
				begin[p.Name] = layer.Init{Std: 1 / math.Sqrt(float64(p.Init.FanIn)*square)}
			}
		}
	}
	for _, p := range net.Parameters {
		if init, ok := begin[p.Name]; ok {
			p.Init = init
		}
	}
	return nil
}

// entering is E[v²] of the values that enter a layer of weights: those of an activation f of standard normal z, E[f(z)²],
// through whatever lies between; 1 where a norm or other weights come before it.
func entering(list layer.List, weights layer.Named, images float64) (float64, error) {
	before := map[string]layer.Named{}
	for _, n := range list.Layers {
		before[n.Name] = n
	}
	for from := weights.Inputs[0]; ; from = before[from].Inputs[0] {
		square, what := 1.0, ""
		switch l := before[from].Layer.(type) {
		case nil:
			square, what = images, "the mean square of the training images"
		case layer.Activation:
			square, what = l.Function.MeanSquare(), fmt.Sprintf("E[f(z)²] of %s, %s,", from, l.Function)
		case layer.BatchNorm, layer.Convolution, layer.Linear:
		default:
			continue
		}
		if !(square > 0) || math.IsInf(square, 1) {
			err := fmt.Errorf("value is matched, but %s is %v, want a finite number above 0", what, square)
			return 0, fault.Usage(fault.At("model.initialization", err))
		}
		return square, nil
	}
}
