package activations

import (
	"slices"

	"actfn/internal/formula"
	"actfn/internal/kernel"
)

// Live is an Activation at work in one layer: with the values that its parameters have been given there,
// one set for the layer or one for each of its channels.
type Live struct {
	f      *function
	form   *form
	groups []scalars
}

// scalars are what the computations need of one set of values.
type scalars struct{ fused, value, slope, slopes []float32 }

// Chance draws for the elements of x from one on; see formula.Program.
type Chance = formula.Chance

// Live is the activation in a layer of some channels, with its parameters' initial values. In training it
// draws what is a matter of chance, else it takes the mean.
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

// Groups is the number of sets of values: 1, or the number of channels where a parameter is learnt for each.
func (l *Live) Groups() int { return len(l.groups) }

// Set gives the parameters that are learnt their values: for each, in the order of Learnable, one or one
// for each channel.
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

// Forward computes dst = f(x), for elements of one group; dst may be x.
func (l *Live) Forward(dst, x []float32, group int, chance Chance) {
	s := &l.groups[group]
	if l.form.fused != nil {
		l.form.fused.value(dst, nil, x, s.fused)
		return
	}
	l.form.value.Run(x[:len(dst)], s.value, chance, func(from int, outputs [][]float32) { copy(dst[from:], outputs[0]) })
}

// Backward computes dx = dy·f′(x) for elements of one group, and adds Σ dy·∂f/∂p to sums for each parameter
// that is learnt, unless sums is nil. Chance draws what it drew for Forward. Dx may be dy or x.
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
