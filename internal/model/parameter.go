package model

import (
	"math"

	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/rng"
)

// Parameter is a parameter of the net's layers with its values.
type Parameter struct {
	layer.Param
	values []float32
}

// allocate makes the values, all zero, unless there are some: graphs hold on to them.
func (p *Parameter) allocate() {
	if p.values == nil {
		p.values = kernel.Floats(p.Stored())
	}
}

// Values are the live values, as they are stored: see Export.
func (p *Parameter) Values() []float32 { return p.values }

// Set gives the parameter values in PyTorch's order.
func (p *Parameter) Set(values []float32) {
	p.allocate()
	p.Import(p.values, values)
}

// initialise gives the parameter its initial values: see layer.Init. A draw depends on its place in PyTorch's shape.
func (p *Parameter) initialise(seed uint64) {
	p.allocate()
	draws := rng.New(seed, "initialise "+p.Name, 0)
	bound := 1 / math.Sqrt(float64(p.Init.FanIn))
	values := make([]float32, p.Size())
	for i := range values {
		switch {
		case p.Init.Std > 0:
			values[i] = float32(p.Init.Std * draws.Normal(uint64(i)))
		case p.Init.FanIn > 0:
			values[i] = float32(draws.Uniform(uint64(i), -bound, bound))
		default:
			values[i] = float32(p.Init.Value)
		}
	}
	p.Import(p.values, values)
}
