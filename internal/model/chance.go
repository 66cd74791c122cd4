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
	base := func(stream int) uint64 { return uint64(stream) << 40 } // a layer has fewer than 2⁴⁰ elements
	c.Draw = func(dst []float32, stream, element int) { draws.Singles(dst, base(stream)|uint64(element)) }
	c.DrawAt = func(dst []float32, stream int, elements []int) { draws.SinglesAt(dst, base(stream), elements) }
}
