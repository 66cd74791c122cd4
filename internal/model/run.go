package model

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"actfn/internal/kernel"
	"actfn/internal/op"
	"actfn/internal/worker"
)

// machine runs a graph on one batch after another.
type machine struct {
	*graph
	tape tape
}

// Columns is the number of columns N of the images that the machine takes: the batch, rounded up to
// what the kernels like best.
func (m *machine) Columns() int { return m.images.shape[3] }

func columns(batch int) int {
	return (batch + kernel.Lanes - 1) / kernel.Lanes * kernel.Lanes
}

// Logits are those of the last run, (Classes, N), valid until the next.
func (m *machine) Logits() []float32 { return values(m.logits) }

func values(n *gorgonia.Node) []float32 { return n.Value().(*tensor.Dense).Float32s() }

// FirstNonFinite names the first tensor that holds NaN or ±Inf of the last run, in the order in which a
// fault spreads: images, parameters, results of the layers. It is "" when all are finite.
func (m *machine) FirstNonFinite() string {
	for _, n := range append(gorgonia.Nodes{m.images.Node}, m.parameters...) {
		if !finite(values(n)) {
			return n.Name()
		}
	}
	for _, l := range m.layers {
		if !finite(values(l.Node)) {
			return l.name
		}
	}
	return ""
}

// Predictor computes logits for batches of one size.
type Predictor struct{ machine }

// NewPredictor compiles the forward graph for batches of up to n images, whose channels come in planes: as
// many, or one where all are equal. It uses the net's live parameters.
func (net *Net) NewPredictor(n, planes int) (*Predictor, error) {
	g, err := net.build(columns(n), planes, false)
	if err != nil {
		return nil, err
	}
	return &Predictor{machine{g, newTape(g.ExprGraph)}}, nil
}

// Run returns the logits, (Classes, N), of images, (planes, H, W, N). They are valid until the next run.
func (p *Predictor) Run(images []float32) ([]float32, error) {
	if err := p.images.feed(images); err != nil {
		return nil, err
	}
	if err := p.tape.RunAll(); err != nil {
		return nil, err
	}
	return p.Logits(), nil
}

// Loss configures the training loss: see kernel.SoftmaxCrossEntropy.
type Loss struct {
	Smoothing    float64
	ClassWeights []float64 // nil: all 1
	// WholeGradients has the graph compute every gradient whole, so that it can be changed before it
	// is used. Otherwise those of large weights are computed as they are used.
	WholeGradients bool
}

// Trainer computes the loss and its gradient for batches of one size.
type Trainer struct {
	machine
	labels     *input
	loss       *gorgonia.Node
	learnables []gorgonia.ValueGrad // each a *Learnable
}

// Learnable is a parameter in a training graph, with its gradient of the last run: a
// gorgonia.ValueGrad.
type Learnable struct {
	*gorgonia.Node
	Parameter *Parameter

	deferred op.Deferred
	late     bool // deferred says how to get it
}

// Grad is the gradient, valid until the next run.
func (l *Learnable) Grad() (gorgonia.Value, error) {
	if l.late {
		return l.deferred.Gradient(), nil
	}
	return l.Node.Grad()
}

// Prepare announces the Update that will follow the next run, so that the run can make it where the
// gradient arises.
func (l *Learnable) Prepare(a, b []float32, update kernel.Update) {
	if l.late {
		l.deferred.Prepare(a, b, update)
	}
}

// Update updates the parameter by its gradient, given the running averages a and b that update keeps.
func (l *Learnable) Update(pool *worker.Pool, a, b []float32, update kernel.Update) error {
	w := values(l.Node)
	if l.late {
		l.deferred.Update(w, a, b, update)
		return nil
	}
	grad, err := l.Grad()
	if err != nil {
		return err
	}
	update.Run(pool, w, a, b, grad.(*tensor.Dense).Float32s())
	return nil
}

// NewTrainer compiles the training graph for batches of up to n images, whose channels come in planes as
// for NewPredictor. It uses the net's live parameters.
func (net *Net) NewTrainer(n, planes int, loss Loss) (*Trainer, error) {
	g, err := net.build(columns(n), planes, true)
	if err != nil {
		return nil, err
	}
	t := &Trainer{machine: machine{graph: g}}
	t.labels = newInput(g.ExprGraph, "labels", t.Columns())
	t.loss, err = op.CrossEntropy(kernel.SoftmaxCrossEntropy{Smoothing: loss.Smoothing, Weights: loss.ClassWeights}, g.logits, t.labels.Node)
	if err != nil {
		return nil, err
	}
	// gorgonia.Grad, but for the one: its own is shared by all graphs, and nets built in parallel race for its hash.
	one := g.AddNode(gorgonia.NewConstant(float32(1)))
	if _, err := gorgonia.Backpropagate(gorgonia.Nodes{t.loss}, gorgonia.Nodes{one}, g.parameters); err != nil {
		return nil, fmt.Errorf("model: gradient: %w", err)
	}
	for i, p := range g.parameters {
		l := &Learnable{Node: p, Parameter: net.Parameters[i]}
		if !loss.WholeGradients {
			l.deferred, l.late = op.Defer(p)
		}
		t.learnables = append(t.learnables, l)
	}
	t.Chance(0, 0)
	t.tape = newTape(g.ExprGraph)
	return t, nil
}

// Chance decides what activations draw in the next runs: functions of the seed and the step.
func (t *Trainer) Chance(seed uint64, step int) {
	for _, c := range t.chances {
		c.begin(seed, step)
	}
}

// Run computes the mean loss of a batch of images, (planes, H, W, N), with labels, (N), and the gradient
// of every parameter. A label below zero marks a column that is not an image. Where the loss is not
// finite, there are no gradients.
func (t *Trainer) Run(images, labels []float32) (loss float64, err error) {
	if err := t.images.feed(images); err != nil {
		return 0, err
	}
	if err := t.labels.feed(labels); err != nil {
		return 0, err
	}
	err = t.tape.RunAll()
	loss = op.Loss(t.loss)
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss, nil // rather than err, which is that
	}
	return loss, err
}

// Learnables are the parameters with their gradients, in the order of Net.Parameters, as a
// gorgonia.Solver takes them: each is a *Learnable.
func (t *Trainer) Learnables() []gorgonia.ValueGrad { return t.learnables }

// Gradient is that of parameter i of Net.Parameters, in the kernels' order, valid until the next run
// and, unless gradients are whole, until the parameter is updated.
func (t *Trainer) Gradient(i int) []float32 {
	grad, err := t.learnables[i].Grad()
	if err != nil {
		panic(fmt.Sprintf("model: %v", err)) // every parameter was given to Grad
	}
	return grad.(*tensor.Dense).Float32s()
}

func finite(x []float32) bool {
	for _, v := range x {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
	}
	return true
}
