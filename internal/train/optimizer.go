package train

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"actfn/internal/kernel"
	"actfn/internal/model"
	"actfn/internal/worker"
)

// optimizer is a gorgonia.Solver by PyTorch's formulas, whose state can be saved and restored.
type optimizer struct {
	cfg   Config
	pool  *worker.Pool
	lr    float64 // of the next step
	steps int     // begun so far
	// due is the step in progress, of the weights and of what is learnt of the activations.
	due struct{ weights, activations kernel.Update }
	// moments are the running averages, one list a kind, one slice a parameter, in the kernels' order.
	moments [2][][]float32
}

// momentNames are the kinds of moments that each optimiser keeps, as PyTorch names them.
var momentNames = map[string][]string{
	"adam":    {"exp_avg", "exp_avg_sq"},
	"adamw":   {"exp_avg", "exp_avg_sq"},
	"sgd":     {"momentum_buffer"},
	"rmsprop": {"square_avg", "momentum_buffer"},
}

// newOptimizer returns the configured optimiser for parameters that have values.
func newOptimizer(cfg Config, pool *worker.Pool, parameters []*model.Parameter) *optimizer {
	o := &optimizer{cfg: cfg, pool: pool, lr: cfg.LR}
	for kind := range momentNames[cfg.Optimizer] {
		for _, p := range parameters {
			o.moments[kind] = append(o.moments[kind], kernel.Floats(len(p.Values())))
		}
	}
	return o
}

// prepare begins a step: the training graph's next run may update parameters on its way.
func (o *optimizer) prepare(parameters []gorgonia.ValueGrad) error {
	o.steps++
	o.due.weights = o.update(o.lr, o.cfg.WeightDecay)
	o.due.activations = o.update(o.lr*o.cfg.ActivationLRFactor, 0)
	return o.each(parameters, func(l *model.Learnable, a, b []float32) error {
		l.Prepare(a, b, o.dueOf(l.Parameter))
		return nil
	})
}

// dueOf is the step of a parameter. Decay would pull what is learnt of an activation to the function that it
// is at 0, which for a PReLU is ReLU (He et al. 2015, arXiv:1502.01852).
func (o *optimizer) dueOf(p *model.Parameter) kernel.Update {
	if p.OfActivation {
		return o.due.activations
	}
	return o.due.weights
}

// Step updates the parameters by their gradients, but those that the run has updated.
func (o *optimizer) Step(parameters []gorgonia.ValueGrad) error {
	return o.each(parameters, func(l *model.Learnable, a, b []float32) error {
		return l.Update(o.pool, a, b, o.dueOf(l.Parameter))
	})
}

// each visits the parameters, a training graph's, with their running averages.
func (o *optimizer) each(parameters []gorgonia.ValueGrad, visit func(l *model.Learnable, a, b []float32) error) error {
	for i, p := range parameters {
		l, ok := p.(*model.Learnable)
		if !ok {
			return fmt.Errorf("optimizer: parameter %d is %T, want %T", i, p, l)
		}
		if err := visit(l, o.moment(0, i), o.moment(1, i)); err != nil {
			return err
		}
	}
	return nil
}

// update is a step of some rate and decay.
func (o *optimizer) update(lr, decay float64) kernel.Update {
	switch c := o.cfg; c.Optimizer {
	case "sgd":
		return kernel.SGD{LR: lr, Momentum: c.Momentum, Decay: decay, Nesterov: c.Nesterov}.Update()
	case "rmsprop":
		return kernel.RMSprop{LR: lr, Alpha: c.Alpha, Eps: c.Eps, Momentum: c.Momentum, Decay: decay}.Update()
	default: // adam, adamw
		return kernel.Adam{
			LR: lr, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, Decay: decay, Decoupled: c.Optimizer == "adamw",
		}.Update(o.steps)
	}
}

// moment is the running average of one kind of parameter i, or nil where the optimiser keeps none.
func (o *optimizer) moment(kind, i int) []float32 {
	if o.moments[kind] == nil {
		return nil
	}
	return o.moments[kind][i]
}
