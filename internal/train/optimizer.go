package train

import (
	"gorgonia.org/gorgonia"

	"actfn/internal/kernel"
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

// Step updates the parameters by their gradients, once.
func (o *optimizer) Step(parameters []gorgonia.ValueGrad) error {
	o.steps++
	for i, p := range parameters {
		grad, err := p.Grad()
		if err != nil {
			return err
		}
		w, g := p.Value().Data().([]float32), grad.Data().([]float32)
		switch c := o.cfg; c.Optimizer {
		case "adam", "adamw":
			kernel.Adam{LR: o.lr, Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, Decay: c.WeightDecay, Decoupled: c.Optimizer == "adamw"}.
				Step(o.pool, o.steps, w, o.moments[0][i], o.moments[1][i], g)
		case "sgd":
			kernel.SGD{LR: o.lr, Momentum: c.Momentum, Decay: c.WeightDecay, Nesterov: c.Nesterov}.
				Step(o.pool, w, o.moments[0][i], g)
		case "rmsprop":
			kernel.RMSprop{LR: o.lr, Alpha: c.Alpha, Eps: c.Eps, Momentum: c.Momentum, Decay: c.WeightDecay}.
				Step(o.pool, w, o.moments[0][i], o.moments[1][i], g)
		}
	}
	return nil
}
