package activations

import "testing"

func TestModule(t *testing.T) {
	for spec, want := range map[string]string{
		"relu":                  "nn.ReLU()",
		"leaky_relu(slope=0.2)": "nn.LeakyReLU(0.2)",
		"leaky_relu(slope!)":    "", // learnt
		"threshold(1, -0.5)":    "nn.Threshold(1, -0.5)",
		"selu":                  "nn.SELU()",
		"selu(alpha=1)":         "", // which nn.SELU does not take
		"gelu_tanh":             "nn.GELU(approximate='tanh')",
		"swish_beta":            "", // not in PyTorch
		"max(x, 0)":             "", // no name
	} {
		a, err := Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Module(); got != want {
			t.Errorf("%s is %q, want %q", spec, got, want)
		}
	}
}
