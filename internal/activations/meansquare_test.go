package activations

import (
	"math"
	"testing"
)

// Values by hand, and of tanh and sigmoid by mpmath.quad with 30 digits.
func TestMeanSquareKnown(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	below := func(c float64) float64 { return math.Erfc(-c/math.Sqrt2) / 2 } // P(z < c)
	for spec, want := range map[string]float64{
		"relu":                    0.5,
		"leaky_relu(slope=0.2)":   (1 + 0.2*0.2) / 2,
		"prelu(slope=0.1!)":       (1 + 0.1*0.1) / 2,
		"rrelu(0.1, 0.3)":         (1 + 0.2*0.2) / 2,
		"identity":                1,
		"tanh":                    0.394294490398,
		"sigmoid":                 0.293379035858,
		"abs(x)":                  1,
		"x^2":                     3,
		"x^3":                     15,
		"exp(x)":                  math.Exp(2),
		"exp(4*x)":                math.Exp(32),
		"exp(x^2/5)":              1 / math.Sqrt(1-0.8),
		"sin(x)":                  (1 - math.Exp(-2)) / 2,
		"where(x > 0.3, 1, 0)":    1 - below(0.3), // a jump between two landmarks
		"where(x > 1/3, 3, -2)":   9 - 5*below(1.0/3),
		"max(x - 0.3, 0)":         1.09*(1-below(0.3)) - 0.3*math.Exp(-0.045)/math.Sqrt(2*math.Pi),
		"0.7":                     0.49,
		"0*x":                     0,
		"1/x":                     inf,
		"1/(x - 0.3)":             inf,
		"exp(x^2/4)":              inf,
		"exp(x^2)":                inf,
		"exp(exp(x))":             inf,
		"log(x)":                  inf,
		"sqrt(x)":                 nan,
		"sqrt(1 - x^2)":           nan,
		"where(x > 30, 1/0, x)":   inf,
		"where(x > 50, 1/0, x)":   1,
		"where(x < -45, 0/0, -x)": 1,
	} {
		a, err := Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		got := a.MeanSquare()
		if got != want && !(math.Abs(got-want) <= 1e-5*want) && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("%s: mean square is %.12g, want %.12g", spec, got, want)
		}
	}
}

// Of every row the mean square is a number above 0, or there is a reason why not.
func TestMeanSquareOfEveryRow(t *testing.T) {
	none := map[string]string{"spline": "is not defined below −1"}
	everyRow(t, func(t *testing.T, a Activation) {
		got := a.MeanSquare()
		if sound := got > 0 && !math.IsInf(got, 1); sound == (none[a.Name()] != "") {
			t.Errorf("mean square is %v, want a number above 0, unless %q", got, none[a.Name()])
		}
	})
}
