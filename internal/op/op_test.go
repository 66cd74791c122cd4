package op

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"actfn/internal/activations"
	"actfn/internal/kernel"
	"actfn/internal/worker"
)

func node(g *gorgonia.ExprGraph, name string, shape ...int) *gorgonia.Node {
	value := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
	return gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...), gorgonia.WithValue(value))
}

func activation(t *testing.T, spec string) Function {
	t.Helper()
	f, err := activations.Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	return Function{Activation: f}
}

// Gorgonia merges nodes whose ops have one hash: two functions of one name must stay two.
func TestOpsAreNotMerged(t *testing.T) {
	g := gorgonia.NewGraph()
	pool := worker.New(1)
	x := node(g, "x", 1, 8)
	copy(data(x.Value()), []float32{-1, -1, -1, -1, 1, 1, 1, 1})
	small, err := Activation(pool, activation(t, "leaky_relu(slope=0.1)"), x)
	if err != nil {
		t.Fatal(err)
	}
	large, err := Activation(pool, activation(t, "leaky_relu(slope=0.5)"), x)
	if err != nil {
		t.Fatal(err)
	}
	if small == large {
		t.Fatal("two activations became one node")
	}
	vm := gorgonia.NewTapeMachine(g)
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	if a, b := data(small.Value())[0], data(large.Value())[0]; a != -0.1 || b != -0.5 {
		t.Errorf("leaky_relu(-1) with slopes 0.1 and 0.5 is %g and %g", a, b)
	}
}

func TestShapesAreChecked(t *testing.T) {
	g := gorgonia.NewGraph()
	pool := worker.New(1)
	images, relu := node(g, "images", 3, 8, 8, 8), activation(t, "relu")
	for name, build := range map[string]func() (*gorgonia.Node, error){
		"convolution: w has shape (4, 2, 3, 3), want (4, 3, 3, 3)": func() (*gorgonia.Node, error) {
			return ConvPool(pool, relu, 1, 1, Window{2, 2}, images, node(g, "w1", 4, 2, 3, 3), node(g, "b1", 4))
		},
		"convolution: b has shape (5), want (4)": func() (*gorgonia.Node, error) {
			return ConvPool(pool, relu, 1, 1, Window{2, 2}, images, node(g, "w2", 4, 3, 3, 3), node(g, "b2", 5))
		},
		"linear: w has shape (1, 100, 16), want (1, 192, 16)": func() (*gorgonia.Node, error) {
			return Linear(pool, images, node(g, "w3", 1, 100, 16), node(g, "b3", 7))
		},
		"cross-entropy: labels has shape (7), want (8)": func() (*gorgonia.Node, error) {
			return CrossEntropy(kernel.SoftmaxCrossEntropy{}, node(g, "logits", 10, 8), node(g, "labels", 7))
		},
	} {
		if _, err := build(); err == nil || err.Error() != name {
			t.Errorf("error is %v, want %s", err, name)
		}
	}
}

// A label out of range is an error, not a panic, which by Gorgonia's RunAll would be another goroutine's and end the
// process.
func TestLabelOutOfRange(t *testing.T) {
	g := gorgonia.NewGraph()
	labels := node(g, "labels", 8)
	data(labels.Value())[3] = 10
	if _, err := CrossEntropy(kernel.SoftmaxCrossEntropy{}, node(g, "logits", 10, 8), labels); err != nil {
		t.Fatal(err)
	}
	err := gorgonia.NewTapeMachine(g).RunAll()
	if err == nil || !strings.Contains(err.Error(), "cross-entropy: label 3 is 10, want below 10") {
		t.Errorf("error is %v", err)
	}
}
