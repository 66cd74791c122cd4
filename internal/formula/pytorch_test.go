package formula

import (
	"strings"
	"testing"
)

func TestPyTorch(t *testing.T) {
	for text, want := range map[string]string{
		"x^2 - (a - -1.5)":   "x ** 2 - (a + 1.5)",
		"-x^2/(x - (1 + a))": "-(x ** 2 / (x - (a + 1)))",
		"1/(1 + exp(-x))":    "torch.sigmoid(x)",
		"(x > a)*x":          "(x > a).to(x) * x",
		"max(x, 0)":          "F.relu(x)",
		"max(x, 1)":          "torch.where(x <= 1, 1.0, x)",
		"min(a, x)":          "torch.where(x >= a, a, x)",
		"max(x, a*x)":        "torch.where(x < a * x, a * x, x)",
		"where(x, pi, 1)":    "torch.where(x == x, torch.where(x != 0, math.pi, 1.0), x)", // else NaN would be hidden
		"a":                  "torch.where(x == x, a, x)",
		"uniform(0, 2)*x":    "2 * u1 * x",
		"hypot(x, 2)":        "torch.hypot(x, torch.full_like(x, 2))",
		// Where a branch is not taken, it must not overflow: 0·∞ is NaN.
		"where(x > 0, x, exp(x))":    "torch.where(x > 0, x, torch.exp(torch.where(x > 0, 0.0, x)))",
		"where(x < 1, x/2, sqrt(x))": "torch.where(x < 1, x / 2, torch.sqrt(torch.where(x < 1, 1.0, x)))",
		"where(x < 1, x^2, x)":       "torch.where(x < 1, x ** 2, x)",
		// What occurs twice is computed once.
		"exp(a*x + 1)^2*tanh(exp(a*x + 1))": "t1 = a * x + 1; torch.exp(t1) ** 2 * torch.tanh(torch.exp(torch.where(t1 >= 80, 80.0, t1)))",
	} {
		a := NewArena()
		code, err := a.PyTorch(parse(t, a, text), ab.value)
		if got := strings.Join(append(code.Lines, code.Result), "; "); err != nil || got != want {
			t.Errorf("%s is %s, %v, want %s", text, got, err, want)
		}
	}
}

// Each primitive is an operator of Python or a function of PyTorch; where has code of its own.
func TestPrimitivesInPyTorch(t *testing.T) {
	for op := Neg; int(op) < len(primitives); op++ {
		if p := primitives[op]; p.symbol == "" && p.torch == "" && op != Where && op != Min && op != Max {
			t.Errorf("%s has neither", p.name)
		}
	}
}

func TestPythonName(t *testing.T) {
	for name, want := range map[string]string{
		"slope": "slope", "lambda": "lambda_", "t1": "t1_", "u12": "u12_", "t": "t", "torch": "torch_", "torch_": "torch__", "iff": "iff",
	} {
		if got := PythonName(name); got != want {
			t.Errorf("%s becomes %s, want %s", name, got, want)
		}
	}
}
