package optim

import (
	"slices"

	"actfn/internal/kernel"
	"actfn/internal/worker"
)

// Group says how some tensors are updated that the settings leave open.
type Group struct {
	LRFactor    float64 // times the rate of the step
	WeightDecay float64
}

// Tensor declares a tensor that an optimiser updates.
type Tensor struct {
	Size  int // values, with padding
	Group Group
}

// State is an optimiser at work: what it keeps of each tensor, and the step in progress.
type State struct {
	Optimizer Optimizer
	Steps     int // begun so far; set, with the moments, to go on where another State was

	settings Settings
	groups   []Group
	rules    []Rule    // of the step in progress, one a group
	group    []int     // of each tensor
	moments  []Moments // of each tensor
}

// New returns an optimiser that has made no step. Its settings have passed Check; their WeightDecay is
// not used, but each group's.
func New(o Optimizer, s Settings, tensors []Tensor) *State {
	state := &State{Optimizer: o, settings: s}
	for _, t := range tensors {
		g := slices.Index(state.groups, t.Group)
		if g < 0 {
			g = len(state.groups)
			state.groups = append(state.groups, t.Group)
		}
		state.group = append(state.group, g)
		m := make(Moments, len(o.Moments))
		for kind := range m {
			m[kind] = kernel.Floats(t.Size)
		}
		state.moments = append(state.moments, m)
	}
	return state
}

// Begin begins the next step, at a learning rate.
func (s *State) Begin(lr float64) {
	s.Steps++
	s.rules = s.rules[:0]
	for _, g := range s.groups {
		settings := s.settings
		settings.LR, settings.WeightDecay = lr*g.LRFactor, g.WeightDecay
		s.rules = append(s.rules, s.Optimizer.Rule(settings, s.Steps))
	}
}

// Rule is the step in progress of tensor i.
func (s *State) Rule(i int) Rule { return s.rules[s.group[i]] }

// Moments are the live running averages of tensor i.
func (s *State) Moments(i int) Moments { return s.moments[i] }

// Update makes the step in progress on tensor i, whose values are w and whose gradient is g.
func (s *State) Update(p *worker.Pool, i int, w, g []float32) { s.Rule(i).Run(p, w, s.moments[i], g) }

// ElementWise reports that every step may be made on any part of a tensor by itself.
func (s *State) ElementWise() bool { return s.Optimizer.Rule(s.settings, 1).Whole == nil }
