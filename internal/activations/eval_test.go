package activations

import (
	"math"
	"testing"
)

func TestEval(t *testing.T) {
	a, err := Parse("leaky_relu(slope=0.25)")
	if err != nil {
		t.Fatal(err)
	}
	y, dydx := a.Eval([]float64{-2, 0, 3, math.NaN()})
	for i, want := range [][2]float64{{-0.5, 0.25}, {0, 0.25}, {3, 1}, {math.NaN(), math.NaN()}} {
		if got := [2]float64{y[i], dydx[i]}; got != want && !math.IsNaN(want[0]) || math.IsNaN(want[0]) && !math.IsNaN(got[0]+got[1]) {
			t.Errorf("value and derivative %d are %v, want %v", i, got, want)
		}
	}
}

func TestDerivative(t *testing.T) {
	for spec, want := range map[string]string{
		"tanh":                 "sech2(x)",
		"leaky_relu":           "where(x > 0, 1, slope)", // and not 0.01
		"x*b; b=3!":            "b",
		"rrelu":                "where(x > 0, 1, lower + 0.5*(upper - lower))",
		nested("silu", "x", 9): "", // thousands of operations
	} {
		a, err := Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Derivative("x"); got != want {
			t.Errorf("derivative of %s is %q, want %q", spec, got, want)
		}
	}
	a, err := Parse("prelu")
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Derivative("slope"); got != "where(x > 0, 0, x)" {
		t.Errorf("derivative by slope is %q", got)
	}
}

func nested(name, inner string, depth int) string {
	for range depth {
		inner = name + "(" + inner + ")"
	}
	return inner
}

func TestCheck(t *testing.T) {
	for spec, want := range map[string]map[string]Verdict{
		"gelu":                {"value": OK, "gradient": OK, "derivative": OK, "float32": OK},
		"x*log(1+x)":          {"value": Fault, "gradient": Fault},
		"exp(2*x)":            {"value": Fault}, // e¹⁰⁰ overflows in float32
		"sqrt(abs(x))":        {"value": OK, "derivative": OK},
		"binary_step":         {"value": OK, "derivative": OK, "flat": Note},
		"siren":               {"derivative": OK},
		"(1-cos(x/1000))*1e6": {"float32": Note}, // cancels
	} {
		a, err := Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]Verdict{}
		for _, f := range a.compare() {
			got[f.Subject] = f.Verdict
		}
		for subject, verdict := range want {
			if got[subject] != verdict {
				t.Errorf("%s: %s is %q, want %q", spec, subject, got[subject], verdict)
			}
		}
	}
}
