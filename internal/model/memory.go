package model

import "actfn/internal/kernel"

// Memory estimates the bytes that training in batches takes: for each parameter its value, its
// gradient or a share of it, the optimiser's moments, and as much again while they are saved; for each
// image of a batch the values, gradients and working copies of each layer.
func (net *Net) Memory(batch, moments int) int64 {
	const size = 4 // bytes of a float32
	in := net.Input
	features := func(i Input) int64 { return int64(i.Channels) * int64(i.Height) * int64(i.Width) }
	column := 4 * features(in) // two batches on their way, a padded copy, and the float32s of the one at work
	for i, b := range net.Config.blocks() {
		out, err := b.output(in)
		if err != nil {
			break // Declare has refused it
		}
		column += 4 * features(out) // z, its activation, and their gradients
		if i > 0 {
			column += 3 * features(in) // a padded copy, its gradient, and that spread out
		}
		in = out
	}
	for _, h := range net.Config.Hidden {
		column += 4 * int64(h)
	}
	values := int64(0)
	for _, p := range net.Parameters {
		n := int64(1)
		for _, d := range p.Shape {
			n *= int64(d)
		}
		values += n
	}
	columns := int64(columns(batch) + kernel.Lanes)
	return size * (values*int64(2*(1+moments)) + columns*column)
}
