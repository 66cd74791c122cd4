package health

import (
	"iter"
	"math"

	"actfn/internal/dataset"
	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/worker"
)

// Probe measures a network on a fixed set of images.
type Probe struct {
	Batch int // the number of images in a batch, but for the last one

	graph  *model.Probe
	pool   *worker.Pool
	layers []*layerSums
}

// Plan is what a probe is made for.
type Plan struct {
	Labels   []int // of the images of the probe
	Batch    int   // images of a batch in training
	Planes   int   // of the images, as for model.Net.NewProbe
	Training model.Training
}

// New prepares a probe of a network, whose pool it computes with.
func New(net *model.Net, pool *worker.Pool, p Plan) (*Probe, error) {
	size, err := batchSize(net, len(p.Labels), p.Batch)
	if err != nil {
		return nil, err
	}
	graph, err := net.NewProbe(size, p.Planes, p.Training)
	if err != nil {
		return nil, err
	}
	probe := &Probe{Batch: size, graph: graph, pool: pool}
	classes := newClasses(p.Labels)
	for _, l := range graph.Layers {
		probe.layers = append(probe.layers, newLayerSums(l, net, classes, len(p.Labels), graph.Columns(), pool))
	}
	return probe, nil
}

// batchSize is the number of images in a batch of a probe: as in training, where a layer has statistics of the batch.
// Elsewhere that changes nothing but rounding, and the batches are of one size, near that in training: a last batch of few
// images would cost as much as a whole one.
func batchSize(net *model.Net, images, training int) (int, error) {
	list, err := net.List(net.Input.Channels)
	for _, n := range list.Layers {
		if _, ok := n.Layer.(layer.Batched); ok {
			return min(training, images), err
		}
	}
	batches := max(1, (2*images+training)/(2*training)) // images/training, rounded
	return (images + batches - 1) / batches, err
}

// Memory estimates the bytes that a probe of so many images takes, in batches.
func Memory(net *model.Net, images, batch int) int64 {
	bytes := net.ProbeMemory(max(1, min(images, batch+batch/2)))
	list, err := net.List(net.Input.Channels)
	if err != nil {
		return bytes
	}
	shapes, err := list.Shapes()
	if err != nil {
		return bytes
	}
	for _, n := range list.Layers {
		if _, ok := n.Layer.(layer.Activation); ok { // three sums of outputs by class: see sameness
			classes := kernel.Panels(min(images, net.Classes)) * kernel.PanelWidth
			bytes += 3 * 4 * int64(min(shapes[n.Name].Size(), comparedValues)) * int64(classes)
		}
	}
	return bytes
}

// Columns is the number of columns of the batches that Measure takes.
func (p *Probe) Columns() int { return p.graph.Columns() }

// Measure runs the network on the images of the probe, in batches, and returns what it found in each layer, in their
// order. Epoch is that after which it measures, 0 before training.
func (p *Probe) Measure(epoch int, batches iter.Seq2[dataset.Batch, error]) ([]record.Health, error) {
	for _, l := range p.layers {
		l.reset()
	}
	var images spread
	for batch, err := range batches {
		if err != nil {
			return nil, err
		}
		n := len(batch.Index)
		loss, err := p.graph.Run(batch.X, batch.Y, n)
		if err != nil {
			return nil, err
		}
		images.add(batch.X, n, p.Columns())
		for _, l := range p.layers {
			l.add(batch.Y, n, loss)
		}
	}
	all := make([]record.Health, len(p.layers))
	p.pool.Run(len(all), func(_, i int) { all[i] = p.layers[i].health(epoch) })
	_, before := images.moments()
	for _, h := range all {
		before = gain(h, before)
	}
	return all, nil
}

// spread is the number of values, their sum and that of their squares.
type spread struct {
	n            int
	sum, squares float64
}

// add adds the values of the first columns of (…, columns).
func (s *spread) add(values []float32, images, columns int) {
	apart := columns
	if images == columns { // all at once
		images, apart = len(values), max(len(values), 1)
	}
	for from := 0; from < len(values); from += apart {
		row := values[from:][:images]
		sum, squares := kernel.Moments(row, row, 0, 0)
		s.n, s.sum, s.squares = s.n+len(row), s.sum+sum, s.squares+squares
	}
}

// moments are the mean and the standard deviation.
func (s spread) moments() (mean, std float64) {
	mean = s.sum / float64(s.n)
	return mean, math.Sqrt(max(0, s.squares/float64(s.n)-mean*mean))
}
