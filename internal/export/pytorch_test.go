package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"actfn/internal/activations"
	"actfn/internal/checkpoint"
	"actfn/internal/dataset"
	"actfn/internal/formula"
	"actfn/internal/metrics"
	"actfn/internal/model"
	"actfn/internal/number"
	"actfn/internal/pytorchtest"
	"actfn/internal/rng"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// question is what testdata/pytorch.py is asked, and answer what it says.
type question struct {
	Models    []modelQuestion    `json:"models"`
	Functions []functionQuestion `json:"functions"`
}

type modelQuestion struct {
	File    string   `json:"file"`
	Weights string   `json:"weights"`
	Images  []string `json:"images"`
	Names   []string `json:"names"`

	what    string
	rows    []float32
	summary model.Summary
}

type functionQuestion struct {
	Module     string             `json:"module"`
	Lines      []string           `json:"lines"`
	Result     string             `json:"result"`
	X          []string           `json:"x"`
	Parameters map[string]float64 `json:"parameters"`

	f activations.Activation
}

type answer struct {
	Models []struct {
		Rows      [][]number.Float
		Classes   []string
		Gradients []string // parameters that got none
		Printed   string   // by the program, of the first image

		Parameters, Buffers int
		MultiplyAdds        int64 `json:"multiply_adds"`
	}
	Functions []struct {
		Text         string
		Code, Module *values
	}
}

type values struct {
	Y, DX []number.Float
	DP    map[string][]number.Float
}

// TestPyTorch holds what is written to what is computed here, in one process of PyTorch: the logits of networks on image
// files, and value and derivative of every activation of the catalogue, at kinks, in tails and where float32 overflows.
func TestPyTorch(t *testing.T) {
	q := question{Models: networks(t), Functions: functions(t)}
	var a answer
	ask(t, q, &a)
	for i, m := range q.Models {
		got := a.Models[i]
		if !slices.Equal(got.Classes, classes) || len(got.Gradients) > 0 {
			t.Errorf("%s: classes are %q, parameters without gradient %q", m.what, got.Classes, got.Gradients)
		}
		first := classes[metrics.Argmax(m.rows[:len(classes)])]
		if !strings.HasPrefix(got.Printed, m.Images[0]+"  "+first+" ") {
			t.Errorf("%s: the program prints %q, want %s, %s", m.what, got.Printed, m.Images[0], first)
		}
		if s := m.summary; s.Parameters != got.Parameters || s.Buffers != got.Buffers || s.MultiplyAdds != got.MultiplyAdds {
			t.Errorf("%s: %d parameters, %d buffers and %d multiply-adds, in PyTorch %d, %d and %d", m.what,
				s.Parameters, s.Buffers, s.MultiplyAdds, got.Parameters, got.Buffers, got.MultiplyAdds)
		}
		for n, row := range got.Rows {
			want := m.rows[n*len(classes):][:len(classes)]
			for k, z := range row {
				if d := math.Abs(float64(z) - float64(want[k])); !(d <= 1e-4) {
					t.Errorf("%s: logit %d of image %d is %g in PyTorch, %g here", m.what, k, n, z, want[k])
				}
			}
			here := metrics.Argmax(want)
			if there := slices.Index(row, slices.Max(row)); here != there {
				t.Errorf("%s: class of image %d is %d in PyTorch, %d here", m.what, n, there, here)
			}
		}
	}
	for i, f := range q.Functions {
		got := a.Functions[i]
		f.compare(t, got.Text, got.Code)
		if got.Module != nil {
			f.compare(t, f.Module, got.Module)
		}
	}
}

// ask runs testdata/pytorch.py, or skips the test where there is no PyTorch.
func ask(t *testing.T, q question, a *answer) {
	t.Helper()
	text, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(pytorchtest.Interpreter(t), "testdata/pytorch.py")
	var stderr bytes.Buffer
	command.Stdin, command.Stderr = bytes.NewReader(text), &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("pytorch.py: %v\n%s", err, &stderr)
	}
	if err := json.Unmarshal(out, a); err != nil {
		t.Fatal(err)
	}
}

var classes = []string{"cat", `a "dog" \n`, "größer"}

// networks are models with weights that are drawn, written to files, and their logits of some image files.
func networks(t *testing.T) (all []modelQuestion) {
	dir := t.TempDir()
	paths := pictures(t, dir)
	pool := worker.New(0)
	t.Cleanup(pool.Close)
	plain := func(activation string) model.Config {
		c := model.Default()
		c.Filters, c.Hidden, c.Activation = []int{6}, []int{12}, activation
		return c
	}
	whole := dataset.Transform{Channels: 3, Height: 12, Width: 10}
	add := func(what string, c model.Config, transform dataset.Transform) {
		files := paths["whole"]
		if transform.Resize > 0 {
			files = paths["any"]
		}
		all = append(all, network(t, filepath.Join(dir, fmt.Sprint(len(all))), what, c, transform, files, pool))
	}
	for _, spec := range []string{
		"relu", "leaky_relu(slope=0.2)", "prelu(slope=0.1!channel)", "prelu", "gelu", "gelu_tanh", "silu", "mish", "elu", "selu",
		"celu(alpha=0.7)", "softplus", "hard_swish", "hard_sigmoid", "tanh", "sigmoid", "rrelu", "rrelu(0.1, 0.5)", "softsign",
		"x*sigmoid(b*x) + c; b=1!, c=0.1!channel", "swish_beta(beta=0.5!channel)", "identity", "max(x, lambda*x); lambda=0.1!",
		"where(x > 0, x, to*(exp(x) - 1)); to=1!", "relu, fc1=tanh", "tent", "sin(x)/x",
		"x*uniform(0.5, 1) + exp(-x^2)*uniform(0, 1)", "snake",
	} {
		add(spec, plain(spec), whole)
	}
	resnet := model.Default()
	resnet.Network, resnet.Norm, resnet.Head, resnet.Depth, resnet.Width = "resnet", "batch", "average", 14, 4
	deep := plain("prelu(slope!channel)")
	deep.Filters, deep.Kernel, deep.Stride, deep.Padding = []int{4, 5, 7}, []int{3, 5, 1}, []int{1, 2, 1}, []int{1, 2, 0}
	deep.Pool, deep.PoolStride, deep.Hidden = []int{3, 1, 2}, []int{2, 1, 1}, []int{9, 8}
	add("several blocks", deep, whole)
	linear := plain("relu")
	linear.Hidden = []int{}
	add("no hidden layer", linear, dataset.Transform{Channels: 3, Height: 9, Width: 9, Resize: 9})
	add("normalized", plain("relu"), dataset.Transform{Channels: 3, Height: 12, Width: 10, Mean: []float64{0.4, 0.5, 1}, Std: []float64{0.2, 0.3, 2}})
	for what, change := range map[string]func(*model.Config){
		"resnet":                  func(*model.Config) {},
		"resnet without shortcut": func(c *model.Config) { c.Shortcut = false },
		"resnet without norm":     func(c *model.Config) { c.Norm, c.Dropout = "none", 0.3 },
		"resnet that learns": func(c *model.Config) {
			c.Activation = "prelu(slope!channel), layer2=tanh, layer3=swish_beta, layer3.0.conv1=relu"
		},
	} {
		c := resnet
		change(&c)
		add(what, c, whole)
	}
	for what, change := range map[string]func(*model.Config){
		"norm before":  func(c *model.Config) {},
		"norm after":   func(c *model.Config) { c.NormOrder = "after" },
		"average pool": func(c *model.Config) { c.Norm, c.Pooling, c.Head = "none", "average", "average" },
		"dropout":      func(c *model.Config) { c.Dropout, c.Hidden = 0.5, []int{} },
	} {
		c := plain("silu")
		c.Filters, c.Norm, c.Dropout = []int{6, 8}, "batch", 0.25
		change(&c)
		add(what, c, whole)
	}
	add("gray", plain("relu"), dataset.Transform{Channels: 1, Height: 15, Width: 15, Resize: 15, Mean: []float64{0.4}, Std: []float64{0.2}})
	return all
}

// network writes a model and its code, and classifies the images.
func network(
	t *testing.T, dir, what string, c model.Config, transform dataset.Transform, paths []string, pool *worker.Pool,
) modelQuestion {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	in := model.Input{Channels: transform.Channels, Height: transform.Height, Width: transform.Width}
	net, err := model.Declare(c, in, len(classes), pool)
	check(err)
	net.Initialise(7)
	q := modelQuestion{
		File: dir + ".py", Weights: dir + ".safetensors", Images: paths, what: what, summary: net.Summarize(32, 2),
	}
	var tensors []checkpoint.Tensor
	for i, p := range net.Parameters {
		values := p.Export(p.Values())
		noise := rng.New(uint64(i), "noise", 0)
		for k := range values { // no two are equal, so that none is confused
			values[k] += float32(noise.Uniform(uint64(k), -0.05, 0.05))
		}
		p.Set(values)
		tensors = append(tensors, checkpoint.Tensor{Name: p.Name, Shape: p.Shape, Data: values})
		q.Names = append(q.Names, p.Name)
	}
	check(checkpoint.Write(q.Weights, checkpoint.File{Tensors: tensors}))
	code, err := os.Create(q.File)
	check(err)
	check(writePyTorch(code, Model{train.Card{Classes: classes, Transform: transform}, net}))
	check(code.Close())
	set, err := dataset.LoadFiles(context.Background(), paths, transform, dataset.Options{})
	check(err)
	defer set.Close()
	q.rows, err = train.Logits(context.Background(), net, set)
	check(err)
	return q
}

// pictures makes 16 images of 10×12 and 16 of several sizes.
func pictures(t *testing.T, dir string) map[string][]string {
	paths := map[string][]string{}
	for i := range 32 {
		kind, size := "whole", image.Pt(10, 12)
		if i >= 16 {
			kind, size = "any", image.Pt(7+i, 70-2*i)
		}
		draw := rng.New(uint64(i), "pixels", 0)
		picture := image.NewRGBA(image.Rectangle{Max: size})
		for p := range size.X * size.Y {
			v := draw.Uniform(uint64(p), 0, 255)
			picture.Set(p%size.X, p/size.X, color.RGBA{uint8(v), uint8(7 * v), uint8(p * i), 255})
		}
		var file bytes.Buffer
		if err := png.Encode(&file, picture); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fmt.Sprintf("%02d.png", i))
		if err := os.WriteFile(path, file.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		paths[kind] = append(paths[kind], path)
	}
	return paths
}

// functions are all of the catalogue, and formulas whose branches overflow.
func functions(t *testing.T) (all []functionQuestion) {
	functions := slices.Clone(activations.All())
	for _, spec := range []string{
		"where(x > 0, x, a*(exp(x) - 1)); a=1!", "min(exp(x), 3)", "max(x, exp(x) - 1)", "x*(x > 1)", "where(x > 1, 2, 3)", "2",
		"where(x < 1, x^3, where(x < 2, exp(-1/x), sqrt(x)))", "min(max(1, x), a*2); a=1!", "abs(x)^1.5", "floor(x)*(x != 2)",
		"(x^2 + 2)^(x/4)", "sech2(x)*bell(x)", "hypot(x, a*x + 1); a=0.7!", "hypot(x, 2)", "cosh(x/4) + sinh(x/8)", "(a + 1)^x; a=0.5!", "2^-x",
		"erfc(x)*x", "log1p(abs(x)) + expm1(x/2)", "x*(a > 0) + (a == 1); a=0.5!", "1 - (1 - x)", "2/(x^2 + 1)/(3/(x^2 + 2))", "(-x)^2 - -x^2", "tanhshrink(x/2)",
		"0*uniform(0, 1) + uniform(0, 2)*x", "where(x, exp(-x^2), a); a=2!", "uniform(0, 1) + (x > 0)", "exp(uniform(0, 1))*x", "sigmoid(x) < 0.5", "x*softplus(-in)+in*sign(x); in=0.5!",
	} {
		f, err := activations.Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		functions = append(functions, f)
	}
	for _, f := range functions {
		code, err := f.PyTorch()
		if err != nil {
			t.Fatal(err)
		}
		q := functionQuestion{Module: f.Module(), Result: code.Result, Parameters: map[string]float64{}, f: f}
		for _, p := range f.Learnable() {
			q.Parameters[formula.PythonName(p.Name)] = p.Value
		}
		for _, u := range code.Draws {
			q.Lines = append(q.Lines, u+" = torch.full_like(x, 0.5)")
		}
		q.Lines = append(q.Lines, code.Lines...)
		for _, x := range places {
			q.X = append(q.X, fmt.Sprint(x))
		}
		all = append(all, q)
	}
	return all
}

// places are where functions have kinks, tails and limits.
var places = func() []float64 {
	xs := []float64{0, math.Copysign(0, -1), math.NaN()}
	for _, v := range []float64{
		1e-30, 1e-8, 1e-3, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 12, 20, 30, 50, 88.5, 89, 104, 200, 1e4, 1e10, 1e18,
	} {
		v = float64(float32(v))
		xs = append(xs, v, -v)
	}
	return xs
}()

// unlike are the places where PyTorch differs, and why.
var unlike = map[string]string{
	"hard_swish f' -3":            "its kernel has −0.5 at the kink",
	"softshrink f NaN":            "a comparison with NaN is false; up to PyTorch 2.5",
	"sign f NaN":                  "torch.sign(NaN) is 0",
	"hyper_sinh f 89":             "torch.sinh is infinite although the result is not",
	"hyper_sinh f' 89":            "likewise",
	"relun ∂f/∂high 1":            "a tie of min, whose value is taken to be high",
	"min(max(1, x), a*2) ∂f/∂a 2": "likewise",
}

// compare compares with what is computed here: value and derivative in float64, the derivatives by parameters as training
// has them.
func (q functionQuestion) compare(t *testing.T, text string, got *values) {
	t.Helper()
	y, dydx := q.f.Eval(places)
	live := q.f.Live(1, false)
	faults := 0
	check := func(of string, x, got float64, tolerance float64, wants ...float64) {
		for _, want := range wants {
			if math.Abs(got-want) <= tolerance || near(got, float64(float32(want))) {
				return
			}
		}
		if unlike[fmt.Sprintf("%s %s %g", q.f.Name(), of, x)] != "" {
			return
		}
		if faults++; faults < 4 {
			t.Errorf("%s: %s(%g) is %g in PyTorch, want %g: %s", q.f, of, x, got, wants, strings.TrimSpace(text))
		}
	}
	waves := strings.Contains(q.f.Formula(), "sin(") || strings.Contains(q.f.Formula(), "cos(")
	for i, x := range places {
		if waves && math.Abs(x) > 1e4 { // of an argument that is rounded
			continue
		}
		one, here := []float32{float32(x)}, []float32{0}
		q.f.Forward(here, one) // in float32, which may overflow
		check("f", x, float64(got.Y[i]), 0, y[i], float64(here[0]))
		if x != x { // where modules of PyTorch differ
			continue
		}
		sums := make([]float64, len(q.f.Learnable()))
		live.Backward(here, []float32{1}, one, 0, nil, sums)
		check("f'", x, float64(got.DX[i]), 0, dydx[i], float64(here[0]))
		for k, p := range q.f.Learnable() { // which is a product with x, or its square
			check("∂f/∂"+p.Name, x, float64(got.DP[formula.PythonName(p.Name)][i]), 1e-6*max(1, x*x), sums[k])
		}
	}
}

func near(got, want float64) bool {
	return got == want || math.Abs(got-want) <= 2e-6+1e-5*math.Abs(want) || math.IsNaN(got) && math.IsNaN(want)
}
