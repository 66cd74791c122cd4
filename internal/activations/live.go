package activations

import (
	"slices"

	"actfn/internal/formula"
	"actfn/internal/kernel"
)

// Live is an Activation in one layer, with the current values of its parameters. There is one group of values for the
// layer, or one for each channel.
type Live struct {
	f      *function
	form   *form
	groups []scalars
}

// scalars holds what the kernel and the programs need of one group of values.
type scalars struct{ fused, value, slope, slopes []float32 }

// Chance makes random draws for elements; see formula.Chance.
type Chance = formula.Chance

// Live returns the activation for a layer with that many channels, with the initial values of its parameters. Random
// draws are made in training; otherwise their mean is taken.
func (a Activation) Live(channels int, training bool) *Live {
	form, groups := a.evaluated, 1
	if training {
		form = a.trained
	}
	for _, p := range a.learnable {
		if p.Learn == PerChannel {
			groups = channels
		}
	}
	return newLive(a.function, form, groups)
}

func newLive(f *function, form *form, groups int) *Live {
	l := &Live{f, form, make([]scalars, groups)}
	for g := range l.groups {
		l.set(g, f.initial)
	}
	return l
}

// Groups is the number of groups of values: 1, or the number of channels if a parameter has a value for each channel.
func (l *Live) Groups() int { return len(l.groups) }

// Set sets the values of the learnable parameters, in the order of Learnable: for each parameter one value, or one for
// each channel.
func (l *Live) Set(values [][]float32) {
	for g := range l.groups {
		l.set(g, func(name string) float64 {
			i := slices.IndexFunc(l.f.learnable, func(p Parameter) bool { return p.Name == name })
			return float64(values[i][min(g, len(values[i])-1)])
		})
	}
}

func (l *Live) set(group int, parameter func(name string) float64) {
	s := scalars{slope: l.form.slope.Scalars(parameter), slopes: l.form.slopes.Scalars(parameter)}
	if l.form.fused != nil {
		s.fused = l.form.fused.values(parameter)
	} else {
		s.value = l.form.value.Scalars(parameter)
	}
	l.groups[group] = s
}

// Forward computes dst = f(x) for elements of one group. dst may be x.
func (l *Live) Forward(dst, x []float32, group int, chance Chance) {
	s := &l.groups[group]
	if l.form.fused != nil {
		l.form.fused.value(dst, x, s.fused)
		return
	}
	l.form.value.Run(x[:len(dst)], s.value, chance, func(from int, outputs [][]float32) { copy(dst[from:], outputs[0]) })
}

// Backward computes dx = dy·f′(x) for elements of one group. Unless sums is nil, it adds Σ dy·∂f/∂p to sums for each
// learnable parameter p. chance has to make the same draws as for Forward. dx may be dy or x.
func (l *Live) Backward(dx, dy, x []float32, group int, chance Chance, sums []float64) {
	s := &l.groups[group]
	program, scalars := l.form.slopes, s.slopes
	switch {
	case l.form.fused != nil && sums == nil:
		l.form.fused.slope(dx, dy, x, s.fused)
		return
	case sums == nil:
		program, scalars = l.form.slope, s.slope
	}
	program.Run(x[:len(dx)], scalars, chance, func(from int, outputs [][]float32) {
		n := min(len(dx)-from, formula.BlockSize)
		dx, dy, x := dx[from:from+n], dy[from:from+n], x[from:from+n]
		for i := range sums {
			sums[i] += kernel.SumProducts(dy, outputs[len(outputs)-len(sums)+i])
		}
		if l.form.fused != nil {
			l.form.fused.slope(dx, dy, x, s.fused)
		} else {
			kernel.Mul(dx, dy, outputs[0])
		}
	})
}
