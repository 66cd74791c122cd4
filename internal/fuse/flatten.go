package fuse

import (
	"slices"

	"actfn/internal/layer"
)

// Flatten drops layers that only flatten, where linear layers read them: values lie in the same order, and a linear
// layer takes any shape. The same bits.
var Flatten = Rewrite{"flatten", func(l layer.List) layer.List {
	dropped := map[string]string{} // to the input that is read instead
	for _, n := range l.Layers {
		readers := l.Readers(n.Name)
		needed := len(readers) == 0 || slices.ContainsFunc(readers, func(i int) bool {
			_, linear := l.Layers[i].Layer.(layer.Linear)
			return !linear
		})
		if _, ok := n.Layer.(layer.Flatten); ok && !needed {
			dropped[n.Name] = n.Inputs[0]
		}
	}
	l.Layers = slices.DeleteFunc(slices.Clone(l.Layers), func(n layer.Named) bool { return dropped[n.Name] != "" })
	return each(l, func(n layer.Named) layer.Named {
		n.Inputs = slices.Clone(n.Inputs)
		for i, name := range n.Inputs {
			if from := dropped[name]; from != "" {
				n.Inputs[i] = from
			}
		}
		return n
	})
}}
