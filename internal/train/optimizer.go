package train

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"actfn/internal/kernel"
	"actfn/internal/model"
)

// optimizer is a gorgonia.Solver by PyTorch's formulas, whose state can be saved and restored.
type optimizer struct {
	cfg   Config
	pool  *kernel.Pool
	lr    float64 // of the next step
	steps int     // made so far
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

// newOptimizer returns the configured optimiser for parameters of the given sizes.
func newOptimizer(cfg Config, pool *kernel.Pool, sizes []int) *optimizer {
	o := &optimizer{cfg: cfg, pool: pool, lr: cfg.LR}
	for kind := range momentNames[cfg.Optimizer] {
		for _, n := range sizes {
			o.moments[kind] = append(o.moments[kind], make([]float32, n))
		}
	}
	return o
}

// Step updates the parameters, a training graph's, by their gradients, once.
func (o *optimizer) Step(parameters []gorgonia.ValueGrad) error {
	o.steps++
	update := o.update()
	for i, p := range parameters {
		l, ok := p.(*model.Learnable)
		if !ok {
			return fmt.Errorf("optimizer: parameter %d is %T, want %T", i, p, l)
		}
		if err := l.Update(o.pool, o.moment(0, i), o.moment(1, i), update); err != nil {
			return err
		}
	}
	return nil
}

// update is the step that is due.
func (o *optimizer) update() kernel.Update {
	switch c := o.cfg; c.Optimizer {
	case "sgd":
		return kernel.SGD{LR: o.lr, Momentum: c.Momentum, Decay: c.WeightDecay, Nesterov: c.Nesterov}.Update()
	case "rmsprop":
		return kernel.RMSprop{LR: o.lr, Alpha: c.Alpha, Eps: c.Eps, Momentum: c.Momentum, Decay: c.WeightDecay}.Update()
	default: // adam, adamw
		return kernel.Adam{
			LR: o.lr, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, Decay: c.WeightDecay, Decoupled: c.Optimizer == "adamw",
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
