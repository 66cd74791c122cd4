package activations

import (
	"math"
	"sync"

	"actfn/internal/formula"
	"actfn/internal/kernel"
)

// fusedKernel computes all functions of one form by a kernel of their own. It recognizes the form, so that a formula
// costs the same as the name of the function.
type fusedKernel struct {
	templates []string // formulas whose parameters stand for expressions that do not vary
	scalars   []string // the kernel's arguments: parameters of the template; 1 if the template has no such parameter
	value     func(dst, x, s []float32)
	slope     func(dx, dy, x, s []float32)
}

func plain(value func(dst, x []float32), slope func(dx, dy, x []float32), templates ...string) fusedKernel {
	return fusedKernel{
		templates: templates,
		value:     func(dst, x, _ []float32) { value(dst, x) },
		slope:     func(dx, dy, x, _ []float32) { slope(dx, dy, x) },
	}
}

var fusedKernels = []fusedKernel{
	plain(kernel.ReLU, kernel.ReLUGrad, "max(x, 0)", "where(x > 0, x, 0)", "where(x >= 0, x, 0)"),
	plain(kernel.Sigmoid, kernel.SigmoidGrad, "sigmoid(x)", "1/(1 + exp(-x))"),
	plain(kernel.Tanh, kernel.TanhGrad, "tanh(x)"),
	plain(kernel.SiLU, kernel.SiLUGrad, "x*sigmoid(x)"),
	plain(kernel.GELU, kernel.GELUGrad, "0.5*x*(1 + erf(x/sqrt(2)))", "0.5*x*(1 + erf(x*0.7071067811865476))", "x*erfc(-x/sqrt(2))/2"),
	plain(kernel.GELUTanh, kernel.GELUTanhGrad, "0.5*x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))"),
	plain(kernel.Mish, kernel.MishGrad, "x*tanh(softplus(x))"),
	plain(kernel.Softplus, kernel.SoftplusGrad, "softplus(x)"),
	plain(kernel.LogSigmoid, kernel.LogSigmoidGrad, "-softplus(-x)", "log(sigmoid(x))"),
	plain(kernel.HardSigmoid, kernel.HardSigmoidGrad, "min(max(x/6 + 0.5, 0), 1)", "min(max(x + 3, 0), 6)/6"),
	plain(kernel.HardSwish, kernel.HardSwishGrad, "x*min(max(x + 3, 0), 6)/6", "x*min(max(x/6 + 0.5, 0), 1)"),
	plain(kernel.Softsign, kernel.SoftsignGrad, "x/(1 + abs(x))"),
	{
		templates: []string{"where(x > 0, x, slope*x)", "where(x >= 0, x, slope*x)"}, scalars: []string{"slope"},
		value: func(dst, x, s []float32) { kernel.LeakyReLU(dst, x, s[0]) },
		slope: func(dx, dy, x, s []float32) { kernel.LeakyReLUGrad(dx, dy, x, s[0]) },
	},
	{
		templates: []string{"min(max(x, low), high)", "max(min(x, high), low)"}, scalars: []string{"low", "high"},
		value: func(dst, x, s []float32) { kernel.HardTanh(dst, x, s[0], s[1]) },
		slope: func(dx, dy, x, s []float32) { kernel.HardTanhGrad(dx, dy, x, s[0], s[1]) },
	},
	{
		templates: []string{"where(abs(x) > threshold, x, 0)"}, scalars: []string{"threshold"},
		value: func(dst, x, s []float32) { kernel.HardShrink(dst, x, s[0]) },
		slope: func(dx, dy, x, s []float32) { kernel.ShrinkGrad(dx, dy, x, -s[0], s[0]) },
	},
	shrink("where(x > high, x + above, where(x < low, x + below, middle))", []string{"high", "middle", "low", "below", "above"},
		func(s []float32) (low, below, above float32) { return s[2], s[3], s[4] }),
	shrink("where(x > high, x - bias, where(x < low, x + bias, middle))", []string{"high", "middle", "low", "bias"},
		func(s []float32) (low, below, above float32) { return s[2], s[3], -s[3] }),
	shrink("where(x > high, x, where(x < low, x, middle))", []string{"high", "middle", "low"},
		func(s []float32) (low, below, above float32) { return s[2], 0, 0 }),
	shrink("where(x > high, x, middle)", []string{"high", "middle"},
		func([]float32) (low, below, above float32) { return float32(math.Inf(-1)), 0, 0 }),
	{
		templates: []string{
			"where(x > 0, x, alpha*(exp(x) - 1))", "where(x > 0, x, exp(x) - 1)",
			"scale*where(x > 0, x, alpha*(exp(x) - 1))", "scale*where(x > 0, x, exp(x) - 1)",
		},
		scalars: []string{"alpha", "scale"},
		value:   func(dst, x, s []float32) { kernel.ELU(dst, x, s[0]*s[1], s[1]) },
		slope:   func(dx, dy, x, s []float32) { kernel.ELUGrad(dx, dy, x, s[0]*s[1], s[1]) },
	},
}

// fused is a kernel and the expressions of its scalars.
type fused struct {
	fusedKernel
	with []*formula.Expr // nil stands for 1
}

// shrink is the kernel of functions that are a constant, middle, between low and high, and a shifted x outside. The scalars
// begin with high and middle; others computes the remaining arguments of the kernel from all of them.
func shrink(template string, scalars []string, others func(s []float32) (low, below, above float32)) fusedKernel {
	return fusedKernel{
		templates: []string{template}, scalars: scalars,
		value: func(dst, x, s []float32) {
			low, below, above := others(s)
			kernel.SoftShrink(dst, x, low, s[0], below, above, s[1])
		},
		slope: func(dx, dy, x, s []float32) {
			low, _, _ := others(s)
			kernel.ShrinkGrad(dx, dy, x, low, s[0])
		},
	}
}

// templates are the parsed templates of each of fusedKernels.
var templates = sync.OnceValue(func() [][]*formula.Expr {
	all := make([][]*formula.Expr, len(fusedKernels))
	for i, k := range fusedKernels {
		for _, text := range k.templates {
			template, err := formula.Parse(formula.NewArena(), text, anyName{})
			if err != nil {
				panic("activations: " + text + ": " + err.Error()) // a test parses all of them
			}
			all[i] = append(all[i], template)
		}
	}
	return all
})

// recognise finds the kernel that computes e, if there is one.
func recognise(e *formula.Expr) (f fused, ok bool) {
	for i, k := range fusedKernels {
		for _, template := range templates()[i] {
			with, ok := formula.Unify(template, e)
			if !ok {
				continue
			}
			f := fused{fusedKernel: k}
			for _, name := range k.scalars {
				f.with = append(f.with, with[name])
			}
			return f, true
		}
	}
	return fused{}, false
}

// values computes the kernel's scalars from the parameters' values.
func (f fused) values(parameter func(name string) float64) []float32 {
	values := make([]float32, len(f.with))
	for i, e := range f.with {
		values[i] = 1
		if e != nil {
			values[i] = float32(e.Eval(0, parameter))
		}
	}
	return values
}

// anyName is the scope of a template, in which every name is a parameter.
type anyName struct{}

func (anyName) Variable(name string) bool  { return name != "pi" }
func (anyName) Unknown(name string) string { return "name " + name + " is unknown" }
func (anyName) Call(*formula.Arena, string, []formula.Argument) (*formula.Expr, bool, error) {
	return nil, false, nil
}
