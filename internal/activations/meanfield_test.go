package activations

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

func parsed(t *testing.T, spec string) Activation {
	t.Helper()
	a, err := Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func close(got, want, tolerance float64) bool {
	return got == want || math.Abs(got-want) <= tolerance*math.Abs(want) || math.IsNaN(got) && math.IsNaN(want)
}

// Closed forms: of erf by Williams 1997 (Computing with infinite networks), of relu by Cho and Saul 2009, the others by
// hand.
func TestNormalKnown(t *testing.T) {
	below := func(c float64) float64 { return math.Erfc(-c/math.Sqrt2) / 2 }
	inf := math.Inf(1)
	for _, q := range []float64{1e-10, 1e-3, 0.3, 1, 7, 400, 1e6} {
		s := math.Sqrt(q)
		for spec, want := range map[string][2]float64{
			"relu":                  {q / 2, 0.5},
			"leaky_relu(slope=0.2)": {1.04 / 2 * q, 1.04 / 2},
			"identity":              {q, 1},
			"erf(x)":                {2 / math.Pi * math.Asin(2*q/(1+2*q)), 4 / math.Pi / math.Sqrt(1+4*q)},
			"sin(x)":                {(1 - math.Exp(-2*q)) / 2, (1 + math.Exp(-2*q)) / 2},
			"x^2":                   {3 * q * q, 4 * q},
			"where(x > 0.3, 1, 0)":  {1 - below(0.3/s), 0},
			"min(abs(x), 2)": {
				q*(2*below(2/s)-1-4/s*math.Exp(-2/q)/math.Sqrt(2*math.Pi)) + 8*(1-below(2/s)), 2*below(2/s) - 1,
			},
			"1/x":          {inf, inf},
			"sqrt(abs(x))": {s * math.Sqrt(2/math.Pi), inf},
		} {
			if spec == "sin(x)" && q > 10 {
				continue // it waves too fast
			}
			square, slope := parsed(t, spec).Normal(0, q)
			if !close(square, want[0], 1e-4) && want[0] > 1e-30 || !close(slope, want[1], 1e-4) {
				t.Errorf("%s, q %g: E[f²] is %.8g and E[f′²] %.8g, want %.8g and %.8g",
					spec, q, square, slope, want[0], want[1])
			}
		}
	}
}

// testdata/reference/meanfield.py has computed the values.
func TestMeanFieldReference(t *testing.T) {
	var want struct {
		Moments []struct {
			Function         string
			Q, Square, Slope float64
		}
		Maps []struct {
			Function        string
			Weights, Biases float64
			FixedPoint      *float64 `json:"fixed_point"`
			Chi             *float64
		}
	}
	b, err := os.ReadFile("../../testdata/reference/meanfield.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for _, m := range want.Moments {
		square, slope := parsed(t, m.Function).Normal(0, m.Q)
		if !close(square, m.Square, 1e-4) || !close(slope, m.Slope, 1e-4) {
			t.Errorf("%s, q %g: E[f²] is %.8g and E[f′²] %.8g, want %.8g and %.8g",
				m.Function, m.Q, square, slope, m.Square, m.Slope)
		}
	}
	for _, m := range want.Maps {
		got := parsed(t, m.Function).MeanField(m.Weights, m.Biases)
		q, chi := math.NaN(), math.NaN()
		if m.FixedPoint != nil {
			q, chi = *m.FixedPoint, *m.Chi
		}
		if !close(float64(got.FixedPoint), q, 1e-3) || !close(float64(got.Chi), chi, 1e-3) {
			t.Errorf("%s, %g, %g: %+v, want q* %g and χ %g", m.Function, m.Weights, m.Biases, got, q, chi)
		}
	}
}

func TestMeanFieldKnown(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		spec            string
		weights, biases float64
		q, chi          float64
		phase, text     string
	}{
		{"relu", 2, 0, 1, 1, "edge of chaos", "every q is kept, χ = 1, edge of chaos: gradients keep their size"},
		{"relu", 1. / 3, 1. / 768, 1. / 640, 1. / 6, "ordered", "q* = 0.00156, χ = 0.167, ordered: gradients vanish"},
		{"relu", 3, 0, nan, nan, "", "none: the mean square of z grows from 1 without bound"},
		{"identity", 0.5, 1, 2, 0.5, "ordered", ""},
		{"identity", 0.5, 0, 0, 0.5, "ordered", "q* = 0, the signal dies out, χ = 0.5, ordered: gradients vanish"},
		{"tanh", 1, 0, 0, 1, "edge of chaos", ""},
		{"sin(x)", 4, 0, 1.960167, 2.039833, "chaotic", ""}, // q = 2·(1 − exp(−2q))
		{"x^2", 1. / 3, 0, 1, 4. / 3, "chaotic",
			"q* = 1, χ = 1.33, chaotic: gradients explode; any other mean square moves away from it"},
		{"x^2", 0.4, 0, nan, nan, "", "none: the mean square of z grows from 1 without bound"},
		{"x^2", 0.3, 0, 0, 0, "ordered", ""},
		{"where(x > 0, 1, 0)", 2, 0, 1, 0, "ordered",
			"q* = 1, χ = 0, ordered: gradients vanish; χ says nothing of the jumps of f"},
		{"sqrt(abs(x))", 1, 0, 2 / math.Pi, math.Inf(1), "chaotic", ""},
		{"0.7", 2, 0, 0.98, 0, "ordered", ""},
		{"0*x", 2, 0, 0, 0, "ordered", ""},
		{"0*x", math.Inf(1), 0, nan, nan, "", "none: f is 0, which no weights make up for"},
		{"1/x", 0, 0, nan, nan, "", "none: the mean square of f(z) is infinite"},
		{"log(x)", 2, 0, nan, nan, "", "none: the mean square of f(z) is infinite"},
		{"sqrt(x)", 2, 0, nan, nan, "", "none: f(z) is not defined for every z"},
	} {
		got := parsed(t, c.spec).MeanField(c.weights, c.biases)
		if !close(float64(got.FixedPoint), c.q, 1e-4) || !close(float64(got.Chi), c.chi, 1e-4) &&
			!(float64(got.Chi) < 1e-10 && c.chi == 0) || got.Phase != c.phase {
			t.Errorf("%s, %g, %g: %+v, want q* %g, χ %g, %q", c.spec, c.weights, c.biases, got, c.q, c.chi, c.phase)
		}
		if c.text != "" && got.String() != c.text {
			t.Errorf("%s, %g, %g: %q, want %q", c.spec, c.weights, c.biases, got, c.text)
		}
	}
}

// Of every row there is a fixed point or a reason why not.
func TestMeanFieldOfEveryRow(t *testing.T) {
	everyRow(t, func(t *testing.T, a Activation) {
		for _, of := range [][2]float64{{1. / 3, 1. / 768}, {2, 0}, {1 / a.MeanSquare(), 0}} {
			m := a.MeanField(of[0], of[1])
			none := math.IsNaN(float64(m.FixedPoint))
			if none != (m.Phase == "") || none && m.Note == "" || !none && !(m.FixedPoint >= 0 && m.Chi >= 0) {
				t.Errorf("%+v", m)
			}
			if m.Note == notFinite && a.Name() != "spline" {
				t.Errorf("%+v", m)
			}
		}
	})
}
