package activations

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"actfn/internal/formula"
)

// interval is a range of values.
type interval struct {
	low, high             float64
	lowClosed, highClosed bool // the bound belongs to the interval
}

func rangeOf(p Properties) interval {
	return interval{float64(p.Range[0]), float64(p.Range[1]), p.RangeClosed[0], p.RangeClosed[1]}
}

// read evaluates the declared properties of a function.
func (d declared) read(t *testing.T, a Activation) (values interval, kinks, jumps []float64) {
	t.Helper()
	number := func(text string) float64 {
		switch text {
		case "inf":
			return math.Inf(1)
		case "-inf":
			return math.Inf(-1)
		}
		e, err := formula.Parse(formula.NewArena(), text, scope{a.parameters, 0})
		if err != nil {
			t.Fatalf("%s: %q: %v", a, text, err)
		}
		return e.Eval(0, a.initial)
	}
	low, high, ok := strings.Cut(d.values[1:len(d.values)-1], ",")
	if !ok {
		t.Fatalf("%s: range is %q, want one such as [0,inf)", a, d.values)
	}
	values = interval{number(low), number(high), d.values[0] == '[', strings.HasSuffix(d.values, "]")}
	for _, place := range strings.Split(d.breaks, ";") {
		at, jump := strings.CutSuffix(place, " jump")
		switch {
		case place == "none":
		case place == "integers":
			for i := -near + 1; i <= near; i++ {
				kinks = append(kinks, float64(i))
			}
		case jump:
			jumps = append(jumps, number(at))
		default:
			kinks = append(kinks, number(at))
		}
	}
	return values, kinks, jumps
}

// TestPropertiesAreThoseDeclared compares what is computed with what was published.
func TestPropertiesAreThoseDeclared(t *testing.T) {
	close := func(a, b float64) bool { return a == b || math.Abs(a-b) <= 2e-5 }
	everyRow(t, func(t *testing.T, a Activation) {
		p, declared := a.Properties(), a.row.declared
		values, kinks, jumps := declared.read(t, a)
		got := rangeOf(p)
		if !close(got.low, values.low) || !close(got.high, values.high) || got.lowClosed != values.lowClosed || got.highClosed != values.highClosed {
			t.Errorf("range is %v, declared %v", got, values)
		}
		if !slices.EqualFunc(p.Kinks, kinks, close) || !slices.EqualFunc(p.Jumps, jumps, close) {
			t.Errorf("kinks are %v and jumps %v, declared %v and %v", p.Kinks, p.Jumps, kinks, jumps)
		}
		if p.Smooth != (len(kinks)+len(jumps) == 0) {
			t.Errorf("smooth is %v", p.Smooth)
		}
		if p.NonDecreasing && p.Falls || p.NonDecreasing != declared.monotone {
			t.Errorf("non-decreasing is %v, falling %v, declared monotone %v", p.NonDecreasing, p.Falls, declared.monotone)
		}
	})
}

// The gains of relu and leaky_relu are those of PyTorch's calculate_gain, which is 1/√E[f²] for them. Lipschitz bounds
// were computed by hand.
func TestPropertiesKnown(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for spec, want := range map[string]struct {
		lipschitz, gain, below, above float64
		odd, even, finite             bool
	}{
		"relu":                   {1, math.Sqrt2, 0, inf, false, false, true},
		"leaky_relu(slope=0.01)": {1, math.Sqrt(2 / (1 + 0.01*0.01)), -inf, inf, false, false, true},
		"tanh":                   {1, 1.5925374197228312, -1, 1, true, false, true},
		"sigmoid":                {0.25, 1.8462257, 0, 1, false, false, true},
		"silu":                   {1.0998393194, 1.6765325, 0, inf, false, false, true},
		"identity":               {1, 1, -inf, inf, true, false, true},
		"abs":                    {1, 1, inf, inf, false, true, true},
		"sine":                   {1, 1 / math.Sqrt((1-math.Exp(-2))/2), nan, nan, true, false, true},
		"quadratic":              {inf, 1 / math.Sqrt(3), inf, inf, false, true, true},
		"binary_step":            {inf, math.Sqrt2, 0, 1, false, false, true},
		"sqrt_act":               {inf, 1 / math.Sqrt(math.Sqrt(2/math.Pi)), -inf, inf, true, false, true},
		"gcu":                    {inf, 1 / math.Sqrt(0.5+0.5*(1-4)*math.Exp(-2)), nan, nan, true, false, true},
		"spline":                 {inf, nan, nan, inf, false, false, false},
		"symlog":                 {1, 1.6078, -inf, inf, true, false, true},
		"exp(exp(x))":            {inf, nan, 1, inf, false, false, false},
	} {
		a, err := Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		p := a.Properties()
		for what, pair := range map[string][2]float64{
			"Lipschitz bound": {float64(p.Lipschitz), want.lipschitz}, "gain": {float64(p.Gain), want.gain},
			"value at −∞": {float64(p.AtMinusInf), want.below}, "value at ∞": {float64(p.AtInf), want.above},
		} {
			if got, want := pair[0], pair[1]; got != want && !(math.Abs(got-want) <= 1e-4*math.Abs(want)) && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Errorf("%s: %s is %.10g, want %.10g", spec, what, got, want)
			}
		}
		if got, want := fmt.Sprint(p.Odd, p.Even, p.Finite), fmt.Sprint(want.odd, want.even, want.finite); got != want {
			t.Errorf("%s: odd, even and finite are %s, want %s", spec, got, want)
		}
	}
}

// Formulas with limits, poles and edges have the right range.
func TestRangesKnown(t *testing.T) {
	inf := math.Inf(1)
	for spec, want := range map[string]interval{
		"1/(1+exp(-x))": {low: 0, high: 1},
		"exp(x)":        {low: 0, high: inf},
		"-exp(x)":       {low: -inf, high: 0},
		"1/x":           {low: -inf, high: inf},
		"-1/x^2":        {low: -inf, high: 0},
		"log(x)":        {low: -inf, high: inf},
		"sqrt(x)":       {low: 0, lowClosed: true, high: inf},
		"-sqrt(-x)":     {low: -inf, high: 0, highClosed: true},
		"max(x,0)":      {low: 0, lowClosed: true, high: inf},
	} {
		a, err := Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := rangeOf(a.Properties()); got != want {
			t.Errorf("%s: range is %v, want %v", spec, got, want)
		}
	}
	for _, spec := range []string{"1/x", "log(x)", "1/x^2"} {
		if a, _ := Parse(spec); !math.IsNaN(float64(a.Properties().Gain)) {
			t.Errorf("%s: gain is %v, want none: its square has no mean", spec, a.Properties().Gain)
		}
	}
}

func TestEqual(t *testing.T) {
	for spec, want := range map[string][]string{
		"relu":                   {"flexible_relu"},
		"leaky_relu":             {"relie", "dprelu"},
		"x*sigmoid(x)":           {"silu", "swish_beta"},
		"leaky_relu(slope=0.25)": {"prelu", "smu", "smu_1"},
		"x + 7":                  {},
	} {
		a, err := Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Equal(); !slices.Equal(got, want) {
			t.Errorf("%s equals %v, want %v", spec, got, want)
		}
	}
}
