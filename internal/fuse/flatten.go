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
		linear := func(i int) bool { _, ok := l.Layers[i].Layer.(layer.Linear); return ok }
		readers := l.Readers(n.Name)
		if _, ok := n.Layer.(layer.Flatten); ok && len(readers) > 0 && !slices.ContainsFunc(readers, func(i int) bool { return !linear(i) }) {
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
