package optim

import (
	"math"
	"slices"
	"strings"
	"testing"

	"actfn/internal/setting"
	"actfn/internal/worker"
)

// change gives a key a value that no other key has.
func change(k setting.Key) {
	switch v := k.Value.(type) {
	case *bool:
		*v = true
	case *float64:
		*v = *v*0.75 + 0.125
	}
}

// An optimiser's steps depend on the keys that it declares and on no other.
func TestKeysAreWhatIsRead(t *testing.T) {
	for _, o := range optimizers {
		base := Default()
		if o.reads("momentum") {
			base.Momentum = 0.25
		}
		before := steps(o, base)
		for i := range base.Keys() {
			s := base
			k := s.Keys()[i]
			change(k)
			if moved := !slices.Equal(steps(o, s), before); moved != o.reads(k.Name) {
				t.Errorf("%s: %s changes the steps: %t, but the keys are %v", o.Name, k.Name, moved, o.Keys)
			}
		}
		for _, name := range o.Keys {
			if _, known := setting.Named(name, base.Keys()); !known {
				t.Errorf("%s reads %s, which is no key", o.Name, name)
			}
		}
		if rule := o.Rule(base, 1); rule.Each != nil && len(o.Moments) > 2 {
			t.Errorf("%s keeps %v, want at most two for kernel.Update", o.Name, o.Moments)
		}
	}
}

// steps is a tensor after three steps.
func steps(o Optimizer, s Settings) []float32 {
	pool := worker.New(1)
	defer pool.Close()
	w := []float32{1, -2, 0.5, 0.25, 3, -1, 0.125, 2, -0.5}
	state := New(o, s, []Tensor{{len(w), Group{1, s.WeightDecay}}})
	for step := range 3 {
		g := make([]float32, len(w))
		for i := range g {
			g[i] = float32(math.Sin(float64(i + 5*step)))
		}
		state.Begin(s.LR)
		state.Update(pool, 0, w, g)
	}
	return w
}

// NaN in a gradient makes its weight NaN and no other.
func TestNaN(t *testing.T) {
	pool := worker.New(1)
	defer pool.Close()
	for _, o := range optimizers {
		const n, at = 37, 5
		w, g := make([]float32, n), make([]float32, n)
		g[at] = float32(math.NaN())
		state := New(o, Default(), []Tensor{{n, Group{LRFactor: 1}}})
		state.Begin(0.1)
		state.Update(pool, 0, w, g)
		for i, v := range w {
			if math.IsNaN(float64(v)) != (i == at) {
				t.Errorf("%s: weight %d is %g after a gradient of %g", o.Name, i, v, g[i])
			}
		}
	}
}

// Each part of a tensor may be updated by itself: the bits are those of the whole.
func TestParts(t *testing.T) {
	const n = 1000
	for _, o := range optimizers {
		s := Default()
		s.WeightDecay = 0.1
		whole, parts := make([]float32, n), make([]float32, n)
		g := make([]float32, n)
		for i := range g {
			g[i], whole[i], parts[i] = float32(math.Sin(float64(i))), 1, 1
		}
		a, b := New(o, s, []Tensor{{n, Group{1, 0.1}}}), New(o, s, []Tensor{{n, Group{1, 0.1}}})
		for range 3 {
			a.Begin(0.01)
			b.Begin(0.01)
			x, y := a.Moments(0).Pair()
			a.Rule(0).Each(whole, x, y, g, 0)
			x, y = b.Moments(0).Pair()
			for from := 0; from < n; from += 72 {
				to := min(n, from+72)
				cut := func(v []float32) []float32 {
					if v == nil {
						return nil
					}
					return v[from:to]
				}
				b.Rule(0).Each(parts[from:to], cut(x), cut(y), g[from:to], 0)
			}
		}
		if !slices.Equal(whole, parts) {
			t.Errorf("%s: the parts have other bits than the whole", o.Name)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Settings)
		want   []string
	}{
		{"adam", func(s *Settings) {}, nil},
		{"sgd", func(s *Settings) { s.Momentum, s.Nesterov, s.Beta1 = 0.9, true, 0.5 }, nil},
		{"rmsprop", func(s *Settings) { s.Momentum = 0.9 }, nil},
		{"Adam", func(s *Settings) { s.Momentum, s.Nesterov = 0.5, true }, nil}, // the rule of the key says it
		{"adamw", func(s *Settings) { s.Momentum, s.Nesterov = 0.9, true }, []string{
			"momentum: value is 0.9 with optimizer adamw, want 0, or optimizer sgd or rmsprop",
			"nesterov: value is true with optimizer adamw, want false, or optimizer sgd",
		}},
		{"adam", func(s *Settings) { s.Momentum = -1 }, nil}, // the rule of the key says it
		{"sgd", func(s *Settings) { s.Nesterov = true }, []string{"nesterov: value is true with momentum 0, want a momentum above 0"}},
	} {
		s := Default()
		c.change(&s)
		var got []string
		for _, fault := range Check(c.name, s) {
			got = append(got, fault.Error())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s with %+v: faults are %q, want %q", c.name, s, got, c.want)
		}
	}
}

// The rules of the keys, and what the help says of those that not all optimisers read.
func TestKeys(t *testing.T) {
	s := Settings{LR: math.NaN(), Beta1: 1, Beta2: -1, Alpha: 2, WeightDecay: math.Inf(1)}
	want := []string{
		"lr: value is NaN, want a number above 0", "beta1: value is 1, want 0 to below 1", "beta2: value is -1, want 0 to below 1",
		"alpha: value is 2, want 0 to below 1", "eps: value is 0, want a number above 0", "weight_decay: value is +Inf, want 0 or more",
	}
	var got []string
	for _, fault := range setting.Check(s.Keys()) {
		got = append(got, fault.Error())
	}
	if !slices.Equal(got, want) {
		t.Errorf("faults are %q, want %q", got, want)
	}
	for name, want := range map[string]string{"momentum": "; read by sgd, rmsprop", "weight_decay": " decays the weights themselves"} {
		if k, _ := setting.Named(name, s.Keys()); !strings.HasSuffix(k.Help, want) {
			t.Errorf("help of %s is %q, want %q at its end", name, k.Help, want)
		}
	}
}
