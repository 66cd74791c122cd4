package fuse

import "actfn/internal/layer"

// Zeros has linear layers skip the zeros that an activation such as ReLU leaves in their input, and in the gradient of
// their result: see layer.Linear.SkipZeros. The same bits where weights are finite.
var Zeros = Rewrite{"zeros", func(l layer.List) layer.List {
	return each(l, func(n layer.Named) layer.Named {
		if linear, ok := n.Layer.(layer.Linear); ok {
			linear.SkipZeros = true
			n.Layer = linear
		}
		return n
	})
}}
