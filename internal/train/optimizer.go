package train

import (
	"actfn/internal/kernel"
	"actfn/internal/model"
	"actfn/internal/worker"
)

// optimizer makes steps by PyTorch's formulas; its state can be saved and restored.
type optimizer struct {
	cfg   Config
	pool  *worker.Pool
	lr    float64 // of the next step
	steps int     // begun so far
	// due is the step in progress, of the weights and of what is learnt of the activations.
	due struct{ weights, activations kernel.Update }
	// moments are the running averages, one list a kind, one slice a parameter, in the kernels' order.
	moments [2][][]float32

	parameters []*model.Parameter
	updated    []bool // by the run in progress
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
	o := &optimizer{cfg: cfg, pool: pool, lr: cfg.LR, parameters: parameters, updated: make([]bool, len(parameters))}
	for kind := range momentNames[cfg.Optimizer] {
		for _, p := range parameters {
			o.moments[kind] = append(o.moments[kind], kernel.Floats(len(p.Values())))
		}
	}
	return o
}

// begin begins a step: the trainer's next run may update parameters in its backward pass.
func (o *optimizer) begin(t *model.Trainer) {
	o.steps++
	o.due.weights = o.update(o.lr, o.cfg.WeightDecay)
	o.due.activations = o.update(o.lr*o.cfg.ActivationLRFactor, 0)
	for i, p := range o.parameters {
		o.updated[i] = !p.Buffer && t.SetUpdate(i, o.dueOf(p), o.moment(0, i), o.moment(1, i))
	}
}

// dueOf is the step of a parameter. Decay would pull what is learnt of an activation to the function that it
// is at 0, which for a PReLU is ReLU (He et al. 2015, arXiv:1502.01852).
func (o *optimizer) dueOf(p *model.Parameter) kernel.Update {
	if p.OfActivation {
		return o.due.activations
	}
	return o.due.weights
}

// finish updates the parameters by their gradients, but those that the run has updated.
func (o *optimizer) finish(t *model.Trainer) {
	for i, p := range o.parameters {
		if !p.Buffer && !o.updated[i] {
			o.dueOf(p).Run(o.pool, p.Values(), o.moment(0, i), o.moment(1, i), t.Gradient(i))
		}
	}
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
