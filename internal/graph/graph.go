// Package graph puts a list of layers into a Gorgonia graph, differentiates it and runs it. Nothing else knows
// Gorgonia: a layer is adapted by one pair of ops, forward and backward.
package graph

import (
	"errors"
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/number"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

// Graph is a network for batches of one number of columns. One goroutine may use it at a time.
type Graph struct {
	expression *gorgonia.ExprGraph
	list       layer.List
	columns    int
	values     map[string]*gorgonia.Node // inputs, parameters and results of the layers
	gradients  map[string]*gorgonia.Node // of the same; none where it is not wanted
	updates    map[string]*layer.Grad    // of the parameters that their layer updates
	layers     []*forward
	inputs     []gorgonia.Nodes // of each layer: values, then parameters
	parameters []string
	tape       tape

	updated *bool // a parameter has been updated in this run; shared with the ops, which must not hold the graph: see New
	broken  error // a run failed after that
}

// Options are how a graph is made.
type Options struct {
	Columns int
	// Training differentiates the sum of the last layer's result by every parameter that is no buffer.
	Training bool
	// Values differentiates by the results of the layers alone, and by no parameter.
	Values bool
	Pool   *worker.Pool
	// Value is where the values of a parameter lie, as they are stored; the graph uses and updates them there.
	Value func(layer.Param) []float32
}

// New makes the graph of a list of layers. Nothing that it puts into Gorgonia's graph may point back to it: Gorgonia sets a
// finalizer on its machine, and what is in a cycle with that is never freed.
func New(list layer.List, o Options) (*Graph, error) {
	g := &Graph{
		expression: gorgonia.NewGraph(), list: list, columns: o.Columns, values: map[string]*gorgonia.Node{},
		gradients: map[string]*gorgonia.Node{}, updates: map[string]*layer.Grad{}, updated: new(bool),
	}
	shapes, err := list.Shapes()
	if err != nil {
		return nil, err
	}
	params, err := list.Params()
	if err != nil {
		return nil, err
	}
	for _, p := range params {
		g.values[p.Name] = g.leaf(p.Name, o.Value(p), storedShape(p)...)
		g.parameters = append(g.parameters, p.Name)
	}
	for _, in := range list.Inputs {
		g.values[in.Name] = g.leaf(in.Name, nil, g.batch(in.Shape)...)
	}
	wanted := wanted(list)
	for _, n := range list.Layers {
		if err := g.add(n, shapes, wanted, o); err != nil {
			return nil, fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	if o.Training {
		if err := g.differentiate(o.Values); err != nil {
			return nil, err
		}
		g.Draw(0, 0)
	}
	g.tape = newTape(g.expression)
	return g, nil
}

// storedShape is the shape of the tensor that holds a parameter as it is stored.
func storedShape(p layer.Param) []int {
	if p.Panels {
		return []int{kernel.Panels(p.Shape[0]), p.Shape[1], kernel.PanelWidth}
	}
	return p.Shape
}

// batch is the shape of a whole batch of values.
func (g *Graph) batch(s layer.Shape) []int { return append(slices.Clone(s), g.columns) }

// floats makes the memory of a tensor.
func floats(shape []int) []float32 { return kernel.Floats(layer.Shape(shape).Size()) }

// leaf is a node that no op computes; without values it waits to be fed.
func (g *Graph) leaf(name string, values []float32, shape ...int) *gorgonia.Node {
	node := gorgonia.NewTensor(g.expression, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...))
	if values != nil {
		gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values)))(node)
	}
	return node
}

// wanted says which values need a gradient: those that a trained parameter has a part in.
func wanted(list layer.List) map[string]bool {
	wanted := map[string]bool{}
	for _, n := range list.Layers {
		wanted[n.Name] = slices.ContainsFunc(n.Inputs, func(in string) bool { return wanted[in] }) ||
			slices.ContainsFunc(n.Params(), func(p layer.Param) bool { return !p.Buffer })
	}
	return wanted
}

// add puts a layer into the graph.
func (g *Graph) add(n layer.Named, shapes map[string]layer.Shape, wanted map[string]bool, o Options) error {
	f := &forward{layer: n, context: &layer.Context{}, x: make([][]float32, len(n.Inputs)), updated: g.updated}
	var inputs gorgonia.Nodes
	for _, name := range n.Inputs {
		inputs = append(inputs, g.values[name])
		f.wantDX = append(f.wantDX, o.Training && wanted[name])
	}
	params := n.Params()
	f.context.Grad = make([]layer.Grad, len(params))
	for i, p := range params {
		inputs = append(inputs, g.values[p.Name])
		f.context.Value = append(f.context.Value, memory(g.values[p.Name]))
		switch grad := &f.context.Grad[i]; {
		case !o.Training || o.Values || p.Buffer:
		case updates(n.Layer, i) && g.readers(p.Name) == 1:
			g.updates[p.Name] = grad
		default:
			grad.Whole = kernel.Floats(p.Stored())
		}
	}
	f.op = n.New(layer.Build{In: n.In(shapes), Columns: o.Columns, Training: o.Training, WantDX: f.wantDX, Pool: o.Pool})
	shape := g.batch(shapes[n.Name])
	f.base = newBase(n.Name, inputs, floats(shape), shape...)
	node, err := gorgonia.ApplyOp(f, inputs...)
	if err != nil {
		return err
	}
	gorgonia.WithName(n.Name)(node)
	g.values[n.Name] = node
	g.layers, g.inputs = append(g.layers, f), append(g.inputs, inputs)
	return nil
}

// updates reports that a layer can update parameter i in its backward pass.
func updates(l layer.Layer, i int) bool {
	u, ok := l.(layer.Updater)
	return ok && u.Updates()[i]
}

// readers is the number of layers that have a parameter.
func (g *Graph) readers(parameter string) int {
	count := 0
	for _, n := range g.list.Layers {
		if slices.ContainsFunc(n.Params(), func(p layer.Param) bool { return p.Name == parameter }) {
			count++
		}
	}
	return count
}

// differentiate walks the layers in reverse and lets each op differentiate itself, as Gorgonia's Backpropagate does,
// but adds the gradients of what is read several times in the order of the list and into memory of their own. Where only
// those of values are wanted, it leaves out the layers before which there are none.
func (g *Graph) differentiate(values bool) error {
	last := g.values[g.list.Output()]
	ones := kernel.Floats(last.Shape().TotalSize())
	kernel.Fill(ones, 1)
	found := map[*gorgonia.Node]gorgonia.Nodes{last: {g.leaf("gradient of "+last.Name(), ones, last.Shape()...)}}
	total := func(name string, n *gorgonia.Node) (err error) {
		terms := slices.Clone(found[n])
		slices.Reverse(terms)
		g.gradients[name], err = add("gradient of "+name, terms)
		return err
	}
	for i, f := range slices.Backward(g.layers) {
		y := g.values[f.layer.Name]
		if len(found[y]) == 0 {
			continue
		}
		if err := total(f.layer.Name, y); err != nil {
			return err
		}
		if values && !slices.Contains(f.wantDX, true) {
			continue
		}
		in := g.inputs[i]
		gradients, err := f.SymDiff(in, y, g.gradients[f.layer.Name])
		if err != nil {
			return err
		}
		for k, d := range gradients {
			if d != nil {
				found[in[k]] = append(found[in[k]], d)
			}
		}
	}
	for _, name := range g.parameters {
		if n := g.values[name]; len(found[n]) > 0 {
			if err := total(name, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// Columns is the number of columns N.
func (g *Graph) Columns() int { return g.columns }

// Feed makes values those of an input, without a copy.
func (g *Graph) Feed(name string, values []float32) error {
	node := g.values[name]
	if want := node.Shape().TotalSize(); len(values) != want {
		return fmt.Errorf("%s has %d values, want %d", name, len(values), want)
	}
	if fed, ok := node.Value().(*tensor.Dense); ok {
		tensor.WithBacking(values)(fed)
		return nil
	}
	return gorgonia.Let(node, tensor.New(tensor.WithShape(node.Shape()...), tensor.WithBacking(values)))
}

// Draw decides what layers draw in the next runs: functions of the seed, the layer's purpose and the step.
func (g *Graph) Draw(seed uint64, step int) {
	for _, f := range g.layers {
		d, ok := f.layer.Layer.(layer.Drawer)
		if !ok {
			continue
		}
		draws := rng.New(seed, d.Purpose(), step)
		base := func(stream int) uint64 { return uint64(stream) << 40 } // a layer has fewer than 2⁴⁰ elements
		f.context.Draws = layer.Draws{
			Draw:   func(dst []float32, stream, element int) { draws.Singles(dst, base(stream)|uint64(element)) },
			DrawAt: func(dst []float32, stream int, elements []int) { draws.SinglesAt(dst, base(stream), elements) },
		}
	}
}

// SetUpdate has the next runs update a parameter in the backward pass, with the running averages a and b, and reports
// whether there is a layer that does so. Such a layer wants an update before the first run.
func (g *Graph) SetUpdate(parameter string, update kernel.Update, a, b []float32) bool {
	grad, ok := g.updates[parameter]
	if ok {
		grad.Update, grad.A, grad.B = update, a, b
	}
	return ok
}

// Run executes the graph on what was fed, of which the first columns are images. A graph that updates parameters refuses
// every other mode than training, and a run before SetUpdate. After a run that failed when
// parameters had already been updated, weights are neither those before nor those after the step: it and every later
// run then return the same *PartialError.
func (g *Graph) Run(images int, mode layer.Mode) (err error) {
	if g.broken != nil {
		return g.broken
	}
	for name, grad := range g.updates {
		if mode != layer.Train || grad.Update == nil {
			return fmt.Errorf("%s: the graph updates it in the backward pass, want a training run after SetUpdate", name)
		}
	}
	for _, f := range g.layers {
		f.context.Images, f.context.Mode, f.context.Err = images, mode, nil
	}
	*g.updated = false
	finished := false
	defer func() {
		if !finished && *g.updated { // an error, or a panic
			if err == nil {
				err = errors.New("panic")
			}
			g.broken = &PartialError{err}
			err = g.broken
		}
	}()
	err = g.tape.run()
	finished = err == nil
	for _, f := range g.layers {
		if f.context.Err != nil { // without what Gorgonia says of the instruction
			return fmt.Errorf("%s: %w", f.layer.Name, f.context.Err)
		}
	}
	return err
}

// Broken is the *PartialError of a run that failed, or nil.
func (g *Graph) Broken() error { return g.broken }

// PartialError is a run that failed after it had updated some parameters.
type PartialError struct{ Cause error }

func (e *PartialError) Error() string {
	return fmt.Sprintf("step failed after some weights were updated: %v", e.Cause)
}

func (e *PartialError) Unwrap() error { return e.Cause }

// Value is what an input, a parameter or a layer's result holds, valid until the next run.
func (g *Graph) Value(name string) []float32 { return memory(g.values[name]) }

// Gradient is that of a value or a parameter in the last run, valid until the next; nil where there is none.
func (g *Graph) Gradient(name string) []float32 {
	if n := g.gradients[name]; n != nil {
		return memory(n)
	}
	return nil
}

// FirstNonFinite names the first value that holds NaN or ±Inf, in the order in which a fault spreads: inputs,
// parameters, outputs of the layers. It is "" where all are finite.
func (g *Graph) FirstNonFinite() string {
	var names []string
	for _, in := range g.list.Inputs {
		names = append(names, in.Name)
	}
	names = append(names, g.parameters...)
	for _, n := range g.list.Layers {
		names = append(names, n.Name)
	}
	i := slices.IndexFunc(names, func(name string) bool {
		return slices.ContainsFunc(g.Value(name), func(v float32) bool { return !number.Finite(float64(v)) })
	})
	switch {
	case i < 0:
		return ""
	case i >= len(names)-len(g.list.Layers):
		return "output of " + names[i]
	}
	return names[i]
}
