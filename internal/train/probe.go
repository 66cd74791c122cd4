package train

import (
	"context"

	"actfn/internal/dataset"
	"actfn/internal/health"
	"actfn/internal/record"
	"actfn/internal/statistics"
)

// probe measures the health of the network in a run.
type probe struct {
	*health.Probe
	images  []int // of the training set
	updates *health.Updates
}

// sampledSteps is the number of steps of an epoch whose updates are measured, about.
const sampledSteps = 8

// newProbe prepares the probe of a run, nil if none is asked for or there are no layers to look at.
func (r *run) newProbe() (*probe, error) {
	if !r.Config.Health || len(r.net.Activations) == 0 {
		return nil, nil
	}
	set := r.Data.Train
	list, err := r.net.List(set.Planes())
	if err != nil {
		return nil, err
	}
	least, _, err := list.MinImages()
	if err != nil {
		return nil, err
	}
	images := probed(r.Config, set.Labels(), least)
	if len(images) == 0 {
		return nil, nil
	}
	labels := make([]int, len(images))
	for i, at := range images {
		labels[i] = set.Labels()[at]
	}
	h, err := health.New(r.net, r.Pool, health.Plan{
		Labels: labels, Batch: r.Config.BatchSize, Planes: set.Planes(), Training: r.training(),
	})
	if err != nil {
		return nil, err
	}
	return &probe{h, images, health.NewUpdates(r.net)}, nil
}

// probeImages is the number of images of a probe of a training set.
func (c Config) probeImages(training int) int {
	if c.HealthImages == 0 {
		return health.Images(training)
	}
	return min(c.HealthImages, training)
}

// probed are the images of a probe of a training set. They leave out a last batch of fewer than the least images.
func probed(c Config, labels []int, least int) []int {
	n := c.probeImages(len(labels))
	if last := n % c.BatchSize; last > 0 && last < least {
		n -= last
	}
	return health.Choose(labels, n, c.Seed)
}

// examine measures the network after an epoch, 0 before training, and keeps what it found with the run's state.
func (r *run) examine(ctx context.Context, epoch int) error {
	p := r.probe
	if p == nil {
		return nil
	}
	view := dataset.View{Order: p.images, Size: p.Batch, Columns: p.Columns()}
	layers, err := p.Measure(epoch, r.Data.Train.Batches(ctx, view))
	if err != nil {
		return err
	}
	for i, l := range layers {
		if ratios := r.state.UpdateRatios[l.Layer]; len(ratios) > 0 {
			layers[i].Values[record.UpdateRatio] = statistics.Median(ratios)
		} else {
			layers[i].Missing[record.UpdateRatio.Name] = "no step was measured"
		}
	}
	r.state.Health = append(r.state.Health, layers...)
	return nil
}

// sampled says whether the updates of the next step are measured.
func (r *run) sampled() bool {
	apart := max(1, r.steps()/sampledSteps)
	return r.probe != nil && r.state.Step%apart == 0
}

// keepUpdates keeps the update ratios of the step that was made since the weights were kept.
func (r *run) keepUpdates() {
	s := &r.state
	if s.UpdateRatios == nil {
		s.UpdateRatios = map[string][]float64{}
	}
	for layer, ratio := range r.probe.updates.After() {
		s.UpdateRatios[layer] = append(s.UpdateRatios[layer], ratio)
	}
}

// diagnose sums the health of a finished run up, in its record.
func (r *run) diagnose(result *record.Run) {
	tested := result.Stopped.TestedEpoch
	layers := health.Of(r.state.Health, tested)
	if result.Health = health.Check(layers); result.Health == nil {
		return
	}
	counts := make([]int, len(r.Data.Train.Classes()))
	most := 0
	for _, y := range r.Data.Train.Labels() {
		counts[y]++
		most = max(most, counts[y])
	}
	images := r.Data.Train.Len()
	result.Diagnosis = health.Sentences(health.Diagnose(health.Run{
		Health: r.state.Health, Epochs: r.state.History, Tested: tested,
		Images: images, Chance: float64(most) / float64(images),
	}))
}
