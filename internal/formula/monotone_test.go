package formula

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestNonDecreasing(t *testing.T) {
	for text, want := range map[string]bool{
		"x": true, "2": true, "-x": false, "x^2": false, "x^3": true, "x^3 - x/1000": false, "exp(x)": true, "exp(-x)": false,
		"tanh(x)": true, "softplus(tanh(x) + x)": true, "x*sigmoid(x)": false, "x/(1 + abs(x))": true, "x/sqrt(1 + x^2)": true, "x/sqrt(1 + 4*x^2)": true, "-x/sqrt(1 + 4*x^2)": false,
		"x + sin(x)": true, "x + 0.9999*sin(x)": true, "x + 1.0001*sin(x)": false, "x + 0.01*sin(402.1238596594935*x)": false,
		"max(x, 0)": true, "min(max(x, 0), 6)": true, "where(x > 0, x, 0.01*x)": true, "where(x > 0, x, -0.01*x)": false,
		"where(x > 0, x, exp(x) - 1)": true, "where(x > 1, x - 0.001, x)": false, "where(x > 1, x + 0.001, x)": true,
		"where(2*x > 3, x, x - 1)": true, "where(abs(x) > 0.5, x, 0)": true, "where(abs(x) > 0.5, 0, x)": false,
		"(x > 0) + (x > 1)": true, "(x > 0) - (x > 1)": false, "where(x == 2, 3, x)": false, "where(x == 2, 2, x)": true, "sign(x)": true, "-sign(x)": false,
		"floor(x)": false, // it does not fall, but endless steps are not proven
		"-1/x":     false, "where(x > 0, -1/x, 0)": false, "log(x)": false, "log(x^2)": false, "sqrt(x)": false, "where(x > 0, log(x), -5)": false,
		"where(x > 1, log(x), 0)": true, "x - tanh(x)": true, "a*x": false, "uniform(1, 2)*x": false,
		"1e-30*x - 1e-31*tanh(x)": true, "1e-30*tanh(1e30*x) - x/10": false, "x - 1.01*max(x - 1e6, 0)": false,
	} {
		a := NewArena()
		if got := a.NonDecreasing(parse(t, a, text)); got != want {
			t.Errorf("%s: non-decreasing is %v, want %v", text, got, want)
		}
	}
}

// A formula that is proven to be non-decreasing does not fall at random points, or next to its breaks.
func TestNonDecreasingHolds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	proven := 0
	for range 4000 {
		a := NewArena()
		e := parse(t, a, randomFormula(random, 3))
		if e.varies && a.NonDecreasing(e) {
			proven++
			holds(t, e, random)
		}
	}
	if proven < 200 {
		t.Errorf("number of formulas that are proven is %d, want more", proven)
	}
}

// holds checks that values at ascending points do not fall.
func holds(t *testing.T, e *Expr, random *rand.Rand) {
	t.Helper()
	xs := []float64{0}
	for range 1500 {
		size := math.Exp(random.NormFloat64() * 3)
		xs = append(xs, size, -size)
	}
	slices.Sort(xs)
	for _, at := range e.Breaks(slices.Compact(slices.Clone(xs)), nil) {
		for _, h := range []float64{1e-15, 1e-9, 1e-3} {
			xs = append(xs, at, at+h*max(1, math.Abs(at)), at-h*max(1, math.Abs(at)))
		}
	}
	xs = slices.DeleteFunc(xs, func(x float64) bool { return !(math.Abs(x) <= 100) }) // beyond, rounding errors are large
	slices.Sort(xs)
	ys := e.EvalAll(xs, nil)
	for i, y := range ys {
		if i > 0 && !(y >= ys[i-1]-1e-11*math.Abs(ys[i-1])-1e-11) && y != ys[i-1] && !(math.IsNaN(y+ys[i-1]) && math.Abs(xs[i]) > 5) {
			t.Errorf("%s falls from %g at %g to %g at %g", e, ys[i-1], xs[i-1], y, xs[i])
			return
		}
	}
}

// randomFormula returns a random formula of limited depth.
func randomFormula(random *rand.Rand, depth int) string {
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	if depth == 0 || random.IntN(8) == 0 {
		return pick("x", "x", "x", "0", "1", "0.5", "-1", "3", "0.01")
	}
	inner := func() string { return randomFormula(random, depth-1) }
	switch random.IntN(6) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", inner(), pick("<", "<=", ">", "=="), inner())
	case 1:
		return fmt.Sprintf("where(%s %s %s, %s, %s)", pick("x", "2*x", "abs(x)", "x + 1"), pick("<", "<=", ">", ">="), pick("0", "1", "-2"), inner(), inner())
	case 2:
		return fmt.Sprintf("%s(%s, %s)", pick("min", "max", "hypot"), inner(), inner())
	case 3:
		return fmt.Sprintf("(%s)^%s", inner(), pick("2", "3", "0.5", "-1", "1.5"))
	case 4:
		var unary []string
		for name, op := range calls {
			if primitives[op].arity() == 1 {
				unary = append(unary, name)
			}
		}
		slices.Sort(unary)
		return fmt.Sprintf("%s(%s)", pick(unary...), inner())
	}
	return fmt.Sprintf("(%s %s %s)", inner(), pick("+", "-", "*", "/"), inner())
}
