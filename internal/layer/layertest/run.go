package layertest

import (
	"fmt"
	"math"
	"slices"

	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/rng"
)

// given is what a run is given: inputs, (shape, N), parameters in PyTorch's order, and the gradient of the result.
type given struct {
	images int
	x, p   [][]float32
	dy     []float32 // zero in padding columns; nil: no backward pass
}

// outcome is what a run leaves.
type outcome struct {
	y          []float32
	dx         [][]float32 // nil: not wanted
	gradients  [][]float32 // of the parameters, as they are stored; nil of a buffer
	parameters [][]float32 // as they are stored
}

// array is one of the arrays of an outcome.
type array struct {
	what   string
	values []float32 // nil if there is none
	batch  bool      // it has a column for each of the batch's
}

// arrays lists the arrays of an outcome, always in the same order.
func (k *checker) arrays(o outcome) []array {
	all := []array{{"y", o.y, true}}
	for i, dx := range o.dx {
		all = append(all, array{fmt.Sprint("dx of input ", i), dx, true})
	}
	for i, p := range k.params {
		all = append(all, array{"gradient of " + p.Name, o.gradients[i], false})
		all = append(all, array{p.Name + " after the run", o.parameters[i], false})
	}
	return all
}

// dirty and dirtier are left in memory that a run is to write.
var dirty, dirtier = float32(math.NaN()), float32(7)

// given fills inputs and parameters and draws dy.
func (k *checker) given(b Batch) given {
	g := given{images: b.Images, dy: make([]float32, k.Out.Size()*b.Columns)}
	for i, shape := range k.In {
		x := make([]float32, shape.Size()*b.Columns)
		for n := range b.Columns {
			image := n
			if n >= b.Images {
				image = -1 - n
			}
			k.fill(x, i, n, b.Columns, image)
		}
		g.x = append(g.x, x)
	}
	for _, p := range k.params {
		g.p = append(g.p, parameter(p))
	}
	for n := range b.Images {
		s := rng.New(3, "dy", n)
		for e := range k.Out.Size() {
			g.dy[e*b.Columns+n] = float32(s.Uniform(uint64(e), -1, 1))
		}
	}
	return g
}

// fill gives one column of an input the values of an image, or of padding.
func (k *checker) fill(x []float32, input, column, columns, image int) {
	values := make([]float32, k.In[input].Size())
	k.Fill(values, input, image)
	setColumn(x, column, columns, values)
}

func setColumn(x []float32, column, columns int, values []float32) {
	for e, v := range values {
		x[e*columns+column] = v
	}
}

// parameter draws values near the initial ones, all different, in PyTorch's order.
func parameter(p layer.Param) []float32 {
	values := make([]float32, p.Size())
	s := rng.New(2, p.Name, 0)
	for i := range values {
		if u := s.Uniform(uint64(i), -1, 1); p.Init.FanIn > 0 {
			values[i] = float32(u * math.Sqrt(3/float64(p.Init.FanIn))) // y is about as large as x
		} else {
			values[i] = float32(p.Init.Value + u/10)
		}
	}
	return values
}

// stored is a parameter's values as they are stored.
func stored(p layer.Param, values []float32) []float32 {
	s := kernel.Floats(p.Stored())
	p.Import(s, values)
	return s
}

// instance is the layer in one graph.
type instance struct {
	*checker
	build  layer.Build
	op     layer.Op
	frozen bool // no gradient of a parameter is wanted
}

func (k *checker) build(b Batch, training bool, want []bool, workers int) *instance {
	if !training {
		want = make([]bool, len(k.In))
	}
	build := layer.Build{In: k.In, Columns: b.Columns, Training: training, WantDX: want, Pool: k.pools[workers]}
	return &instance{checker: k, build: build, op: k.Layer.New(build)}
}

// run runs the layer forward and, if dy is given, backward, on memory that holds dirt.
func (i *instance) run(mode layer.Mode, g given, dirt float32) outcome {
	o := outcome{dx: make([][]float32, len(i.In))}
	var memory []guarded
	room := func(what string, n int) []float32 {
		m := newGuarded(what, n, dirt)
		memory = append(memory, m)
		return m.room
	}
	c := &layer.Context{Images: g.images, Mode: mode, Draws: i.draws(mode), Grad: make([]layer.Grad, len(i.params))}
	var before [][]float32 // the parameters
	for n, p := range i.params {
		values := stored(p, g.p[n])
		c.Value, o.parameters, before = append(c.Value, values), append(o.parameters, values), append(before, slices.Clone(values))
		if g.dy != nil && !p.Buffer && !i.frozen {
			c.Grad[n].Whole = room("gradient of "+p.Name, p.Stored())
		}
		o.gradients = append(o.gradients, c.Grad[n].Whole)
	}
	for n, shape := range i.In {
		if g.dy != nil && i.build.WantDX[n] {
			o.dx[n] = room(fmt.Sprint("dx of input ", n), shape.Size()*i.build.Columns)
		}
	}
	o.y = room("y", i.Out.Size()*i.build.Columns)
	x := clones(g.x)
	i.op.Forward(c, o.y, x)
	if c.Err != nil {
		i.fault("Forward fails: %v", c.Err)
	}
	if g.dy != nil {
		y, dy := slices.Clone(o.y), slices.Clone(g.dy)
		i.op.Backward(c, slices.Clone(o.dx), dy, o.y, x)
		i.unchanged("Backward changes y", o.y, y)
		i.unchanged("Backward changes dy", dy, g.dy)
	}
	for n := range x {
		i.unchanged(fmt.Sprint("a run changes input ", n), x[n], g.x[n])
	}
	for n, p := range i.params {
		if !p.Buffer || mode != layer.Train {
			i.unchanged(fmt.Sprintf("a run in mode %d changes %s", mode, p.Name), o.parameters[n], before[n])
		}
	}
	for _, m := range memory {
		if m.broken() {
			i.fault("a run writes outside %s", m.what)
		}
	}
	return o
}

// draws are those of a layer that draws, as a graph gives them; in other modes than training nothing may be drawn.
func (i *instance) draws(mode layer.Mode) layer.Draws {
	drawer, ok := i.Layer.(layer.Drawer)
	if !ok {
		return layer.Draws{}
	}
	if mode != layer.Train {
		return layer.Draws{
			Draw:   func([]float32, int, int) { i.fault("something is drawn in mode %d", mode) },
			DrawAt: func([]float32, int, []int) { i.fault("something is drawn in mode %d", mode) },
		}
	}
	s := rng.New(4, drawer.Purpose(), 0)
	base := func(stream int) uint64 { return uint64(stream) << 40 }
	return layer.Draws{
		Draw:   func(dst []float32, stream, element int) { s.Singles(dst, base(stream)|uint64(element)) },
		DrawAt: func(dst []float32, stream int, elements []int) { s.SinglesAt(dst, base(stream), elements) },
	}
}

func (k *checker) unchanged(what string, got, want []float32) {
	if !slices.EqualFunc(got, want, equalBits) {
		k.fault("%s", what)
	}
}

func equalBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

func clones(all [][]float32) [][]float32 {
	var copies [][]float32
	for _, x := range all {
		copies = append(copies, slices.Clone(x))
	}
	return copies
}

// guarded is memory for a result, with margins that nobody may write.
type guarded struct {
	what        string
	whole, room []float32
}

const (
	margin = 16 // floats: a cache line, so that the room begins at one if the whole does
	canary = float32(1234.5)
)

func newGuarded(what string, n int, dirt float32) guarded {
	m := guarded{what: what, whole: kernel.Floats(n + 2*margin)}
	kernel.Fill(m.whole, canary)
	m.room = m.whole[margin : margin+n : margin+n]
	kernel.Fill(m.room, dirt)
	return m
}

func (m guarded) broken() bool {
	written := func(v float32) bool { return v != canary }
	return slices.ContainsFunc(m.whole[:margin], written) || slices.ContainsFunc(m.whole[len(m.whole)-margin:], written)
}
