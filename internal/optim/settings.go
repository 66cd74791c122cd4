package optim

import (
	"fmt"
	"reflect"
	"strings"

	"actfn/internal/setting"
)

// Settings are the values of the keys that optimisers read. Each optimiser says in its file which ones it reads.
type Settings struct {
	LR            float64
	Beta1, Beta2  float64
	Alpha         float64
	Eps           float64
	Momentum      float64
	Nesterov      bool
	MomentumDecay float64
	WeightDecay   float64
}

// Keys are the settings of s. The defaults are PyTorch's, with the rate of its Adam.
func (s *Settings) Keys() []setting.Key {
	keys := []setting.Key{
		{Name: "lr", Value: &s.LR, Flag: "lr", Arg: "F", Default: 0.001, Rule: setting.Positive, Scope: setting.Cell, Lists: "lr",
			Help: "learning rate"},
		{Name: "beta1", Value: &s.Beta1, Default: 0.9, Rule: setting.Share, Help: "decay rate of the running average of the gradient"},
		{Name: "beta2", Value: &s.Beta2, Default: 0.999, Rule: setting.Share, Help: "decay rate of the running average of the squared gradient"},
		{Name: "alpha", Value: &s.Alpha, Default: 0.99, Rule: setting.Share, Help: "decay rate of the running average of the squared gradient"},
		{Name: "eps", Value: &s.Eps, Default: 1e-8, Rule: setting.Positive, Help: "term added to the denominator"},
		{Name: "momentum", Value: &s.Momentum, Flag: "momentum", Arg: "F", Rule: setting.Share, Help: "momentum factor"},
		{Name: "nesterov", Value: &s.Nesterov, Help: "use Nesterov momentum"},
		{Name: "momentum_decay", Value: &s.MomentumDecay, Default: 4e-3, Rule: setting.NotNegative,
			Help: "how fast the momentum factor grows from beta1/2 to beta1"},
		{Name: "weight_decay", Value: &s.WeightDecay, Flag: "weight-decay", Arg: "F", Rule: setting.NotNegative,
			Help: "L2 penalty; adamw decays the weights themselves"},
	}
	for i, k := range keys {
		if names := readers(k.Name); len(names) < len(optimizers) {
			keys[i].Help += "; read by " + strings.Join(names, ", ")
		}
	}
	return keys
}

// Default is every key at its default.
func Default() Settings { return setting.Default((*Settings).Keys) }

// Check reports what is wrong with settings that are right one by one, each fault by its key. A key that is 0 or false
// by default must have an effect when it is set; the other keys, which every configuration has, may be set for an
// optimiser that is not in use.
func Check(name string, s Settings) []error {
	o, err := Named(name)
	if err != nil {
		return nil
	}
	var faults []error
	for _, k := range s.Keys() {
		off := reflect.Zero(k.Type()).Interface()
		if k.Initial() == off && k.Get() != off && !o.reads(k.Name) && setting.Check([]setting.Key{k}) == nil {
			faults = append(faults, fmt.Errorf("%s: value is %v with optimizer %s, want %v, or optimizer %s",
				k.Name, k.Get(), name, off, strings.Join(readers(k.Name), " or ")))
		}
	}
	if o.Check != nil {
		if err := o.Check(s); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
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
