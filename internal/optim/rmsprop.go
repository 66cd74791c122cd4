package optim

import "actfn/internal/kernel"

// rmsprop is RMSprop (Tieleman and Hinton 2012, lecture 6.5) as torch.optim.RMSprop computes it:
//
//	g += decay·w;  v = αv + (1−α)g²;  u = g/(√v + ε)
//	w −= lr·u,  or with momentum  m = μm + u;  w −= lr·m
//
// Without momentum it keeps m, which stays 0, all the same.
var rmsprop = Optimizer{
	Name:    "rmsprop",
	Keys:    []string{"lr", "alpha", "eps", "momentum", "weight_decay"},
	Moments: []string{"square_avg", "momentum_buffer"}, // v, m
	Rule: func(s Settings, _ int) Rule {
		return Rule{Each: kernel.RMSprop{LR: s.LR, Alpha: s.Alpha, Eps: s.Eps, Momentum: s.Momentum, Decay: s.WeightDecay}.Update()}
	},
}
