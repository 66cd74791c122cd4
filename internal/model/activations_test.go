package model

import (
	"fmt"
	"testing"

	"actfn/internal/fault"
)

func twoBlocks(activation string) Config {
	cfg := complete(Config{Filters: []int{3, 4}, Hidden: []int{5}}, activation)
	return cfg
}

func TestLayers(t *testing.T) {
	for spec, want := range map[string]string{
		"relu":                              "relu",
		"conv=relu,fc=relu":                 "relu",
		"relu,fc1=tanh":                     "conv1=relu, conv2=relu, fc1=tanh",
		"conv2 = tanh , conv=relu, fc=relu": "conv1=relu, conv2=tanh, fc1=relu",
		"conv1=relu,conv2=leakyrelu(.2),fc1=TanH":              "conv1=relu, conv2=leaky_relu(slope=0.2), fc1=tanh",
		"x*sigmoid(b*x)+c; b=1!, c=0,fc1=a*x; a=2":             "conv1=x*sigmoid(b*x)+c; b=1!, c=0, conv2=x*sigmoid(b*x)+c; b=1!, c=0, fc1=a*x; a=2",
		"rrelu(0.1, 0.2), fc1=dyt(0.5!, 1, 0)":                 "conv1=rrelu(lower=0.1, upper=0.2), conv2=rrelu(lower=0.1, upper=0.2), fc1=dyt(alpha=0.5!, gamma=1!channel, beta=0!channel)",
		"fc=max(x, 0), conv=where(x > 0, x, 0.5*x); ":          "conv1=where(x > 0, x, 0.5*x), conv2=where(x > 0, x, 0.5*x), fc1=max(x, 0)",
		"prelu, conv2=prelu(slope!channel), fc1=prelu(!fixed)": "conv1=prelu(slope=0.25!), conv2=prelu(slope=0.25!channel), fc1=prelu(slope=0.25!fixed)",
	} {
		layers, err := twoBlocks(spec).Activations()
		if err != nil || layers.String() != want {
			t.Errorf("%q is read as %v, %v, want %s", spec, layers, err, want)
			continue
		}
		if again, err := twoBlocks(want).Activations(); err != nil || again.String() != want {
			t.Errorf("%q is read as %v, %v, want itself", want, again, err)
		}
	}
}

func TestLayersRefused(t *testing.T) {
	for spec, want := range map[string]string{
		"relu,fc2=tanh":           "layer is fc2, which has no activation or does not exist, want conv1, conv2, fc1, conv, fc",
		"conv1=relu,fc1=tanh":     "layer conv2 has no activation, want one; a spec before the others is for the layers that have none, as in relu,conv1=relu,fc1=tanh",
		"relu,fc=tanh,fc=sigmoid": "layer fc is given twice",
		"relu,fc1=":               `activation is "", want a name or a formula of x; such as relu, leaky_relu(slope=0.2) or x*sigmoid(x)`,
		"relo,conv=relu,fc=relu":  `activation is "relo", which is unknown; did you mean relu?`,
	} {
		_, err := twoBlocks(spec).Activations()
		got := fmt.Sprint(err)
		for _, h := range fault.Hints(err) {
			got += "; " + h
		}
		if got != want {
			t.Errorf("%q: error is %s, want %s", spec, got, want)
		}
	}
}

func TestLayersSet(t *testing.T) {
	layers, err := twoBlocks("leaky_relu,fc1=tanh").Activations()
	if err != nil {
		t.Fatal(err)
	}
	changed, ok, err := layers.Set("slope", "slope=0.3!")
	if want := "conv1=leaky_relu(slope=0.3!), conv2=leaky_relu(slope=0.3!), fc1=tanh"; err != nil || !ok || changed.String() != want {
		t.Errorf("slope=0.3! gives %v, %v, %v, want %s", changed, ok, err, want)
	}
	if _, ok, err := layers.Set("beta", "beta=1"); ok || err != nil {
		t.Errorf("a parameter that no layer has is set: %v, %v", ok, err)
	}
}
