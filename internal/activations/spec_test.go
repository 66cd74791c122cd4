package activations

import (
	"fmt"
	"testing"

	"actfn/internal/fault"
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
		"":                                `activation is "", want a name or a formula of x; such as relu, leaky_relu(slope=0.2) or x*sigmoid(x)`,
		"sigmod":                          `activation is "sigmod", which is unknown; did you mean sigmoid?`,
		"leaky_relu(0.2":                  "activation: column 15: the formula ends, want \")\"; leaky_relu(0.2\n              ^",
		"leaky_relu(slope=x)":             `activation "leaky_relu(slope=x)": slope is "x", want a number`,
		"leaky_relu(slope=NaN)":           `activation "leaky_relu(slope=NaN)": slope is NaN, want a finite number`,
		"leaky_relu(slope=Inf)":           `activation "leaky_relu(slope=Inf)": slope is +Inf, want a finite number`,
		"leaky_relu(beta=1)":              `activation "leaky_relu(beta=1)": parameter "beta" is unknown, want slope`,
		"leaky_relu(slope=1, alpha=2)":    `activation "leaky_relu(slope=1, alpha=2)": slope is given twice`,
		"leaky_relu(1, 2)":                `activation "leaky_relu(1, 2)": argument 2 is too many, want slope`,
		"relu(1)":                         `activation "relu(1)": argument 1 is too many, want none`,
		"relu(slope=1)":                   `activation "relu(slope=1)": parameter "slope" is unknown, want none`,
		"leaky_relu(slope=1,)":            `activation "leaky_relu(slope=1,)": argument 2 is "", want a number`,
		"leaky_relu(slope=0.1) and more)": "activation: column 1: leaky_relu has no argument, want leaky_relu(x); leaky_relu(slope=0.1) and more)\n^",
	} {
		_, err := Parse(spec)
		got := fmt.Sprint(err)
		for _, h := range fault.Hints(err) {
			got += "; " + h
		}
		if got != want {
			t.Errorf("Parse(%q): error is %s, want %s", spec, got, want)
		}
	}
}

func TestSetLeavesTheOriginal(t *testing.T) {
	a, err := Parse("leaky_relu")
	if err != nil {
		t.Fatal(err)
	}
	b, err := a.Set("slope=0.3")
	if err != nil || b.String() != "leaky_relu(slope=0.3)" || a.String() != "leaky_relu(slope=0.01)" {
		t.Errorf("Set gives %v, %v and leaves %v", b, err, a)
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
