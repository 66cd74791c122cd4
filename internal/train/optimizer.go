package train

import (
	"slices"

	"actfn/internal/model"
	"actfn/internal/optim"
	"actfn/internal/worker"
)

// optimizer makes the steps of an optim.State on the parameters of a net.
type optimizer struct {
	*optim.State
	pool       *worker.Pool
	lr         float64            // of the next step
	parameters []*model.Parameter // the trained ones: State's tensors
	updated    []bool             // by the backward pass of the step in progress
}

// newOptimizer returns the configured optimiser for parameters that have values. What an activation learns has no decay,
// which would pull the activation to what it is at 0: a PReLU to ReLU (He et al. 2015, arXiv:1502.01852).
func newOptimizer(cfg Config, pool *worker.Pool, parameters []*model.Parameter) (*optimizer, error) {
	kind, err := optim.Named(cfg.Optimizer)
	if err != nil {
		return nil, err
	}
	weights, learnt := optim.Group{LRFactor: 1, WeightDecay: cfg.WeightDecay}, optim.Group{LRFactor: cfg.ActivationLRFactor}
	trained := slices.DeleteFunc(slices.Clone(parameters), func(p *model.Parameter) bool { return p.Buffer })
	var tensors []optim.Tensor
	for _, p := range trained {
		t := optim.Tensor{Size: len(p.Values()), Group: weights}
		if p.OfActivation {
			t.Group = learnt
		}
		tensors = append(tensors, t)
	}
	return &optimizer{
		State: optim.New(kind, cfg.Settings, tensors), pool: pool, lr: cfg.LR,
		parameters: trained, updated: make([]bool, len(trained)),
	}, nil
}

// begin begins a step: the trainer's next run may update parameters in its backward pass.
func (o *optimizer) begin(t *model.Trainer) {
	o.Begin(o.lr)
	for i, p := range o.parameters {
		if each := o.Rule(i).Each; each != nil {
			a, b := o.Moments(i).Pair()
			o.updated[i] = t.SetUpdate(p, each, a, b)
		}
	}
}

// finish updates the parameters that the run has not updated.
func (o *optimizer) finish(t *model.Trainer) {
	for i, p := range o.parameters {
		if !o.updated[i] {
			o.Update(o.pool, i, p.Values(), t.Gradient(p))
		}
	}
}
