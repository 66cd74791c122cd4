package fuse_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"actfn/internal/activations"
	"actfn/internal/fuse"
	"actfn/internal/graph"
	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
	"actfn/internal/model"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

// network is a list of layers in a graph, with its own parameters.
type network struct {
	*graph.Graph
	list   layer.List
	params []layer.Param
	values map[string][]float32 // of the parameters, as they are stored
}

// build makes the graph of a list. Parameters are drawn by their names: lists that have the same begin with the same.
func build(t *testing.T, list layer.List, columns int, training bool) *network {
	t.Helper()
	pool := worker.New(2)
	t.Cleanup(pool.Close)
	n := &network{list: list, values: map[string][]float32{}}
	var err error
	if n.params, err = list.Params(); err != nil {
		t.Fatal(err)
	}
	for _, p := range n.params {
		values := noise(p.Size(), p.Name)
		for i, v := range values {
			if p.Init.FanIn > 0 {
				values[i] = v * float32(math.Sqrt(3/float64(p.Init.FanIn)))
			} else {
				values[i] = float32(p.Init.Value) + v/10
			}
		}
		n.values[p.Name] = kernel.Floats(p.Stored())
		p.Import(n.values[p.Name], values)
	}
	n.Graph, err = graph.New(list, graph.Options{
		Columns: columns, Training: training, Pool: pool, Value: func(p layer.Param) []float32 { return n.values[p.Name] },
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// noise is n different values on [−1, 1) in random order.
func noise(n int, purpose string) []float32 {
	x := make([]float32, n)
	layertest.Spread(x, rng.New(1, purpose, 0))
	for i := range x {
		x[i] /= 2
	}
	return x
}

// run feeds every input of the list noise, but labels, of which the last three columns are padding.
func (n *network) run(t *testing.T, mode layer.Mode) {
	t.Helper()
	for _, in := range n.list.Inputs {
		columns := n.Columns()
		x := noise(in.Shape.Size()*columns, in.Name)
		if in.Name == "labels" {
			for i := range x {
				x[i] = float32(i % 3)
				if i >= columns-3 {
					x[i] = -1
				}
			}
		}
		if err := n.Feed(in.Name, x); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Run(n.Columns()-3, mode); err != nil {
		t.Fatal(err)
	}
}

// near says whether values are within a part of the largest of those wanted; a part of 0 means the same bits.
func near(got, want []float32, part float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("there are %d values, want %d", len(got), len(want))
	}
	top := 0.0
	for _, v := range want {
		top = max(top, math.Abs(float64(v)))
	}
	for i, v := range want {
		if math.Float32bits(got[i]) == math.Float32bits(v) {
			continue
		}
		if d := math.Abs(float64(got[i]) - float64(v)); part == 0 || !(d <= part*top) {
			return fmt.Errorf("value %d is %g, want %g within %g of the largest, %g", i, got[i], v, part, top)
		}
	}
	return nil
}

// gradients are how far they may be from those of the plain list where sums have another order: see package fuse.
const gradients = 2e-6

// limits are the errors that a comparison allows, as parts of the largest value. 0: the same bits.
type limits struct{ values, gradients float64 }

// compare runs a list as it is and rewritten, in training and forward alone, and compares the values and the gradients that
// both have. It returns the rewritten list.
func compare(t *testing.T, plain layer.List, columns int, l limits, rewrites ...fuse.Rewrite) layer.List {
	t.Helper()
	fused := apply(t, plain, rewrites...)
	for _, training := range []bool{true, false} {
		a, b := build(t, plain, columns, training), build(t, fused, columns, training)
		mode := layer.Evaluate
		if training {
			mode = layer.Train
		}
		for step := range 2 { // the second meets what the first has left
			if training {
				a.Draw(7, step)
				b.Draw(7, step)
			}
			a.run(t, mode)
			b.run(t, mode)
			compareRuns(t, a, b, l)
		}
	}
	return fused
}

func compareRuns(t *testing.T, plain, fused *network, l limits) {
	t.Helper()
	for _, n := range fused.list.Layers {
		if err := near(fused.Value(n.Name), plain.Value(n.Name), l.values); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
	}
	check := func(name string) {
		got, want := fused.Gradient(name), plain.Gradient(name)
		if got == nil != (want == nil) {
			t.Errorf("%s has a gradient in one list alone", name)
		} else if err := near(got, want, l.gradients); err != nil {
			t.Errorf("gradient of %s: %v", name, err)
		}
	}
	for _, p := range plain.params {
		// The stem's are sums of what the gradient of its result is compared with, and may cancel.
		if l.gradients == 0 || !strings.HasPrefix(p.Name, "stem.") {
			check(p.Name)
		}
	}
	for _, n := range fused.list.Layers {
		check(n.Name)
	}
}

// apply makes rewrites one after the other and checks that each leaves its argument as it was, makes nothing new of its
// own result, and keeps the parameters.
func apply(t *testing.T, l layer.List, rewrites ...fuse.Rewrite) layer.List {
	t.Helper()
	for _, r := range rewrites {
		before := deepCopy(l)
		fused := r.Apply(l)
		if !reflect.DeepEqual(l, before) {
			t.Errorf("%s changes the list that it is given", r.Name)
		}
		once := deepCopy(fused)
		if again := r.Apply(fused); !reflect.DeepEqual(again, once) || !reflect.DeepEqual(fused, once) {
			t.Errorf("%s makes something else of its own result", r.Name)
		}
		want, err := l.Params()
		got, err2 := fused.Params()
		if err != nil || err2 != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: parameters are %v, %v, want %v, %v", r.Name, got, err2, want, err)
		}
		l = fused
	}
	return l
}

func deepCopy(l layer.List) layer.List {
	l.Inputs, l.Layers = slices.Clone(l.Inputs), slices.Clone(l.Layers)
	for i := range l.Layers {
		l.Layers[i].Inputs = slices.Clone(l.Layers[i].Inputs)
	}
	return l
}

// shape shows a list's layers as name:type, without the package.
func shape(l layer.List) string {
	var all []string
	for _, n := range l.Layers {
		kind := fmt.Sprintf("%T", n.Layer)
		all = append(all, n.Name+":"+kind[strings.LastIndexByte(kind, '.')+1:])
	}
	return strings.Join(all, " ")
}

func checkShape(t *testing.T, l layer.List, want string) {
	t.Helper()
	if got := shape(l); got != want {
		t.Errorf("layers are\n%s\nwant\n%s", got, want)
	}
}

// input begins a list that reads images of one shape, and labels.
func input(s ...int) layer.List {
	return layer.List{Inputs: []layer.Input{{Name: "images", Shape: s}, {Name: "labels", Shape: layer.Shape{}}}}
}

// classify ends a list with a linear layer of 3 classes and the loss, so that the gradients are of all kinds.
func classify(t *testing.T, l *layer.List) {
	t.Helper()
	shapes, err := l.Shapes()
	if err != nil {
		t.Fatal(err)
	}
	last := l.Output()
	l.Add("logits", layer.Linear{Name: "logits", Inputs: shapes[last].Size(), Features: 3}, last)
	l.Add("loss", layer.CrossEntropy{Classes: 3}, "logits", "labels")
}

func activation(t *testing.T, name, spec string, channels int) layer.Activation {
	t.Helper()
	a, err := activations.Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	return layer.Activation{Name: name, Function: a, Channels: channels}
}

// stem is a layer with a parameter before those to be fused, so that the gradient of their input is wanted.
func stem(t *testing.T, l *layer.List, channels int) {
	t.Helper()
	l.Add("stem", activation(t, "stem", "prelu(slope=0.5!channel)", channels), "images")
}

// TestAll rewrites whole networks as they are trained.
func TestAll(t *testing.T) {
	layertest.OnEachPath(t, func(t *testing.T) {
		for _, v := range []struct {
			name    string
			change  func(*model.Config)
			in      model.Input
			planes  int
			columns int
			spec    string
		}{
			{"default", func(*model.Config) {}, model.Input{Channels: 3, Height: 12, Width: 12}, 3, 32, "relu"},
			{"gray", func(*model.Config) {}, model.Input{Channels: 3, Height: 12, Width: 12}, 1, 32, "tanh"},
			{"deep", func(c *model.Config) { c.Filters = []int{6, 9, 5} }, model.Input{Channels: 1, Height: 16, Width: 12}, 1, 8, "leaky_relu"},
			{"overlapping", func(c *model.Config) {
				c.Filters, c.Kernel, c.Padding, c.Pool, c.Hidden = []int{5, 7}, []int{5, 3}, []int{2, 0}, []int{3}, []int{40, 33}
			}, model.Input{Channels: 2, Height: 15, Width: 15}, 2, 16, "gelu"},
			{"strided", func(c *model.Config) {
				c.Filters, c.Stride, c.Pool, c.PoolStride = []int{8, 5}, []int{2, 1}, []int{1}, []int{1}
			}, model.Input{Channels: 3, Height: 9, Width: 9}, 1, 40, "conv=prelu(slope=0.1!channel), fc=rrelu"},
			{"norm before", func(c *model.Config) { c.Filters, c.Norm = []int{6, 5}, "batch" }, model.Input{Channels: 3, Height: 12, Width: 12}, 3, 24, "gelu"},
			{"norm after", func(c *model.Config) {
				c.Filters, c.Norm, c.NormOrder, c.Dropout = []int{6, 5}, "batch", "after", 0.5
			}, model.Input{Channels: 3, Height: 12, Width: 12}, 3, 24, "tanh"},
		} {
			t.Run(v.name, func(t *testing.T) {
				config := model.Default()
				config.Activation = v.spec
				v.change(&config)
				pool := worker.New(1)
				defer pool.Close()
				net, err := model.Declare(config, v.in, 3, pool)
				if err != nil {
					t.Fatal(err)
				}
				plain, err := net.List(v.planes)
				if err != nil {
					t.Fatal(err)
				}
				logits := plain.Output()
				plain.Inputs = append(plain.Inputs, layer.Input{Name: "labels", Shape: layer.Shape{}})
				plain.Add("loss", layer.CrossEntropy{Classes: 3, Smoothing: 0.1}, logits, "labels")
				fused := compare(t, plain, v.columns, limits{1e-6, gradients}, fuse.Except(fuse.Update)...)
				if fused.Output() != plain.Output() || len(fused.Layers) >= len(plain.Layers) {
					t.Errorf("layers are %s", shape(fused))
				}
			})
		}
	})
}

// Except keeps the order of All, and Apply makes the rewrites in the order in which they are given.
func TestExcept(t *testing.T) {
	names := func(all []fuse.Rewrite) (names []string) {
		for _, r := range all {
			names = append(names, r.Name)
		}
		return names
	}
	if got, want := names(fuse.Except(fuse.Update, fuse.Flatten)), []string{"winograd", "conv_pool", "gray", "zeros"}; !slices.Equal(got, want) {
		t.Errorf("without two, rewrites are %v, want %v", got, want)
	}
	if got, want := names(fuse.All), []string{"flatten", "winograd", "conv_pool", "gray", "zeros", "update"}; !slices.Equal(got, want) {
		t.Errorf("rewrites are %v, want %v", got, want)
	}
	l := repeated(t)
	l.Add("act", activation(t, "conv.activation", "tanh", 6), "conv")
	checkShape(t, fuse.Apply(l, fuse.ConvPool, fuse.Gray), "stem:Activation act:gray")
	checkShape(t, fuse.Apply(l, fuse.Gray, fuse.ConvPool), "stem:Activation conv:gray act:Activation")
}

// residual is conv → norm → activation and then a residual block whose shape changes, as ResNets have them.
func residual(t *testing.T) layer.List {
	l := input(3, 8, 8)
	block := func(n string, from, to, stride int, x string) {
		l.Add("conv"+n, layer.Convolution{
			Name: "conv" + n, Channels: from, Filters: to, Kernel: 3, Stride: stride, Padding: 1, NoBias: true,
		}, x)
		l.Add("bn"+n, layer.BatchNorm{Name: "bn" + n, Channels: to}, "conv"+n)
	}
	block("1", 3, 6, 1, "images")
	l.Add("act1", activation(t, "conv1.activation", "leaky_relu", 6), "bn1")
	block("2", 6, 9, 2, "act1")
	l.Add("act2", activation(t, "conv2.activation", "prelu(slope=0.1!channel)", 9), "bn2")
	block("3", 9, 9, 1, "act2")
	l.Add("shortcut", layer.Shortcut{Channels: 9, Stride: 2}, "act1")
	l.Add("add", layer.Add{}, "bn3", "shortcut")
	l.Add("act3", activation(t, "conv3.activation", "silu", 9), "add")
	l.Add("average", layer.GlobalAverage{}, "act3")
	classify(t, &l)
	return l
}

// TestNormsInTraining rewrites networks with norms: nothing moves across one.
func TestNormsInTraining(t *testing.T) {
	rewrites := fuse.Except(fuse.Update)
	layertest.OnEachPath(t, func(t *testing.T) {
		before, after, gray := input(3, 9, 11), input(3, 9, 11), input(1, 9, 11)
		stem(t, &before, 3)
		normed(t, &before, 3, 1, false, "gelu")
		before.Add("flatten", layer.Flatten{}, "pool")
		classify(t, &before)
		const conv, rest = "stem:Activation conv:Convolution ", "act:Activation pool:MaxPool logits:Linear loss:CrossEntropy"
		checkShape(t, compare(t, before, 40, limits{0, gradients}, rewrites...), conv+"bn:BatchNorm "+rest)

		stem(t, &after, 3)
		after.Add("conv", layer.Convolution{Name: "conv", Channels: 3, Filters: 5, Kernel: 3, Stride: 1, Padding: 1}, "stem")
		after.Add("act", activation(t, "conv.activation", "gelu", 5), "conv")
		after.Add("bn", layer.BatchNorm{Name: "bn", Channels: 5}, "act")
		after.Add("pool", layer.MaxPool{Size: 2, Stride: 2}, "bn")
		classify(t, &after)
		checkShape(t, compare(t, after, 40, limits{0, gradients}, rewrites...),
			"stem:Activation act:convPool bn:BatchNorm pool:MaxPool logits:Linear loss:CrossEntropy")

		stem(t, &gray, 1)
		gray.Add("channels", layer.Repeat{Channels: 3}, "stem")
		normed(t, &gray, 3, 1, false, "tanh")
		classify(t, &gray)
		checkShape(t, compare(t, gray, 40, limits{1e-5, 1e-5}, rewrites...),
			"stem:Activation conv:gray bn:BatchNorm "+rest)

		l := residual(t)
		checkShape(t, compare(t, l, 24, limits{0, gradients}, rewrites...), shape(l))
	})
}
