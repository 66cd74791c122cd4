package layer

import (
	"fmt"
	"slices"
)

// List is a network: what it is fed, and its layers in an order in which each comes after those it reads.
type List struct {
	Inputs []Input
	Layers []Named
}

// Input is an array that the caller feeds.
type Input struct {
	Name  string
	Shape Shape
}

// Named is a layer in a network. Its name is that of its result, by which other layers read it.
type Named struct {
	Name string
	Layer
	Inputs []string
}

// Add appends a layer.
func (l *List) Add(name string, layer Layer, inputs ...string) {
	l.Layers = append(l.Layers, Named{name, layer, inputs})
}

// Output is the name of the last layer.
func (l List) Output() string { return l.Layers[len(l.Layers)-1].Name }

// Shapes are those of the inputs and of every layer's result, by name.
func (l List) Shapes() (map[string]Shape, error) {
	shapes := map[string]Shape{}
	for _, in := range l.Inputs {
		shapes[in.Name] = in.Shape
	}
	for _, n := range l.Layers {
		if _, twice := shapes[n.Name]; twice {
			return nil, fmt.Errorf("%s: name is given twice", n.Name)
		}
		in, err := n.in(shapes)
		if err != nil {
			return nil, err
		}
		if shapes[n.Name], err = n.Out(in); err != nil {
			return nil, fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	return shapes, nil
}

// In are the shapes of a layer's inputs, given all shapes.
func (n Named) In(shapes map[string]Shape) []Shape {
	in, _ := n.in(shapes)
	return in
}

func (n Named) in(shapes map[string]Shape) ([]Shape, error) {
	var in []Shape
	for _, name := range n.Inputs {
		shape, ok := shapes[name]
		if !ok {
			return nil, fmt.Errorf("%s: input is %s, which does not come before it", n.Name, name)
		}
		in = append(in, shape)
	}
	return in, nil
}

// Params are the parameters of all layers, each once, in the order of the layers.
func (l List) Params() ([]Param, error) {
	var all []Param
	known := map[string]Param{}
	for _, n := range l.Layers {
		for _, p := range n.Params() {
			first, shared := known[p.Name]
			switch {
			case !shared:
				known[p.Name] = p
				all = append(all, p)
			case !slices.Equal(first.Shape, p.Shape) || first.Panels != p.Panels || first.Buffer != p.Buffer:
				return nil, fmt.Errorf("%s: parameter %s is shared with one that differs from it, %s", n.Name, p, first)
			}
		}
	}
	return all, nil
}

// MinImages is the least number of images that a batch must have in training, and the first layer that needs so many:
// see Batched.
func (l List) MinImages() (n int, layer string, err error) {
	shapes, err := l.Shapes()
	n = 1
	for _, named := range l.Layers {
		if b, ok := named.Layer.(Batched); ok && err == nil {
			if least := b.MinImages(named.In(shapes)); least > n {
				n, layer = least, named.Name
			}
		}
	}
	return n, layer, err
}

// Readers are the positions of the layers that read a value.
func (l List) Readers(name string) []int {
	var found []int
	for i, n := range l.Layers {
		if slices.Contains(n.Inputs, name) {
			found = append(found, i)
		}
	}
	return found
}
