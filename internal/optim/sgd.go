package optim

import (
	"errors"

	"actfn/internal/kernel"
)

// sgd is stochastic gradient descent as torch.optim.SGD computes it, with the heavy ball of Polyak (1964) or
// Nesterov's momentum (Sutskever et al. 2013):
//
//	g += decay·w;  m = μm + g;  w −= lr·m,  or with Nesterov  w −= lr·(g + μm)
//
// Without momentum it keeps m, which stays 0, all the same.
var sgd = Optimizer{
	Name:    "sgd",
	Keys:    []string{"lr", "momentum", "nesterov", "weight_decay"},
	Moments: []string{"momentum_buffer"}, // m
	Check: func(s Settings) error {
		if s.Nesterov && s.Momentum == 0 {
			return errors.New("nesterov: value is true with momentum 0, want a momentum above 0")
		}
		return nil
	},
	Rule: func(s Settings, _ int) Rule {
		return Rule{Each: kernel.SGD{LR: s.LR, Momentum: s.Momentum, Decay: s.WeightDecay, Nesterov: s.Nesterov}.Update()}
	},
}
