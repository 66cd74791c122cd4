package fuse

import "actfn/internal/layer"

// Zeros has linear layers skip the zeros that an activation such as ReLU leaves in their input, and in the gradient of
// their result: see layer.Linear.SkipZeros. The same bits where weights are finite, except with the portable kernels: they
// add terms in fours, so that leaving one out groups the sums of dx in another way, within 2e-6 of the largest.
var Zeros = Rewrite{"zeros", func(l layer.List) layer.List {
	return each(l, func(n layer.Named) layer.Named {
		if linear, ok := n.Layer.(layer.Linear); ok {
			linear.SkipZeros = true
			n.Layer = linear
		}
		return n
	})
}}
