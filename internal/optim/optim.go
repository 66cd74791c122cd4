// Package optim is the optimisers by PyTorch's formulas and defaults, each in a file of its own, and
// the running averages that one keeps while it updates the tensors of a model. A tensor is a slice of
// values and the slice of its gradient, in any order that is always the same. It may be padded with
// zeros whose gradient is 0, which stay 0.
package optim

import (
	"fmt"
	"slices"
	"strings"

	"actfn/internal/kernel"
	"actfn/internal/worker"
)

// Optimizer is one way to update values by their gradient.
type Optimizer struct {
	Name    string
	Keys    []string             // the settings that it reads
	Check   func(Settings) error // what is wrong with values that are right one by one; nil: nothing can be
	Moments []string             // the running averages that it keeps of each tensor, as PyTorch names them
	// Rule is step t = 1, 2, … of a tensor whose rate in this step and whose decay are those of the settings.
	// Whether it is element-wise depends on neither.
	Rule func(s Settings, t int) Rule
}

// optimizers is the registry, in the order in which help and messages list it.
var optimizers = []Optimizer{adam, adamw, sgd, rmsprop, nadam}

// Names lists the optimisers.
func Names() []string {
	var names []string
	for _, o := range optimizers {
		names = append(names, o.Name)
	}
	return names
}

// Named returns the optimiser of that name.
func Named(name string) (Optimizer, error) {
	for _, o := range optimizers {
		if o.Name == name {
			return o, nil
		}
	}
	return Optimizer{}, fmt.Errorf("optimizer: value is %q, want one of %s", name, strings.Join(Names(), ", "))
}

func (o Optimizer) reads(key string) bool { return slices.Contains(o.Keys, key) }

// Rule is one step: Each or Whole is set.
type Rule struct {
	// Each updates each value by its own gradient and averages, and so any part of a tensor.
	Each kernel.Update
	// Whole updates a whole tensor, all of whose values decide how far each one moves.
	Whole func(p *worker.Pool, w []float32, m Moments, g []float32)
}

// Run updates the tensor w, given its running averages and its gradient.
func (r Rule) Run(p *worker.Pool, w []float32, m Moments, g []float32) {
	if r.Whole != nil {
		r.Whole(p, w, m, g)
		return
	}
	a, b := m.Pair()
	r.Each.Run(p, w, a, b, g)
}

// Moments are the running averages of one tensor, in the order of Optimizer.Moments.
type Moments [][]float32

// Pair is the averages as a kernel.Update takes them, nil for those that are not kept.
func (m Moments) Pair() (a, b []float32) {
	if len(m) > 0 {
		a = m[0]
	}
	if len(m) > 1 {
		b = m[1]
	}
	return a, b
}
