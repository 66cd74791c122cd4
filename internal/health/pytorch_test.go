package health_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"actfn/internal/checkpoint"
	"actfn/internal/dataset"
	"actfn/internal/export"
	"actfn/internal/health"
	"actfn/internal/model"
	"actfn/internal/pytorchtest"
	"actfn/internal/record"
	"actfn/internal/rng"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// question is a network that testdata/pytorch.py is asked about.
type question struct {
	File    string   `json:"file"`
	Weights string   `json:"weights"`
	Images  string   `json:"images"`
	Shape   []int    `json:"shape"`
	Labels  []int    `json:"labels"`
	Batch   int      `json:"batch"`
	Layers  []string `json:"layers"`

	what string
	got  []record.Health
}

// networks are what the figures are compared on: norms before and after, shortcuts, every kind of activation.
var networks = []struct {
	activation string
	scale      float64 // of the weights as they are drawn
	change     func(*model.Config)
}{
	{"relu", 1, func(c *model.Config) { c.Filters, c.Hidden = []int{16, 16}, []int{64} }},
	{"relu", 6, func(c *model.Config) { c.Filters, c.Hidden = []int{16, 16}, []int{64, 10} }},
	{"sigmoid", 1, func(c *model.Config) { c.Filters, c.Hidden = []int{8, 8, 8}, []int{16} }},
	{"sigmoid", 30, func(c *model.Config) { c.Hidden = []int{16, 16} }},
	{"tanh", 8, func(c *model.Config) { c.Norm, c.Dropout = "batch", 0.4 }},
	{"tanh", 1, func(c *model.Config) { c.Norm, c.NormOrder = "batch", "after" }},
	{"gelu", 1, resnet},
	{"prelu(slope=0.3!channel)", 2, resnet},
	{"x*sigmoid(b*x); b=1.5!", 2, func(c *model.Config) { c.Norm = "batch" }},
	{"x^3", 1, func(c *model.Config) { c.Filters = []int{6, 6} }},
	{"conv=identity, fc=hard_tanh", 1, func(c *model.Config) { c.Pooling = "average" }},
	{"rrelu", 1, func(c *model.Config) { c.Hidden = []int{} }},
}

func resnet(c *model.Config) {
	c.Network, c.Norm, c.Head, c.Depth, c.Width = "resnet", "batch", "average", 8, 4
	c.Hidden = model.Default().Hidden
}

// TestPyTorch wants every figure to be that of hooks and autograd in PyTorch, on the same images and weights: shares
// exactly, the rest within 1e-4 of its size.
func TestPyTorch(t *testing.T) {
	python := pytorchtest.Interpreter(t)
	dir := t.TempDir()
	pool := worker.New(2)
	defer pool.Close()
	var asked []question
	for i, n := range networks {
		c := model.Default()
		c.Filters, c.Hidden, c.Activation = []int{8}, []int{12}, n.activation
		if n.change(&c); c.Network == "resnet" {
			c.Filters = model.Default().Filters
		}
		asked = append(asked, ask(t, filepath.Join(dir, fmt.Sprint(i)), c, n.scale, pool))
	}
	text, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(python, "testdata/pytorch.py")
	var stderr bytes.Buffer
	command.Stdin, command.Stderr = bytes.NewReader(text), &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("pytorch.py: %v\n%s", err, &stderr)
	}
	var answers [][]map[string]any
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	states := map[*record.Figure]int{}
	for i, q := range asked {
		for k, want := range answers[i] {
			compare(t, q.what, q.got[k], want)
			for f, v := range q.got[k].Values {
				if v > 0 {
					states[f]++
				}
			}
		}
	}
	for _, f := range []*record.Figure{record.Dead, record.Saturated, record.Linear} {
		if states[f] < 2 {
			t.Errorf("%s is above 0 in %d layers, want some, so that it is tested", f, states[f])
		}
	}
}

// ask writes a network, its weights and images, and measures its health.
func ask(t *testing.T, path string, c model.Config, scale float64, pool *worker.Pool) question {
	t.Helper()
	const images, batch, side, classes = 22, 8, 12, 3 // the last batch has 6
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", c.Activation, err)
		}
	}
	in := model.Input{Channels: 3, Height: side, Width: side}
	net, err := model.Declare(c, in, classes, pool)
	check(err)
	net.Initialise(3)
	for i, p := range net.Parameters {
		values := p.Export(p.Values())
		noise := rng.New(uint64(i), "noise", 0)
		for k := range values {
			if p.OfActivation || p.Buffer {
				values[k] += float32(noise.Uniform(uint64(k), 0, 0.5))
			} else {
				values[k] *= float32(scale)
			}
		}
		p.Import(p.Values(), values)
	}
	card := train.Card{
		Model: c, Input: in, Classes: []string{"a", "b", "c"}, Activation: net.Activations.String(),
		Transform: dataset.Transform{Channels: 3, Height: side, Width: side},
	}
	q := question{
		File: path + ".py", Weights: path + ".safetensors", Images: path + ".images", Shape: []int{3, side, side}, Batch: batch,
		what: fmt.Sprintf("%s of %s", c.Activation, c.Network),
	}
	code, err := os.Create(q.File)
	check(err)
	check(export.Formats[0].Write(code, export.Model{Card: card, Net: net}))
	check(code.Close())
	var weights checkpoint.File
	for _, p := range net.Parameters {
		weights.Tensors = append(weights.Tensors, checkpoint.Tensor{Name: p.Name, Shape: p.Shape, Data: p.Export(p.Values())})
	}
	check(checkpoint.Write(q.Weights, weights))
	pixels := make([]float32, images*3*side*side)
	draw := rng.New(1, "pixels", 0)
	for i := range pixels {
		pixels[i] = float32(draw.Float64(uint64(i)))
	}
	var raw bytes.Buffer
	check(binary.Write(&raw, binary.LittleEndian, pixels))
	check(os.WriteFile(q.Images, raw.Bytes(), 0o644))
	for i := range images {
		q.Labels = append(q.Labels, i%classes)
	}
	for _, a := range net.Activations {
		q.Layers = append(q.Layers, a.Layer)
	}
	probe, err := health.New(net, pool, health.Plan{Labels: q.Labels, Batch: batch, Planes: 3})
	check(err)
	q.got, err = probe.Measure(0, batches(pixels, q.Labels, probe.Batch, probe.Columns()))
	check(err)
	return q
}

// batches cuts images, (N, …), into batches, (…, columns).
func batches(pixels []float32, labels []int, size, columns int) iter.Seq2[dataset.Batch, error] {
	return func(yield func(dataset.Batch, error) bool) {
		each := len(pixels) / len(labels)
		for from := 0; from < len(labels); from += size {
			b := dataset.Batch{X: make([]float32, each*columns), Y: slices.Repeat([]float32{-1}, columns)}
			for n := range min(size, len(labels)-from) {
				b.Index = append(b.Index, from+n)
				b.Y[n] = float32(labels[from+n])
				for i := range each {
					b.X[i*columns+n] = pixels[(from+n)*each+i]
				}
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// compare wants the figures of a layer to be those of PyTorch.
func compare(t *testing.T, what string, got record.Health, want map[string]any) {
	t.Helper()
	if got.Layer != want["layer"] {
		t.Fatalf("%s: layer is %s, want %s", what, got.Layer, want["layer"])
	}
	layer := got.Layer
	near := func(name string, got, want, floor float64) {
		if !(math.Abs(got-want) <= 1e-4*math.Abs(want)+floor) {
			t.Errorf("%s, %s: %s is %.9g, in PyTorch %.9g", what, layer, name, got, want)
		}
	}
	for _, f := range record.Figures {
		v, ok := got.Values[f]
		switch f {
		case record.UpdateRatio: // there was no step
			continue
		case record.Dead, record.Saturated, record.Linear:
			if v != want[f.Name] {
				t.Errorf("%s, %s: %s is %v, in PyTorch %v", what, got.Layer, f, v, want[f.Name])
			}
			continue
		}
		if !ok {
			t.Errorf("%s, %s: %s is missing: %s", what, got.Layer, f, got.Missing[f.Name])
		}
		floor := 0.0
		if f == record.InputMean || f == record.Sameness { // they may be near 0
			floor = 1e-6
		}
		near(f.Name, v, want[f.Name].(float64), floor*max(1, got.Values[record.InputStd]))
	}
	for i, v := range want["input_quantiles"].([]any) {
		near(fmt.Sprint("quantile ", record.QuantilesAt[i]), got.Quantiles[i], v.(float64), 1e-6*got.Values[record.InputStd])
	}
}
