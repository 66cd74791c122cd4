package optim

import "actfn/internal/kernel"

// adam is Adam (Kingma and Ba 2014, arXiv:1412.6980) as torch.optim.Adam computes it, whose weight decay
// is part of the gradient:
//
//	g += decay·w;  m = β₁m + (1−β₁)g;  v = β₂v + (1−β₂)g²
//	w −= lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)
var adam = Optimizer{
	Name:    "adam",
	Keys:    adamKeys,
	Moments: adamMoments,
	Rule:    func(s Settings, t int) Rule { return Rule{Each: adamOf(s).Update(t)} },
}

// adamw is Adam with the decay decoupled from the gradient (Loshchilov and Hutter 2017, arXiv:1711.05101), as
// torch.optim.AdamW computes it: w is first scaled by 1 − lr·decay, and g is left alone.
var adamw = Optimizer{
	Name:    "adamw",
	Keys:    adamKeys,
	Moments: adamMoments,
	Rule: func(s Settings, t int) Rule {
		a := adamOf(s)
		a.Decoupled = true
		return Rule{Each: a.Update(t)}
	},
}

var (
	adamKeys    = []string{"lr", "beta1", "beta2", "eps", "weight_decay"}
	adamMoments = []string{"exp_avg", "exp_avg_sq"} // m, v
)

func adamOf(s Settings) kernel.Adam {
	return kernel.Adam{LR: s.LR, Beta1: s.Beta1, Beta2: s.Beta2, Eps: s.Eps, Decay: s.WeightDecay}
}
