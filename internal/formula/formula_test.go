package formula

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"actfn/internal/kernel"
)

// params is a Scope with parameters that have values, and with the function relu.
type params map[string]float64

func (p params) Variable(name string) bool { _, ok := p[name]; return ok }

func (p params) Call(a *Arena, name string, args []Argument) (*Expr, bool, error) {
	switch {
	case name != "relu":
		return nil, false, nil
	case len(args) == 2 && args[1].Name == "slope":
		return a.Apply(Max, args[0].Expr, a.Apply(Mul, args[1].Expr, args[0].Expr)), true, nil
	case len(args) != 1:
		return nil, true, errors.New("relu takes x and slope")
	}
	return a.Apply(Max, args[0].Expr, a.Number(0)), true, nil
}

func (p params) Unknown(name string) string { return fmt.Sprintf("name %q is unknown", name) }

func (p params) value(name string) float64 { return p[name] }

var ab = params{"a": 0.7, "b": -1.3}

func parse(t testing.TB, a *Arena, text string) *Expr {
	t.Helper()
	e, err := Parse(a, text, ab)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

// examples use every primitive and every rule.
var examples = []string{
	"x", "2", "a", "-x", "x + a", "x - a", "a - x", "x*x", "x^5 - x^7", "a*x^2 + b", "x*sin(x) + cos(x)", "a*sin(x) + x", "x*sin(x) + a", "a*x", "x/3", "3/(x^2 + 1)", "x^3", "x^2.5", "(x^2 + 1)^a", "2^x",
	"(x^2 + 2)^(x/4)", "x < 1", "(x > a)*x", "where(x == 1, a, x)", "where(x != 1, a, x)", "where(x >= 0, x, a*x)", "where(x < 0, exp(x), 1 + x)",
	"min(x, 1)", "max(x, a*x)", "max(1, x)", "min(max(x, 0), 6)", "hypot(x, 2)", "hypot(x, a*x + 1)", "abs(x - 0.3)", "sign(x)*x^2",
	"floor(x) + x", "sqrt(x^2 + 4)", "sqrt(exp(x))", "exp(-x^2)", "exp(x) - 1", "1 - exp(a*x)", "log(1 + exp(b*x))", "log(x^2 + 0.5)", "log(1 + x^2)",
	"log1p(abs(x))", "expm1(x/2)", "sin(3*x)", "cos(x)^2", "tanh(x - 1)", "1 - tanh(x)^2", "1 + tanh(x)", "1 - tanh(x)", "sinh(x)", "cosh(x/2)", "atan(x*a)",
	"erf(x)", "1 + erf(x)", "1 - erf(x)", "0.5*x*(1 + erf(x/sqrt(2)))", "erfc(x)*x", "x*sigmoid(b*x)", "1 - sigmoid(x)", "x/(1 + exp(-x))",
	"softplus(x)", "x*tanh(softplus(x))", "tanhshrink(x/2)", "sech2(x)", "bell(x)*x", "sech2(x)*bell(x)", "(x + 1)*(x - 1)/(x^2 + 1)", "x - (a - (x - 2))",
	"-(x - 1)*-x", "-x^2", "(-x)^2", "x^2^0.5", "2e-3*x + .5", "relu(x) + 0.5*relu(-x)", "relu(x, slope = 0.5)", "pow(abs(x), 1.5)", "uniform(0.1, a)*x", "-(2*x)", "3*(x*2)", "(2*x)*(3*a)",
}

func TestExamplesUseEveryPrimitive(t *testing.T) {
	used := map[Op]bool{}
	for _, text := range examples {
		a := NewArena()
		parse(t, a, text).any(func(e *Expr) bool { used[e.op] = true; return false })
	}
	for op, p := range primitives {
		if Op(op) > Draw && !used[Op(op)] {
			t.Errorf("no example has %s%s", p.name, p.symbol)
		}
	}
}

// points avoid the kinks of the examples.
var points = []float64{-7.7, -3.1, -1.45, -0.61, -0.07, 0.13, 0.52, 0.97, 1.6, 2.9, 8.3}

func TestPrintedReadsAlike(t *testing.T) {
	for _, text := range examples {
		a := NewArena()
		e := parse(t, a, text)
		alike(t, e, parse(t, a, e.String()))
		d, err := a.Derive(e, a.X())
		if err != nil {
			t.Fatal(err)
		}
		alike(t, d, parse(t, a, d.String()))
	}
}

func alike(t *testing.T, printed, read *Expr) {
	t.Helper()
	for _, x := range points {
		if a, b := printed.Eval(x, ab.value), read.Eval(x, ab.value); !(math.Abs(a-b) <= 1e-12*(1+math.Abs(a))) && !(math.IsNaN(a) && math.IsNaN(b)) {
			t.Fatalf("%s is %g at %g, read again it is %g", printed, a, x, b)
		}
	}
}

// Simplification keeps the value, which Go computes for some formulas.
func TestValues(t *testing.T) {
	for text, f := range map[string]func(x float64) float64{
		"0.5*x*(1 + erf(x/sqrt(2)))":            func(x float64) float64 { return 0.5 * x * math.Erfc(-x/math.Sqrt2) },
		"log(1 + exp(x))":                       func(x float64) float64 { return math.Log1p(math.Exp(x)) },
		"x/(1 + exp(-x))":                       func(x float64) float64 { return x / (1 + math.Exp(-x)) },
		"1 - tanh(x)^2":                         func(x float64) float64 { c := math.Cosh(x); return 1 / (c * c) },
		"2^x - x^2/-3":                          func(x float64) float64 { return math.Exp2(x) + x*x/3 },
		"-x^2 + 2*-x - 3 - -4":                  func(x float64) float64 { return -x*x - 2*x + 1 },
		"8/2/2*x - 3 - 2 - x":                   func(x float64) float64 { return x - 5 },
		"2^3^2*x":                               func(x float64) float64 { return 512 * x },
		"(x > 0)*3 + (x<=0)*5 + (1 != 2)":       func(x float64) float64 { return map[bool]float64{true: 4, false: 6}[x > 0] },
		"where(x >= 0.13, pi, sin(x) + 1)":      func(x float64) float64 { return map[bool]float64{true: math.Pi, false: math.Sin(x) + 1}[x >= 0.13] },
		"x + sqrt(x^2 + 4)":                     func(x float64) float64 { return x + math.Sqrt(x*x+4) },
		"sqrt(x^2 + 9) - 3":                     func(x float64) float64 { return math.Sqrt(x*x+9) - 3 },
		"1 + x/sqrt(1 + x^2)":                   func(x float64) float64 { return 1 + x/math.Sqrt(1+x*x) },
		"x/sqrt(1 + 4*x^2)":                     func(x float64) float64 { return x / math.Sqrt(1+4*x*x) },
		"atan(x) + pi/2":                        func(x float64) float64 { return math.Atan(x) + math.Pi/2 },
		"x/(x/2 + exp(-x/3))":                   func(x float64) float64 { return x / (x/2 + math.Exp(-x/3)) },
		"x/(x + 1.16*exp(-x))":                  func(x float64) float64 { return x / (x + 1.16*math.Exp(-x)) },
		"x/(2 + 0.68*exp(-1.7*x))":              func(x float64) float64 { return x / (2 + 0.68*math.Exp(-1.7*x)) },
		"x*exp(x)/(3*exp(x) + 2)":               func(x float64) float64 { return x * math.Exp(x) / (3*math.Exp(x) + 2) },
		"(exp(x) - exp(-x))/(exp(x) + exp(-x))": math.Tanh,
		"(exp(2*x) - 1)/(exp(2*x) + 1)":         math.Tanh,
		"2*x/(exp(x) + exp(-x))":                func(x float64) float64 { return x / math.Cosh(x) },
		"exp(x)/(1 + exp(x))":                   func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
		"(1 + exp(-x))^-1.5":                    func(x float64) float64 { return math.Pow(1+math.Exp(-x), -1.5) },
		"log(2 - exp(-exp(x)))":                 func(x float64) float64 { return math.Log1p(-math.Expm1(-math.Exp(x))) },
		"log(1 - a*min(x, 0))":                  func(x float64) float64 { return math.Log(1 - 0.7*min(x, 0)) },
		"log(cosh(x))":                          func(x float64) float64 { return math.Log(math.Cosh(x)) },
		"log(sigmoid(x))":                       func(x float64) float64 { return -math.Log1p(math.Exp(-x)) },
		"sin(x)/x":                              func(x float64) float64 { return math.Sin(x) / x },
		"x - tanh(x)":                           func(x float64) float64 { return x - math.Tanh(x) },
		"3*sigmoid(x) - 1.5":                    func(x float64) float64 { return 1.5 * math.Tanh(x/2) },
		"tanh(0.6*exp(x)) + erf(exp(x) - x)":    func(x float64) float64 { return math.Tanh(0.6*math.Exp(x)) + math.Erf(math.Exp(x)-x) },
		"where(x > 0, where(x > 0, 1, 2), where(x > 0, 3, x))": func(x float64) float64 {
			if x > 0 {
				return 1
			}
			return x
		},
		"uniform(1, 4)*x": func(x float64) float64 { return 2.5 * x },
	} {
		e := parse(t, NewArena(), text)
		for _, x := range points {
			if got, want := e.Eval(x, ab.value), f(x); math.Abs(got-want) > 1e-13*(1+math.Abs(want)) {
				t.Errorf("%s at %g is %g, want %g", text, x, got, want)
			}
		}
	}
}

func TestDerivatives(t *testing.T) {
	for _, text := range examples {
		a := NewArena()
		e := parse(t, a, text)
		variables := []*Expr{a.X(), a.Parameter("a"), a.Parameter("b")}
		for _, v := range variables {
			d, err := a.Derive(e, v)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range points {
				const h = 1e-5
				at := func(by float64) float64 {
					if v == a.X() {
						return e.Eval(x+by, ab.value)
					}
					return e.Eval(x, func(name string) float64 {
						if name == v.name {
							return ab[name] + by
						}
						return ab[name]
					})
				}
				got, want := d.Eval(x, ab.value), (at(h)-at(-h))/(2*h)
				if math.IsNaN(want) || strings.Contains(text, "floor") {
					continue
				}
				if !(math.Abs(got-want) <= 1e-6*(1+math.Abs(want))) {
					t.Errorf("%s by %s at %g is %g, differences say %g: %s", text, v, x, got, want, d)
				}
			}
		}
	}
}

func TestKinks(t *testing.T) {
	for text, want := range map[string]map[float64]float64{
		"max(x, 0)":                   {0: 0},
		"max(0, x)":                   {0: 0},
		"min(max(x, 0), 6)":           {0: 0, 6: 0, 3: 1},
		"min(6, max(0, x))":           {0: 0, 6: 0, 3: 1},
		"where(x > 0, x, 0.01*x)":     {0: 0.01},
		"abs(x)":                      {0: 0},
		"where(x > 0, x, exp(x) - 1)": {0: 1, 1000: 1},
		"x/(1 + abs(x))":              {0: 1},
		"max(x, 0)^2":                 {0: 0, 2: 4},
	} {
		a := NewArena()
		d, err := a.Derive(parse(t, a, text), a.X())
		if err != nil {
			t.Fatal(err)
		}
		for x, want := range want {
			if got := d.Eval(x, ab.value); got != want {
				t.Errorf("%s' at %g is %g, want %g", text, x, got, want)
			}
		}
	}
}

// Naive forms that overflow or cancel are rewritten to forms that do not.
func TestTails(t *testing.T) {
	for text, cases := range map[string][][3]float64{ // x, value, derivative
		"log(1 + exp(x))":            {{1000, 1000, 1}, {-100, 3.720075976020836e-44, 3.720075976020836e-44}},
		"x*tanh(log(1 + exp(x)))":    {{1000, 1000, 1}},
		"x/(1 + exp(-x))":            {{-1000, 0, 0}, {1000, 1000, 1}},
		"0.5*x*(1 + erf(x/sqrt(2)))": {{-8, -4.976768e-15, -3.979607e-14}},
		"exp(x) - 1":                 {{-1e-12, -1e-12, 1}},
		"tanh(x)":                    {{25, 1, 7.714999e-22}},
		"sigmoid(x)":                 {{50, 1, 1.9287498e-22}},
		"x/sqrt(1 + x^2)":            {{1e200, 1, 0}, {1e5, 1, 1e-15}},
		"x + sqrt(x^2 + 4)":          {{-1e9, 2e-9, 2e-18}, {0, 2, 1}, {1e200, 2e200, 2}},
		"sqrt(x^2 + 1) - 1":          {{1e-9, 5e-19, 1e-9}},
		"1 + x/sqrt(1 + x^2)":        {{-1e9, 5e-19, 1e-27}},
		"x*(atan(x) + pi/2)":         {{-1e9, -1, 0}},
		"x/(x/2 + exp(-x/3))":        {{-3000, 0, 0}, {3000, 2, 0}},
		"x*exp(x)/(exp(x) + 2)":      {{1000, 1000, 1}, {-1000, 0, 0}},
		"2*x/(exp(x) + exp(-x))":     {{1000, 0, 0}, {-1000, 0, 0}, {0, 0, 1}},
		"(1 + exp(-x))^-1.5":         {{-1000, 0, 0}, {1000, 1, 0}},
		"x*tanh(exp(x))":             {{1000, 1000, 1}},
		"x*exp(-exp(-x))":            {{-1000, 0, 0}, {1000, 1000, 1}},
		"x*log(2 - exp(-exp(x)))":    {{-40, -1.6993417e-16, -1.6568582e-16}},
		"log(cosh(x))":               {{1000, 1000 - math.Ln2, 1}, {-1000, 1000 - math.Ln2, -1}},
		"x - tanh(x)":                {{1e-6, 1e-18 / 3, 1e-12}},
		"sin(x)/x":                   {{1e-9, 1, -1e-9 / 3}, {0, 1, 0}},
	} {
		a := NewArena()
		e := parse(t, a, text)
		d, err := a.Derive(e, a.X())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			for i, f := range []*Expr{e, d} {
				if got, want := f.Eval(c[0], ab.value), c[1+i]; !(math.Abs(got-want) <= 2e-6*math.Abs(want)) {
					t.Errorf("%s at %g is %g, want %g", f, c[0], got, want)
				}
			}
		}
	}
}

// A program computes the same as Eval, at any position in a block.
func TestPrograms(t *testing.T) {
	for _, n := range []int{1, 7, BlockSize - 1, BlockSize, BlockSize + 9} {
		for _, text := range examples {
			if strings.Contains(text, "uniform") {
				continue
			}
			a := NewArena()
			e := parse(t, a, text)
			d, err := a.Derive(e, a.X())
			if err != nil {
				t.Fatal(err)
			}
			p := Compile(e, d, a.Parameter("a"))
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(points[i%len(points)])
			}
			seen := 0
			p.Run(x, p.Scalars(ab.value), nil, func(from int, outputs [][]float32) {
				for k, f := range []*Expr{e, d, a.Parameter("a")} {
					for i, got := range outputs[k] {
						// Allow for the rounding of intermediate results to float32.
						want := f.Eval(float64(x[from+i]), ab.value)
						if diff := math.Abs(float64(got) - want); !(diff <= 2e-5*(1+math.Abs(want))) && !(math.IsNaN(want) && got != got) {
							t.Errorf("%s: program gives %g at %g, want %g", f, got, x[from+i], want)
						}
					}
				}
				seen += len(outputs[0])
			})
			if seen != n {
				t.Fatalf("%s: %d elements of %d are computed", text, seen, n)
			}
		}
	}
}

func TestChance(t *testing.T) {
	a := NewArena()
	e := parse(t, a, "uniform(1, 3)*x + uniform(0, a)")
	p := Compile(e)
	x := make([]float32, 2*BlockSize)
	kernel.Fill(x, 1)
	p.Run(x, p.Scalars(ab.value), func(dst []float32, from, stream int) { kernel.Fill(dst, float32(from+stream)/4096) }, func(from int, outputs [][]float32) {
		for _, y := range outputs[0] {
			first, second := 1+2*float64(from)/4096, 0.7*float64(from+1)/4096
			if want := float32(first + second); math.Abs(float64(y-want)) > 1e-6 {
				t.Fatalf("element of block %d is %g, want %g", from, y, want)
			}
		}
	})
	mean, err := a.Mean(e)
	if err != nil || mean.Contains(Draw) || mean.Eval(1, ab.value) != 2.35 {
		t.Errorf("mean is %v, %v", mean, err)
	}
}

func TestKeepNaN(t *testing.T) {
	for _, text := range []string{"where(x > 0, x, 0)", "(x > 0)*2", "max(x, 0)", "3", "sign(x)", "where(x < 0, 1, 2)"} {
		a := NewArena()
		e := parse(t, a, text)
		k, err := a.KeepNaN(e)
		if err != nil {
			t.Fatal(err)
		}
		p := Compile(k)
		p.Run([]float32{float32(math.NaN()), 1}, p.Scalars(ab.value), nil, func(_ int, outputs [][]float32) {
			if y := outputs[0]; y[0] == y[0] || float64(y[1]) != e.Eval(1, ab.value) {
				t.Errorf("%s at NaN and 1 is %g", text, y)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                               `column 1: the formula ends, want a number, a name or "("`,
		"x +":                            `column 4: the formula ends, want a number, a name or "("`,
		"x x":                            `column 3: unexpected "x", want an operator or the end; products need a *, as in 2*x`,
		"(x":                             `column 3: the formula ends, want ")"`,
		"x)":                             `column 2: unexpected ")", want an operator or the end`,
		"2x":                             `column 2: unexpected "x", want an operator or the end; products need a *, as in 2*x`,
		"|x|":                            `column 1: unexpected "|", want abs(x) for the magnitude of x`,
		"2*x|":                           `column 4: unexpected "|", want an operator or the end; write |x| as abs(x)`,
		"x*y":                            `column 3: name "y" is unknown`,
		"x*sigmod(x)":                    `column 3: name "sigmod" is unknown`,
		"tanh":                           `column 1: tanh is a function, want tanh(x)`,
		"where(x, 1)":                    `column 1: where has 2 arguments, want 3: where(x, y, z)`,
		"relu(x, 1)":                     `column 1: relu takes x and slope`,
		"tanh()":                         `column 1: tanh has 0 arguments, want 1: tanh(x)`,
		"x·2":                            `column 2: unexpected "·", want an operator or the end`,
		"é":                              `column 1: unexpected "é", want a number, a name or "("`,
		"1e999*x":                        `column 1: number is 1e999, want one such as 0.5 or 1e-3`,
		". + x":                          `column 1: number is ., want one such as 0.5 or 1e-3`,
		"tanh(x=1)":                      `column 1: tanh has a named argument, x, want arguments by position`,
		"1 < x < 2":                      `column 7: unexpected "<", want an operator or the end`,
		"uniform(0, x)":                  `column 1: a bound of uniform depends on x, want numbers or parameters`,
		"x = 1":                          `column 3: unexpected "=", want an operator or the end`,
		"max(x, )":                       `column 8: unexpected ")", want a number, a name or "("`,
		strings.Repeat("(", 101) + "x":   `column 101: nesting is deeper than 100`,
		strings.Repeat("-", 200) + "x":   `column 101: nesting is deeper than 100`,
		"x" + strings.Repeat(" ", 4096):  `formula: length is 4097, want at most 4096`,
		"tanh(" + strings.Repeat("x", 2): `column 6: name "xx" is unknown`,
	} {
		_, err := Parse(NewArena(), text, ab)
		if fmt.Sprint(err) != want {
			t.Errorf("%q: error is %v, want %s", text, err, want)
		}
	}
	_, err := Parse(NewArena(), "x*sigmod(x)", ab)
	var fault *SyntaxError
	if !errors.As(err, &fault) || fault.Caret() != "x*sigmod(x)\n  ^" {
		t.Errorf("caret is %q", fault.Caret())
	}
}

// An expression that has grown too large is an error.
func TestBound(t *testing.T) {
	a := NewArena()
	e := parse(t, a, "tanh(x*sigmoid(x*exp(x*sin(x^x))))")
	var err error
	for range 30 {
		if e, err = a.Derive(e, a.X()); err != nil {
			break
		}
	}
	if err == nil || err.Error() != "formula: number of subexpressions is more than 20000, want less" {
		t.Errorf("error is %v", err)
	}
}

// Every formula that is parsed can be printed, parsed again, differentiated, compiled and run.
func FuzzParse(f *testing.F) {
	for _, text := range examples {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a := NewArena()
		e, err := Parse(a, text, ab)
		if err != nil {
			return
		}
		printed := e.String()
		if len(printed) <= MaxLength && !strings.Contains(printed, "NaN") && !strings.Contains(printed, "Inf") {
			if _, err := Parse(a, printed, ab); err != nil && !strings.Contains(err.Error(), "nesting") {
				t.Fatalf("%q is printed as %q, which is not read: %v", text, printed, err)
			}
		}
		d, err := a.Derive(e, a.X())
		if err != nil {
			return
		}
		p := Compile(e, d)
		draws := func(dst []float32, _, _ int) { kernel.Fill(dst, 0.5) }
		p.Run([]float32{-1, 0, 2}, p.Scalars(ab.value), draws, func(int, [][]float32) {})
	})
}
