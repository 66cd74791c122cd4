package activations

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"actfn/internal/hint"
)

func TestParse(t *testing.T) {
	for spec, want := range map[string]string{
		"relu":                            "relu",
		" ReLU ":                          "relu",
		"leakyrelu":                       "leaky_relu(slope=0.01)",
		"Leaky-ReLU":                      "leaky_relu(slope=0.01)",
		"leaky_relu(slope=0.2)":           "leaky_relu(slope=0.2)",
		"leaky_relu( negative_slope=.2 )": "leaky_relu(slope=0.2)",
		"leaky_relu(0.2)":                 "leaky_relu(slope=0.2)",
		"leaky_relu()":                    "leaky_relu(slope=0.01)",
		"leaky_relu(slope=-1e-3)":         "leaky_relu(slope=-0.001)",
		"logistic":                        "sigmoid",
		"tanh()":                          "tanh",
	} {
		a, err := Parse(spec)
		if err != nil || a.String() != want {
			t.Errorf("Parse(%q) = %v, %v, want %s", spec, a, err, want)
			continue
		}
		if again, err := Parse(a.String()); err != nil || again.String() != want {
			t.Errorf("Parse(%q) = %v, %v, want itself", want, again, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for spec, want := range map[string]string{
		"":                                `activation is "", want one of relu, leaky_relu, sigmoid, tanh`,
		"sigmod":                          `activation is "sigmod", want one of relu, leaky_relu, sigmoid, tanh; did you mean sigmoid?`,
		"leaky_relu(0.2":                  `activation "leaky_relu(0.2": the parenthesis is not closed`,
		"leaky_relu(slope=x)":             `activation "leaky_relu(slope=x)": slope is "x", want a number`,
		"leaky_relu(slope=NaN)":           `activation leaky_relu: slope is NaN, want a finite number`,
		"leaky_relu(slope=Inf)":           `activation leaky_relu: slope is +Inf, want a finite number`,
		"leaky_relu(beta=1)":              `activation leaky_relu: parameter "beta" is unknown, want slope`,
		"leaky_relu(slope=1, alpha=2)":    `activation "leaky_relu(slope=1, alpha=2)": slope is given twice`,
		"leaky_relu(1, 2)":                `activation "leaky_relu(1, 2)": argument 2 is too many, want slope`,
		"relu(1)":                         `activation "relu(1)": argument 1 is too many, want none`,
		"relu(slope=1)":                   `activation relu: parameter "slope" is unknown, want none`,
		"leaky_relu(slope=1,)":            `activation "leaky_relu(slope=1,)": argument 2 is too many, want slope`,
		"leaky_relu(slope=0.1) and more)": `activation "leaky_relu(slope=0.1) and more)": slope is "0.1) and more", want a number`,
	} {
		_, err := Parse(spec)
		got := fmt.Sprint(err)
		for _, h := range hint.Of(err) {
			got += "; " + h
		}
		if got != want {
			t.Errorf("Parse(%q): error is %s, want %s", spec, got, want)
		}
	}
}

func TestWithLeavesTheOriginal(t *testing.T) {
	a, err := Parse("leaky_relu")
	if err != nil {
		t.Fatal(err)
	}
	b, err := a.With("slope", 0.3)
	if err != nil || b.String() != "leaky_relu(slope=0.3)" || a.String() != "leaky_relu(slope=0.01)" {
		t.Errorf("With gives %v, %v and leaves %v", b, err, a)
	}
}

// TestProperties compares the derivative with central differences off the kinks, and the declared
// monotony with the values, for every function.
func TestProperties(t *testing.T) {
	specs := append(Names(), "leaky_relu(slope=0.2)", "leaky_relu(slope=-0.5)", "leaky_relu(slope=2)")
	for _, spec := range specs {
		a, err := Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		const h = 1e-2
		falls := false
		var last float32 = float32(math.Inf(-1))
		for i := -800; i < 800; i++ {
			v := float32(i)/100 + 0.005
			x, y, dx := []float32{v - h, v, v + h}, make([]float32, 3), make([]float32, 3)
			a.Forward(y, x)
			a.Backward(dx, []float32{1, 1, 1}, x)
			if math.Abs(float64(v)) > h { // off the kinks, all at 0
				if slope := float64(y[2]-y[0]) / (2 * h); math.Abs(slope-float64(dx[1])) > 1e-4 {
					t.Errorf("%s'(%g) is %g, differences say %g", a, v, dx[1], slope)
				}
			}
			falls = falls || y[1] < last
			last = y[1]
		}
		if a.NonDecreasing() == falls {
			t.Errorf("%s: declared non-decreasing %v, but falls %v", a, a.NonDecreasing(), falls)
		}
		if a.Formula() == "" || !strings.HasPrefix(a.String(), a.Name()) {
			t.Errorf("%s: name %q, formula %q", a, a.Name(), a.Formula())
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"relu", "leaky_relu(slope=0.2)", "leaky_relu(0.2", "(", ")", "=", "tanh(,)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		a, err := Parse(spec)
		if err != nil {
			return
		}
		b, err := Parse(a.String())
		if err != nil || b.String() != a.String() {
			t.Errorf("Parse(%q) prints %q, which reads as %v, %v", spec, a, b, err)
		}
	})
}
