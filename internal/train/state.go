package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"actfn/internal/checkpoint"
	"actfn/internal/fault"
	"actfn/internal/model"
	"actfn/internal/number"
	"actfn/internal/record"
)

// state is the progress of a run, apart from the weights and the optimiser's moments.
type state struct {
	Schema  int    `json:"schema"`
	Data    string `json:"data"`    // hash of the data
	Updates int    `json:"updates"` // total optimiser steps
	// Kernels are the classes of arithmetic that made the steps, one after the other; older files lack them.
	Kernels []string `json:"kernels,omitempty"`

	// The epoch in progress: its number from 0, the steps done, and the sums over these.
	Epoch   int     `json:"epoch"`
	Step    int     `json:"step"`
	LossSum float64 `json:"loss_sum"` // Σ loss × images
	Correct int     `json:"correct"`
	Images  int     `json:"images"`
	Seconds float64 `json:"seconds"`
	// Means are, by name, the metrics that are means over the steps of the epoch, so far.
	Means map[string]mean `json:"means,omitempty"`
	// StepSeconds is the median time of a step in each finished epoch.
	StepSeconds []float64 `json:"step_seconds"`

	// UpdateRatios are, by layer, those of the steps of the epoch in progress that were measured.
	UpdateRatios map[string][]float64 `json:"update_ratios,omitempty"`

	History []record.Epoch `json:"history"`
	// Health is what the probe measured, epoch by epoch.
	Health []record.Health `json:"health,omitempty"`
	// BestEpoch is the epoch, from 1, with the lowest validation loss; 0: none yet.
	BestEpoch int `json:"best_epoch"`
}

const stateSchema = 1

// mean is that of the values of some steps.
type mean struct {
	Sum   number.Float `json:"sum"`
	Steps int          `json:"steps"`
}

// goOn has a class of arithmetic make the next steps, if it is the one before or a change is allowed.
func (s *state) goOn(kernel string, change bool) error {
	n := len(s.Kernels)
	if n > 0 && s.Kernels[n-1] == kernel {
		return nil
	}
	if n > 0 && !change {
		return fault.Hint(fmt.Errorf("kernel is %s, want %s as before, so that the bits are the same", kernel, s.Kernels[n-1]),
			"--allow-kernel-change goes on, and the record says so")
	}
	s.Kernels = append(s.Kernels, kernel)
	return nil
}

// add adds the value of one step to a metric that is the mean over the steps of an epoch.
func (s *state) add(m *record.Metric, v float64) {
	if s.Means == nil {
		s.Means = map[string]mean{}
	}
	so := s.Means[m.Name]
	s.Means[m.Name] = mean{so.Sum + number.Float(v), so.Steps + 1}
}

// measured is what the steps of the epoch in progress have measured.
func (s *state) measured() map[*record.Metric]float64 {
	values := map[*record.Metric]float64{
		record.TrainLoss:       s.LossSum / float64(s.Images),
		record.TrainAccuracy:   float64(s.Correct) / float64(s.Images),
		record.ImagesPerSecond: float64(s.Images) / s.Seconds,
	}
	for name, m := range s.Means {
		values[record.Named(name)] = float64(m.Sum) / float64(m.Steps)
	}
	return values
}

// next begins the next epoch.
func (s *state) next() {
	s.Epoch++
	s.Step, s.LossSum, s.Correct, s.Images, s.Seconds = 0, 0, 0, 0, 0
	s.Means, s.UpdateRatios = nil, nil
}

// check says what no run can have left: its epochs have so many steps on batches of so many images, of all.
func (s *state) check(steps, batch, all int) error {
	wanted := func(name string, v, low, high int) error {
		if low <= v && v <= high {
			return nil
		}
		if low == high {
			return fmt.Errorf("%s is %d, want %d", name, v, low)
		}
		return fmt.Errorf("%s is %d, want %d to %d", name, v, low, high)
	}
	images := min(s.Step*batch, all)
	err := errors.Join(
		wanted("epoch", s.Epoch, 0, math.MaxInt32),
		wanted("step", s.Step, 0, steps),
		wanted("history", len(s.History), s.Epoch, s.Epoch),
		wanted("updates", s.Updates, s.Epoch*steps+s.Step, s.Epoch*steps+s.Step),
		wanted("images", s.Images, images, images),
		wanted("correct", s.Correct, 0, s.Images),
		wanted("best_epoch", s.BestEpoch, 0, s.Epoch),
	)
	for i, e := range s.History {
		err = errors.Join(err, wanted(fmt.Sprintf("history[%d].epoch", i), e.N, i+1, i+1))
		if _, ok := e.Values[record.ValLoss]; i+1 == s.BestEpoch && !ok {
			err = errors.Join(err, fmt.Errorf("history[%d] has no %s, want that of the best epoch", i, record.ValLoss.Name))
		}
	}
	if !(s.LossSum >= 0) || !(s.Seconds >= 0) {
		err = errors.Join(err, fmt.Errorf("loss_sum is %g and seconds %g, want neither below 0", s.LossSum, s.Seconds))
	}
	for name, m := range s.Means {
		if record.Named(name) == nil {
			err = errors.Join(err, fmt.Errorf("means has %q, want metrics", name))
		}
		err = errors.Join(err, wanted("means."+name, m.Steps, 1, s.Step))
	}
	return err
}

// stateKey is the state's key in the metadata of a safetensors file.
const stateKey = "actfn.state"

// write saves the weights, the optimiser's moments, the state and, by prefix, other sets of weights in one file.
func (s state) write(path string, weights checkpoint.File, others map[string][]checkpoint.Tensor, net *model.Net, o *optimizer) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f := checkpoint.File{Tensors: slices.Clone(weights.Tensors), Metadata: maps.Clone(weights.Metadata)}
	f.Metadata[stateKey] = string(text)
	for _, prefix := range slices.Sorted(maps.Keys(others)) {
		for _, t := range others[prefix] {
			t.Name = prefix + t.Name
			f.Tensors = append(f.Tensors, t)
		}
	}
	for kind, name := range o.Optimizer.Moments {
		for i, p := range o.parameters {
			f.Tensors = append(f.Tensors, checkpoint.Tensor{
				Name: momentTensor(name, p), Shape: p.Shape, Data: p.Export(o.Moments(i)[kind]),
			})
		}
	}
	return checkpoint.Write(path, f)
}

// Prefixes of the names of tensors that are not the current weights.
const (
	momentPrefix = "optimizer."
	beganPrefix  = "began." // weights at the start of the epoch in progress
	bestPrefix   = "best."  // weights of the best epoch, in the resume file of a lean run
)

func momentTensor(moment string, p *model.Parameter) string {
	return momentPrefix + moment + "." + p.Name
}

// withoutMoments removes all but the current weights from a resume file.
func withoutMoments(f checkpoint.File) checkpoint.File {
	f.Tensors = slices.DeleteFunc(slices.Clone(f.Tensors), func(t checkpoint.Tensor) bool {
		return slices.ContainsFunc([]string{momentPrefix, beganPrefix, bestPrefix}, func(prefix string) bool {
			return strings.HasPrefix(t.Name, prefix)
		})
	})
	return f
}

// withPrefix returns the tensors whose names begin with the prefix, renamed without it.
func withPrefix(f checkpoint.File, prefix string) []checkpoint.Tensor {
	var found []checkpoint.Tensor
	for _, t := range f.Tensors {
		if name, ok := strings.CutPrefix(t.Name, prefix); ok {
			t.Name = name
			found = append(found, t)
		}
	}
	return found
}

// restore is the inverse of write, except for the other sets of weights. Errors name the path.
func restore(path string, f checkpoint.File, net *model.Net, o *optimizer) (state, error) {
	var s state
	text, ok := f.Metadata[stateKey]
	if !ok {
		return state{}, fmt.Errorf("%s: metadata has no %q, want a file that a run left to resume from", path, stateKey)
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return state{}, fmt.Errorf("%s: metadata %q: %w", path, stateKey, err)
	}
	if s.Schema != stateSchema {
		return state{}, fmt.Errorf("%s: schema is %d, want %d", path, s.Schema, stateSchema)
	}
	for kind, name := range o.Optimizer.Moments {
		for i, p := range o.parameters {
			t, ok := f.Tensor(momentTensor(name, p))
			if !ok || !slices.Equal(t.Shape, p.Shape) {
				return state{}, fmt.Errorf("%s: tensor %q has shape %v, want %v", path, momentTensor(name, p), t.Shape, p.Shape)
			}
			p.Import(o.Moments(i)[kind], t.Data)
		}
	}
	o.Steps = s.Updates
	return s, setWeights(net, path, withoutMoments(f))
}
