package model

import (
	"actfn/internal/op"
	"actfn/internal/rng"
)

// chance is where the activation of a layer draws from.
type chance struct {
	op.Chance
	layer string
}

// begin makes the draws those of one step: functions of (seed, layer, step, stream, element) alone.
func (c *chance) begin(seed uint64, step int) {
	draws := rng.New(seed, "activation "+c.layer, step)
	c.Draw = func(stream, element int) float32 {
		bits := draws.Uint64(uint64(stream)<<40 | uint64(element)) // a layer has fewer than 2⁴⁰ elements
		return float32(bits>>40) * 0x1p-24
	}
}
