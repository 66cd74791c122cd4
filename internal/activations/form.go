package activations

import (
	"actfn/internal/formula"
)

// form computes a function, either by a fused kernel or by programs.
type form struct {
	fused  *fused           // nil if there is no fused kernel
	value  *formula.Program // f(x); nil if there is a fused kernel
	slope  *formula.Program // f′(x); without outputs if there is a fused kernel
	slopes *formula.Program // the outputs of slope, then ∂f/∂p for each learnable parameter
}

// newForm prepares the computation of an expression.
func (f *function) newForm(value *formula.Expr) (*form, error) {
	var c form
	var slopes []*formula.Expr
	if fused, ok := recognise(value); ok {
		c.fused = &fused
	} else {
		whole, err := f.arena.KeepNaN(value)
		if err != nil {
			return nil, err
		}
		c.value = formula.Compile(whole)
		slopes = append(slopes, f.arena.X())
	}
	for _, p := range f.learnable {
		slopes = append(slopes, f.arena.Parameter(p.Name))
	}
	for i, by := range slopes {
		slope, err := f.arena.Derive(value, by)
		if err == nil {
			slope, err = f.arena.KeepNaN(slope)
		}
		if err != nil {
			return nil, err
		}
		slopes[i] = slope
	}
	c.slopes = formula.Compile(slopes...)
	if c.slope = c.slopes; len(f.learnable) > 0 {
		c.slope = formula.Compile(slopes[:len(slopes)-len(f.learnable)]...)
	}
	return &c, nil
}

// compile sets the expressions and forms that follow from f.value.
func (f *function) compile() (err error) {
	mean, err := f.arena.Mean(f.value)
	if err != nil {
		return err
	}
	slope, err := f.arena.Derive(mean, f.arena.X())
	if err != nil {
		return err
	}
	f.mean, f.slope = mean, slope
	if f.evaluated, err = f.newForm(mean); err != nil {
		return err
	}
	f.trained = f.evaluated
	if f.random() {
		f.trained, err = f.newForm(f.value)
	}
	f.initially = newLive(f, f.evaluated, 1)
	return err
}

// initial is the initial value of a parameter.
func (f *function) initial(name string) float64 {
	for _, p := range f.parameters {
		if p.Name == name {
			return p.Value
		}
	}
	return 0
}

// Forward computes dst = f(x), with the initial values of the parameters and the mean of random draws. dst may be x.
func (a Activation) Forward(dst, x []float32) { a.initially.Forward(dst, x, 0, nil) }

// Backward computes dx = dy·f′(x), where f is as in Forward. dx may be dy or x.
func (a Activation) Backward(dx, dy, x []float32) { a.initially.Backward(dx, dy, x, 0, nil, nil) }
