package graph

import (
	"errors"
	"fmt"
	"math"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
	"weak"

	"gorgonia.org/gorgonia"

	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

// scale is y = k·x + s, with a parameter k of one value, a buffer s that counts the training runs, and a fault that a
// test may set.
type scale struct {
	name     string
	forward  func() error // of Forward
	backward func()
}

func (l scale) Params() []layer.Param {
	return []layer.Param{
		{Name: l.name + ".k", Shape: []int{1}, Init: layer.Init{Value: 2}},
		{Name: l.name + ".runs", Shape: []int{1}, Buffer: true},
	}
}
func (scale) Out(in []layer.Shape) (layer.Shape, error) { return in[0], nil }
func (scale) Bytes([]layer.Shape, int, bool) int64      { return 0 }
func (l scale) New(layer.Build) layer.Op                { return l }

func (l scale) Forward(c *layer.Context, y []float32, x [][]float32) {
	if c.Mode == layer.Train {
		c.Value[1][0]++
	}
	kernel.MulScalar(y, x[0], c.Value[0][0])
	if l.forward != nil {
		c.Err = l.forward()
	}
}

func (l scale) Backward(c *layer.Context, dx [][]float32, dy, _ []float32, x [][]float32) {
	c.Grad[0].Whole[0] = float32(kernel.SumProducts(dy, x[0]))
	if dx[0] != nil {
		kernel.MulScalar(dx[0], dy, c.Value[0][0])
	}
	if l.backward != nil {
		l.backward()
	}
}

// product is y = a·b, element by element.
type product struct{}

func (product) Params() []layer.Param                     { return nil }
func (product) Out(in []layer.Shape) (layer.Shape, error) { return in[0], nil }
func (product) Bytes([]layer.Shape, int, bool) int64      { return 0 }
func (l product) New(layer.Build) layer.Op                { return l }
func (product) Forward(_ *layer.Context, y []float32, x [][]float32) {
	kernel.Mul(y, x[0], x[1])
}
func (product) Backward(_ *layer.Context, dx [][]float32, dy, _ []float32, x [][]float32) {
	for i := range dx {
		if dx[i] != nil {
			kernel.Mul(dx[i], dy, x[1-i])
		}
	}
}

// updating is a linear layer that updates its weights in the backward pass.
type updating struct{ layer.Linear }

func (updating) Updates() []bool { return []bool{true, false} }
func (l updating) New(b layer.Build) layer.Op {
	return updatingOp{l.Linear.New(b)}
}

type updatingOp struct{ layer.Op }

func (updatingOp) Backward(c *layer.Context, dx [][]float32, _, _ []float32, _ [][]float32) {
	g := c.Grad[0]
	g.Update(c.Value[0], g.A, g.B, c.Value[0], 0)
	for _, d := range dx {
		clear(d)
	}
}

// parameters are values by name, as a graph's Options want them: random, but as Init has them where it says.
type parameters map[string][]float32

func (p parameters) value(q layer.Param) []float32 {
	if p[q.Name] == nil {
		p[q.Name] = noise(q.Stored(), q.Name)
		if q.Init.FanIn == 0 {
			kernel.Fill(p[q.Name], float32(q.Init.Value))
		}
	}
	return p[q.Name]
}

func noise(n int, purpose string) []float32 {
	s := rng.New(1, purpose, 0)
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(s.Uniform(uint64(i), -1, 1))
	}
	return x
}

const columns = 8

// build makes the training graph of a list on new parameters.
func build(t *testing.T, list layer.List) (*Graph, parameters) {
	t.Helper()
	p := parameters{}
	pool := worker.New(2)
	t.Cleanup(pool.Close)
	g, err := New(list, Options{Columns: columns, Training: true, Pool: pool, Value: p.value})
	if err != nil {
		t.Fatal(err)
	}
	return g, p
}

func input(name string, shape ...int) []layer.Input { return []layer.Input{{Name: name, Shape: shape}} }

// classifier is a small network with a loss.
func classifier() layer.List {
	l := layer.List{Inputs: append(input("images", 2, 4, 4), input("labels")...)}
	l.Add("conv1", layer.Convolution{Name: "conv1", Channels: 2, Filters: 3, Kernel: 3, Stride: 1, Padding: 1}, "images")
	l.Add("pool1", layer.MaxPool{Size: 2, Stride: 2}, "conv1")
	l.Add("flatten", layer.Flatten{}, "pool1")
	l.Add("fc1", layer.Linear{Name: "fc1", Inputs: 12, Features: 3}, "flatten")
	l.Add("loss", layer.CrossEntropy{Classes: 3}, "fc1", "labels")
	return l
}

// TestTapeIsGorgonias runs a graph by the tape and by Gorgonia's RunAll: the same results, the same errors.
func TestTapeIsGorgonias(t *testing.T) {
	g, _ := build(t, classifier())
	labels := []float32{0, 1, 2, 0, 1, 2, 0, -1}
	feed(t, g, "images", noise(2*4*4*columns, "images"))
	feed(t, g, "labels", labels)
	gorgonias := gorgonia.NewTapeMachine(g.expression)
	results := func(run func() error) (all []float32, err error) {
		err = run()
		all = slices.Clone(g.Value("fc1"))
		for _, name := range g.parameters {
			all = append(all, g.Gradient(name)...)
		}
		return all, err
	}
	for range 2 { // what a run leaves does not matter to the next
		want, err := results(func() error { defer gorgonias.Reset(); return gorgonias.RunAll() })
		if err != nil {
			t.Fatal(err)
		}
		got, err := results(func() error { return g.Run(7, layer.Train) })
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, want, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
			t.Error("the tape's results differ from RunAll's")
		}
	}
	labels[0] = 3
	_, want := results(func() error { defer gorgonias.Reset(); return gorgonias.RunAll() })
	_, got := results(func() error { return g.Run(7, layer.Train) })
	if want == nil || got == nil || got.Error() != "loss: label 0 is 3, want below 3" || !strings.Contains(want.Error(), "label 0 is 3, want below 3") {
		t.Errorf("label out of range is %v by the tape, %v by RunAll", got, want)
	}
	labels[0] = 0
	if _, err := results(func() error { return g.Run(7, layer.Train) }); err != nil {
		t.Errorf("after an error: %v", err)
	}
}

func feed(t *testing.T, g *Graph, name string, values []float32) {
	t.Helper()
	if err := g.Feed(name, values); err != nil {
		t.Fatal(err)
	}
}

// Another version of Gorgonia, or a replaced one, may have another signature behind the link name.
func TestVersion(t *testing.T) {
	module := func(version string, replace *debug.Module) []*debug.Module {
		return []*debug.Module{{Path: "example.org/other", Version: "v1.0.0"}, {Path: "gorgonia.org/gorgonia", Version: version, Replace: replace}}
	}
	if err := checkModules(module(tapeVersion, nil)); err != nil {
		t.Error(err)
	}
	for _, modules := range [][]*debug.Module{module("v0.9.19", nil), module(tapeVersion, &debug.Module{Path: "../gorgonia"})} {
		if err := checkModules(modules); err == nil || !strings.Contains(err.Error(), "want v0.9.18 unreplaced") {
			t.Errorf("%v: error is %v", modules[1], err)
		}
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}{{with .Replace}} replaced by {{.}}{{end}}", "gorgonia.org/gorgonia").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(out)); got != tapeVersion {
		t.Errorf("go.mod has gorgonia %s, tape.go is written for %s", got, tapeVersion)
	}
}

// The gradient of a value that is read twice, and of a parameter that two layers share, is the sum over its readers; no
// reader's own gradient is overwritten by it.
func TestGradientsOfSeveralReaders(t *testing.T) {
	l := layer.List{Inputs: input("x", 3)}
	l.Add("a", scale{name: "a"}, "x")          // a = k·x
	l.Add("b", scale{name: "shared"}, "a")     // b = s·a
	l.Add("c", scale{name: "shared"}, "a")     // c = s·a
	l.Add("d", product{}, "b", "c")            // d = s²·a²
	l.Add("e", product{}, "d", "a")            // e = s²·a³
	l.Add("square", product{}, "e", "e")       // s⁴·a⁶
	l.Add("again", scale{name: "z"}, "square") // z·s⁴·k⁶·x⁶
	g, p := build(t, l)
	x := noise(3*columns, "x")
	feed(t, g, "x", x)
	for range 2 {
		if err := g.Run(columns, layer.Train); err != nil {
			t.Fatal(err)
		}
		k, s, z := float64(p["a.k"][0]), float64(p["shared.k"][0]), float64(p["z.k"][0])
		var sixth float64
		for _, v := range x {
			sixth += math.Pow(float64(v), 6)
		}
		for name, want := range map[string]float64{
			"a.k":      6 * z * math.Pow(s, 4) * math.Pow(k, 5) * sixth,
			"shared.k": 4 * z * math.Pow(s, 3) * math.Pow(k, 6) * sixth,
			"z.k":      math.Pow(s, 4) * math.Pow(k, 6) * sixth,
		} {
			if got := float64(g.Gradient(name)[0]); math.Abs(got-want) > 1e-5*math.Abs(want) {
				t.Errorf("gradient of %s is %g, want %g", name, got, want)
			}
		}
		for i, v := range x {
			a := k * float64(v)
			want := 6 * z * math.Pow(s, 4) * math.Pow(a, 5)
			if got := float64(g.Gradient("a")[i]); math.Abs(got-want) > 1e-5*math.Abs(want) {
				t.Errorf("gradient of a[%d] is %g, want %g", i, got, want)
			}
		}
	}
	if g.Gradient("x") != nil {
		t.Error("the input has a gradient, which no parameter needs")
	}
}

// A buffer is kept with the parameters, changed by training alone, and has no gradient.
func TestBuffer(t *testing.T) {
	l := layer.List{Inputs: input("x", 1)}
	l.Add("a", scale{name: "a"}, "x")
	g, p := build(t, l)
	feed(t, g, "x", make([]float32, columns))
	for _, mode := range []layer.Mode{layer.Train, layer.Probe, layer.Evaluate, layer.Train} {
		if err := g.Run(columns, mode); err != nil {
			t.Fatal(err)
		}
	}
	if got := p["a.runs"][0]; got != 2 {
		t.Errorf("the buffer counts %g training runs, want 2", got)
	}
	if g.Gradient("a.runs") != nil {
		t.Error("a buffer has a gradient")
	}
}

// Padding columns can be told from images.
func TestImagesReachEveryLayer(t *testing.T) {
	g, _ := build(t, classifier())
	feed(t, g, "images", noise(2*4*4*columns, "images"))
	feed(t, g, "labels", []float32{0, 1, 2, -1, -1, -1, -1, -1})
	if err := g.Run(3, layer.Train); err != nil {
		t.Fatal(err)
	}
	for _, f := range g.layers {
		if f.context.Images != 3 || f.context.Mode != layer.Train {
			t.Errorf("%s is told of %d images in mode %d", f.layer.Name, f.context.Images, f.context.Mode)
		}
	}
	for i, v := range g.Gradient("fc1") {
		if i%columns >= 3 && v != 0 {
			t.Errorf("gradient %d, of a padding column, is %g", i, v)
		}
	}
}

// A run that fails before anything is updated leaves a graph that works; one that fails after it leaves a graph that
// says so for good.
func TestPartialUpdates(t *testing.T) {
	for name, fault := range map[string]struct {
		forward, backward bool
		partial           bool
	}{
		"none":           {},
		"forward":        {forward: true},
		"backward panic": {backward: true, partial: true},
	} {
		t.Run(name, func(t *testing.T) {
			broken := true
			first := scale{name: "a", backward: func() {
				if fault.backward && broken {
					panic("fault")
				}
			}, forward: func() error {
				if fault.forward && broken {
					return errors.New("fault")
				}
				return nil
			}}
			l := layer.List{Inputs: input("x", 2)}
			l.Add("a", first, "x")
			l.Add("b", updating{layer.Linear{Name: "b", Inputs: 2, Features: 2}}, "a")
			g, p := build(t, l)
			feed(t, g, "x", noise(2*columns, "x"))
			before := slices.Clone(p.value(layer.Linear{Name: "b", Inputs: 2, Features: 2}.Params()[0]))
			if !g.SetUpdate("b.weight", kernel.SGD{LR: 1}.Update(), nil, nil) || g.SetUpdate("b.bias", nil, nil, nil) {
				t.Fatal("the weights are not updated on the way, or the bias is")
			}
			run := func() (err error) {
				defer func() {
					if v := recover(); v != nil {
						err = fmt.Errorf("panic: %v", v)
					}
				}()
				return g.Run(columns, layer.Train)
			}
			if err := run(); (err != nil) != (fault.forward || fault.backward) {
				t.Fatalf("run is %v", err)
			}
			if changed := !slices.Equal(before, p["b.weight"]); changed == fault.forward {
				t.Errorf("weights are changed: %v", changed)
			}
			partial := new(PartialError)
			if got := errors.As(g.Broken(), &partial); got != fault.partial {
				t.Errorf("graph is broken: %v, want %v", g.Broken(), fault.partial)
			}
			broken = false
			if err := run(); errors.As(err, &partial) != fault.partial || (err != nil) != fault.partial {
				t.Errorf("next run is %v", err)
			}
		})
	}
}

// A graph that updates its weights runs for training alone, and not before it knows how.
func TestUpdatingGraphRefusesProbes(t *testing.T) {
	l := layer.List{Inputs: input("x", 2)}
	l.Add("b", updating{layer.Linear{Name: "b", Inputs: 2, Features: 2}}, "x")
	g, p := build(t, l)
	feed(t, g, "x", noise(2*columns, "x"))
	before := slices.Clone(p["b.weight"])
	if err := g.Run(columns, layer.Train); err == nil {
		t.Error("a run without an update is not refused")
	}
	g.SetUpdate("b.weight", kernel.SGD{LR: 1}.Update(), nil, nil)
	for _, mode := range []layer.Mode{layer.Probe, layer.Evaluate} {
		if err := g.Run(columns, mode); err == nil || !strings.Contains(err.Error(), "b.weight: the graph updates it") {
			t.Errorf("mode %d: error is %v", mode, err)
		}
	}
	if !slices.Equal(before, p["b.weight"]) {
		t.Error("a refused run changes the weights")
	}
	if err := g.Run(columns, layer.Train); err != nil || slices.Equal(before, p["b.weight"]) {
		t.Errorf("training: %v", err)
	}
}

// Gorgonia merges nodes whose ops have one hash: two layers of one kind must stay two.
func TestOpsAreNotMerged(t *testing.T) {
	l := layer.List{Inputs: input("x", 1)}
	l.Add("a", scale{name: "a"}, "x")
	l.Add("b", scale{name: "a"}, "x")
	l.Add("c", product{}, "a", "b")
	g, _ := build(t, l)
	if g.values["a"] == g.values["b"] {
		t.Error("two layers became one node")
	}
}

func TestRefusals(t *testing.T) {
	for want, change := range map[string]func(*layer.List){
		"fc1: input has 12 values, want 11": func(l *layer.List) { l.Layers[3].Layer = layer.Linear{Name: "fc1", Inputs: 11, Features: 3} },
		"conv1: input has shape [2 4 4], want (3, H, W)": func(l *layer.List) {
			l.Layers[0].Layer = layer.Convolution{Name: "conv1", Channels: 3, Filters: 3, Kernel: 3, Stride: 1}
		},
		"pool1: input is conv2, which does not come before it": func(l *layer.List) { l.Layers[1].Inputs = []string{"conv2"} },
		"conv1: name is given twice":                           func(l *layer.List) { l.Layers[1].Name = "conv1" },
		"loss: inputs have shapes [[3] []], want (4) and ()":   func(l *layer.List) { l.Layers[4].Layer = layer.CrossEntropy{Classes: 4} },
		"fc1: parameter conv1.weight [3 12] is shared with one that differs from it, conv1.weight [3 2 3 3]": func(l *layer.List) {
			l.Layers[3].Layer = layer.Linear{Name: "conv1", Inputs: 12, Features: 3}
		},
	} {
		l := classifier()
		change(&l)
		if _, err := New(l, Options{Columns: columns, Value: parameters{}.value}); err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
	g, _ := build(t, classifier())
	if err := g.Feed("images", make([]float32, 7)); err == nil || err.Error() != "images has 7 values, want 256" {
		t.Errorf("error is %v", err)
	}
}

// The first of the values that are not finite is found in the order in which a fault spreads.
func TestFirstNonFinite(t *testing.T) {
	g, p := build(t, classifier())
	x := noise(2*4*4*columns, "images")
	feed(t, g, "images", x)
	feed(t, g, "labels", make([]float32, columns))
	first := func() string {
		_ = g.Run(columns, layer.Train)
		return g.FirstNonFinite()
	}
	if got := first(); got != "" {
		t.Errorf("a sound run has %q not finite", got)
	}
	kernel.Fill(p["fc1.weight"], 3e38)
	if got := first(); got != "output of fc1" {
		t.Errorf("an overflow in fc1 is found in %q", got)
	}
	p["conv1.weight"][0] = float32(math.NaN())
	if got := first(); got != "conv1.weight" {
		t.Errorf("a NaN among the filters is found in %q", got)
	}
	x[7] = float32(math.Inf(1))
	if got := first(); got != "images" {
		t.Errorf("an infinite pixel is found in %q", got)
	}
}

// A graph that nobody holds is freed, with its layers' memory: a comparison makes many.
func TestGraphsAreFreed(t *testing.T) {
	pool := worker.New(1)
	defer pool.Close()
	made := func() weak.Pointer[Graph] {
		g, err := New(classifier(), Options{Columns: columns, Training: true, Pool: pool, Value: parameters{}.value})
		if err != nil {
			t.Fatal(err)
		}
		feed(t, g, "images", noise(2*4*4*columns, "images"))
		feed(t, g, "labels", make([]float32, columns))
		if err := g.Run(columns, layer.Train); err != nil {
			t.Fatal(err)
		}
		return weak.Make(g)
	}()
	for range 100 { // a finalizer runs between two collections
		runtime.GC()
		if made.Value() == nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("the graph is still there")
}
