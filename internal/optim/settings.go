package optim

import (
	"fmt"
	"math"
	"strings"
)

// Settings are the values of the keys that optimisers read, as train.lr. Each optimiser says in its file
// which ones it reads.
type Settings struct {
	LR float64 `mapstructure:"lr" yaml:"lr" json:"lr"`
	// Beta1 is the smoothing of the gradient.
	Beta1 float64 `mapstructure:"beta1" yaml:"beta1" json:"beta1"`
	// Beta2, in rmsprop Alpha, is that of its square.
	Beta2 float64 `mapstructure:"beta2" yaml:"beta2" json:"beta2"`
	Alpha float64 `mapstructure:"alpha" yaml:"alpha" json:"alpha"`
	// Eps is added to the root of the square.
	Eps float64 `mapstructure:"eps" yaml:"eps" json:"eps"`
	// Momentum is the share of a step that the next one repeats; Nesterov looks that far ahead.
	Momentum float64 `mapstructure:"momentum" yaml:"momentum" json:"momentum"`
	Nesterov bool    `mapstructure:"nesterov" yaml:"nesterov" json:"nesterov"`
	// MomentumDecay is how fast the momentum of nadam grows from β₁/2 to β₁.
	MomentumDecay float64 `mapstructure:"momentum_decay" yaml:"momentum_decay" json:"momentum_decay"`
	// WeightDecay is an L2 penalty; adamw decays the weights themselves.
	WeightDecay float64 `mapstructure:"weight_decay" yaml:"weight_decay" json:"weight_decay"`
}

// Default is PyTorch's defaults, with the rate of its Adam.
func Default() Settings {
	return Settings{LR: 0.001, Beta1: 0.9, Beta2: 0.999, Alpha: 0.99, Eps: 1e-8, MomentumDecay: 4e-3}
}

// key is one of the settings.
type key struct {
	name  string
	value func(Settings) any
	rule
}

// keys are the settings, in the order of the fields.
var keys = []key{
	{"lr", func(s Settings) any { return s.LR }, positive},
	{"beta1", func(s Settings) any { return s.Beta1 }, share},
	{"beta2", func(s Settings) any { return s.Beta2 }, share},
	{"alpha", func(s Settings) any { return s.Alpha }, share},
	{"eps", func(s Settings) any { return s.Eps }, positive},
	{"momentum", func(s Settings) any { return s.Momentum }, share},
	{"nesterov", func(s Settings) any { return s.Nesterov }, rule{}},
	{"momentum_decay", func(s Settings) any { return s.MomentumDecay }, notNegative},
	{"weight_decay", func(s Settings) any { return s.WeightDecay }, notNegative},
}

// rule is which numbers a key may be.
type rule struct {
	holds func(float64) bool
	words string
}

var (
	positive    = rule{func(v float64) bool { return v > 0 }, "a number above 0"}
	notNegative = rule{func(v float64) bool { return v >= 0 }, "0 or more"}
	share       = rule{func(v float64) bool { return v >= 0 && v < 1 }, "0 to below 1"}
)

// Check reports everything that is wrong with the name of an optimiser and the settings, each fault by
// its key: "lr: value is 0, want a number above 0".
func Check(name string, s Settings) []error {
	var faults []error
	o, err := Named(name)
	if err != nil {
		faults = append(faults, err)
	}
	known := err == nil
	for _, k := range keys {
		if v, number := k.value(s).(float64); number && (math.IsInf(v, 0) || !k.holds(v)) {
			faults = append(faults, fmt.Errorf("%s: value is %g, want %s", k.name, v, k.words))
		} else if known && !o.reads(k.name) && k.switchedOn(s) {
			faults = append(faults, fmt.Errorf("%s: value is %v with optimizer %s, want %v, or %s",
				k.name, k.value(s), name, k.value(Settings{}), strings.Join(readers(k.name), " or ")))
		}
	}
	if known && o.Check != nil {
		if err := o.Check(s); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

// switchedOn reports that somebody has set a key that is 0 or false by default. It must then have an effect;
// the other keys, which every configuration has, may be set for an optimiser that is not in use.
func (k key) switchedOn(s Settings) bool {
	off := k.value(Settings{})
	return k.value(Default()) == off && k.value(s) != off
}

// readers names the optimisers that read a key.
func readers(key string) []string {
	var names []string
	for _, o := range optimizers {
		if o.reads(key) {
			names = append(names, o.Name)
		}
	}
	return names
}
