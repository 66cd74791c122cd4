package train

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"actfn/internal/model"
	"actfn/internal/optim"
	"actfn/internal/worker"
)

// optimizer is a gorgonia.Solver that makes the steps of a package optim's.
type optimizer struct {
	*optim.State
	pool *worker.Pool
	lr   float64 // of the next step
}

// newOptimizer returns the configured optimiser for parameters that have values. Decay would pull what is
// learnt of an activation to the function that it is at 0, which for a PReLU is ReLU (He et al. 2015,
// arXiv:1502.01852), so that it has none.
func newOptimizer(cfg Config, pool *worker.Pool, parameters []*model.Parameter) (*optimizer, error) {
	o, err := optim.Named(cfg.Optimizer)
	if err != nil {
		return nil, fmt.Errorf("train.%w", err)
	}
	weights, learnt := optim.Group{LRFactor: 1, WeightDecay: cfg.WeightDecay}, optim.Group{LRFactor: cfg.ActivationLRFactor}
	var tensors []optim.Tensor
	for _, p := range parameters {
		t := optim.Tensor{Size: len(p.Values()), Group: weights}
		if p.OfActivation {
			t.Group = learnt
		}
		tensors = append(tensors, t)
	}
	return &optimizer{State: optim.New(o, cfg.Settings, tensors), pool: pool, lr: cfg.LR}, nil
}

// prepare begins a step: the training graph's next run may update parameters on its way.
func (o *optimizer) prepare(parameters []gorgonia.ValueGrad) error {
	o.Begin(o.lr)
	return each(parameters, func(i int, l *model.Learnable) error {
		if rule := o.Rule(i); rule.Each != nil {
			a, b := o.Moments(i).Pair()
			l.Prepare(a, b, rule.Each)
		}
		return nil
	})
}

// Step updates the parameters by their gradients, but those that the run has updated.
func (o *optimizer) Step(parameters []gorgonia.ValueGrad) error {
	return each(parameters, func(i int, l *model.Learnable) error {
		if rule := o.Rule(i); rule.Each != nil {
			a, b := o.Moments(i).Pair()
			return l.Update(o.pool, a, b, rule.Each)
		}
		grad, err := l.Grad()
		if err != nil {
			return err
		}
		o.Update(o.pool, i, l.Parameter.Values(), grad.Data().([]float32))
		return nil
	})
}

// each visits the parameters, a training graph's.
func each(parameters []gorgonia.ValueGrad, visit func(i int, l *model.Learnable) error) error {
	for i, p := range parameters {
		l, ok := p.(*model.Learnable)
		if !ok {
			return fmt.Errorf("optimizer: parameter %d is %T, want %T", i, p, l)
		}
		if err := visit(i, l); err != nil {
			return err
		}
	}
	return nil
}
