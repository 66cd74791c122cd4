package model

import (
	"errors"
	"fmt"

	"actfn/internal/fuse"
	"actfn/internal/graph"
	"actfn/internal/kernel"
	"actfn/internal/layer"
)

// machine runs a graph on one batch after another.
type machine struct {
	*graph.Graph
	logits string
}

// newGraph compiles a list for batches of up to n images. The graph uses the net's live parameters.
func (net *Net) newGraph(list layer.List, n int, o graph.Options) (*graph.Graph, error) {
	values := map[string]*Parameter{}
	for _, p := range net.Parameters {
		values[p.Name] = p
	}
	o.Columns, o.Pool = columns(n), net.pool
	o.Value = func(p layer.Param) []float32 { return values[p.Name].Values() }
	g, err := graph.New(list, o)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return g, nil
}

// Logits are those of the last run, (Classes, N), valid until the next.
func (m *machine) Logits() []float32 { return m.Value(m.logits) }

// feed makes values those of an input, without a copy.
func (m *machine) feed(name string, values []float32) error {
	if err := m.Feed(name, values); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	return nil
}

// Predictor computes logits for batches of one size.
type Predictor struct{ machine }

// NewPredictor compiles the network for batches of up to n images, whose channels come in planes: as many, or one where
// all are equal.
func (net *Net) NewPredictor(n, planes int) (*Predictor, error) {
	list, err := net.List(planes)
	if err != nil {
		return nil, err
	}
	g, err := net.newGraph(fuse.Apply(list, rewrites(false)...), n, graph.Options{})
	if err != nil {
		return nil, err
	}
	return &Predictor{machine{g, list.Output()}}, nil
}

// Run returns the logits, (Classes, N), of a batch, (planes, H, W, N), of which the first n columns are images. They
// are valid until the next run.
func (p *Predictor) Run(batch []float32, n int) ([]float32, error) {
	if err := p.feed(images, batch); err != nil {
		return nil, err
	}
	if err := p.Graph.Run(n, layer.Evaluate); err != nil {
		return nil, err
	}
	return p.Logits(), nil
}

// Training is how a network is trained.
type Training struct {
	Smoothing    float64   // of the labels: see kernel.SoftmaxCrossEntropy
	ClassWeights []float64 // nil: all 1
	// UpdateInBackward lets layers update their parameters in the backward pass: SetUpdate must say how before the
	// first run, and there is no gradient of those parameters.
	UpdateInBackward bool
	// Plain runs the plain list, whatever rewrites there are.
	Plain bool
}

// withLoss is the network as it is declared, and the loss of its logits.
func (net *Net) withLoss(planes int, t Training) (list layer.List, logits string, err error) {
	if list, err = net.List(planes); err != nil {
		return list, "", err
	}
	logits = list.Output()
	list.Inputs = append(list.Inputs, layer.Input{Name: labels, Shape: layer.Shape{}})
	list.Add("loss", layer.CrossEntropy{Classes: net.Classes, Smoothing: t.Smoothing, Weights: t.ClassWeights}, logits, labels)
	return list, logits, nil
}

// Trainer computes the loss and its gradient for batches of one size.
type Trainer struct{ machine }

// NewTrainer compiles the network and its loss for batches of up to n images, whose channels come in planes as for
// NewPredictor.
func (net *Net) NewTrainer(n, planes int, t Training) (*Trainer, error) {
	list, logits, err := net.withLoss(planes, t)
	if err != nil {
		return nil, err
	}
	if !t.Plain {
		list = fuse.Apply(list, rewrites(true)...)
		if t.UpdateInBackward && !fuse.Off() {
			list = fuse.Apply(list, fuse.Update)
		}
	}
	g, err := net.newGraph(list, n, graph.Options{Training: true})
	if err != nil {
		return nil, err
	}
	return &Trainer{machine{g, logits}}, nil
}

// Probe computes what the activations of the network receive and the gradients there, for batches of one size, by a
// list that has all layers of the plain one. It draws nothing, learns nothing and changes no parameter or buffer.
type Probe struct {
	machine
	Layers []Probed
}

// Probed is a layer with an activation. Values lie batch-innermost, and are valid until the next run.
type Probed struct {
	Assigned
	Shape   layer.Shape // of what the activation receives, and of its result
	in, out string
	graph   *graph.Graph
}

// Input is what the activation receives, Output its result, and Gradient that of the loss by the input; it is nil where
// the gradient is zero because nothing depends on the input.
func (l Probed) Input() []float32    { return l.graph.Value(l.in) }
func (l Probed) Output() []float32   { return l.graph.Value(l.out) }
func (l Probed) Gradient() []float32 { return l.graph.Gradient(l.in) }

// NewProbe compiles the network and its loss for batches of up to n images, whose channels come in planes as for
// NewPredictor.
func (net *Net) NewProbe(n, planes int, t Training) (*Probe, error) {
	list, logits, err := net.withLoss(planes, t)
	if err != nil {
		return nil, err
	}
	list = fuse.Apply(list, probeRewrites()...)
	shapes, err := list.Shapes()
	if err != nil {
		return nil, err
	}
	g, err := net.newGraph(list, n, graph.Options{Training: true, Values: true})
	if err != nil {
		return nil, err
	}
	p := &Probe{machine: machine{g, logits}}
	for _, n := range list.Layers {
		if _, ok := n.Layer.(layer.Activation); ok {
			p.Layers = append(p.Layers, Probed{
				Assigned: net.Activations[len(p.Layers)], Shape: shapes[n.Name], in: n.Inputs[0], out: n.Name, graph: g,
			})
		}
	}
	return p, nil
}

// Run computes the mean loss of a batch as Trainer.Run does. Where it is not finite, there are no gradients.
func (p *Probe) Run(batch, label []float32, n int) (loss float64, err error) {
	return p.loss(batch, label, n, layer.Probe)
}

// SetUpdate has the next runs update a parameter, with the running averages a and b, and reports whether they will:
// otherwise Gradient is what to update it by.
func (t *Trainer) SetUpdate(p *Parameter, update kernel.Update, a, b []float32) bool {
	return t.Graph.SetUpdate(p.Name, update, a, b)
}

// Run computes the mean loss of a batch, (planes, H, W, N), with labels, (N), of which the first n columns are images,
// and the gradient of every parameter. The label of a column that is no image is below zero. Where the loss is not
// finite, there are no gradients and nothing is updated. After an error that is a *graph.PartialError the weights are
// not to be used.
func (t *Trainer) Run(batch, label []float32, n int) (loss float64, err error) {
	return t.loss(batch, label, n, layer.Train)
}

// loss runs a graph that ends with the loss.
func (m *machine) loss(batch, label []float32, n int, mode layer.Mode) (float64, error) {
	if err := m.feed(images, batch); err != nil {
		return 0, err
	}
	if err := m.feed(labels, label); err != nil {
		return 0, err
	}
	err := m.Graph.Run(n, mode)
	if notFinite := new(layer.LossError); errors.As(err, &notFinite) {
		return notFinite.Loss, nil
	}
	if err != nil {
		return 0, err
	}
	return float64(m.Value("loss")[0]), nil
}

// Gradient is that of a parameter in the last run, as it is stored, valid until the next; nil for a buffer, and for a
// parameter that the run has updated.
func (t *Trainer) Gradient(p *Parameter) []float32 { return t.Graph.Gradient(p.Name) }
