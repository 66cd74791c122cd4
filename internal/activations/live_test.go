package activations

import (
	"math"
	"testing"

	"actfn/internal/formula"
)

func live(t *testing.T, spec string, channels int, training bool) *Live {
	t.Helper()
	a, err := Parse(spec)
	if err != nil {
		t.Fatal(err)
	}
	return a.Live(channels, training)
}

// TestParameterSlopes compares Σ dy·∂f/∂p of every row with learnable parameters with central differences in float64,
// away from kinks.
func TestParameterSlopes(t *testing.T) {
	for _, name := range Names() {
		a, err := Parse(name)
		if err != nil || len(a.Learnable()) == 0 {
			continue
		}
		l := a.Live(1, true)
		for k, p := range a.Learnable() {
			at := func(x, by float64) float64 {
				return a.value.Eval(x, func(name string) float64 {
					if name == p.Name {
						return p.Value + by
					}
					return a.initial(name)
				})
			}
			for x := float32(-3.03); x < 3; x += 0.37 {
				sums := make([]float64, len(a.Learnable()))
				dx := []float32{0}
				l.Backward(dx, []float32{2}, []float32{x}, 0, nil, sums)
				h := 1e-5 * max(math.Abs(p.Value), 1e-3)
				want := 2 * (at(float64(x), h) - at(float64(x), -h)) / (2 * h)
				if !(math.Abs(sums[k]-want) <= 1e-4*(1+math.Abs(want))) {
					t.Errorf("%s: dy·∂f/∂%s at %g is %g, want %g", a, p.Name, x, sums[k], want)
				}
			}
		}
	}
}

// At 0, PReLU follows PyTorch: the derivative is the slope, and the derivative with respect to the slope is 0.
func TestPReLUAtZero(t *testing.T) {
	l := live(t, "prelu", 1, true)
	dx, sums := make([]float32, 3), []float64{0}
	l.Backward(dx, []float32{2, 2, 2}, []float32{0, -3, 5}, 0, nil, sums)
	if dx[0] != 0.5 || dx[1] != 0.5 || dx[2] != 2 || sums[0] != -6 {
		t.Errorf("dx is %v and da %g, want [0.5 0.5 2] and -6", dx, sums[0])
	}
}

// Kernels and programs use the values that were set, for each channel its own.
func TestLiveValues(t *testing.T) {
	for _, spec := range []string{"prelu(slope!channel)", "where(x > 0, x, a*x + b); a=0.25!channel, b=0!"} {
		l := live(t, spec, 3, true)
		if l.Groups() != 3 {
			t.Fatalf("%s has %d groups, want 3", spec, l.Groups())
		}
		values := [][]float32{{0.5, 0.25, -1}, {0}}[:len(l.f.learnable)]
		l.Set(values)
		for g, want := range []float32{-2, -1, 4} {
			y, dx := make([]float32, 1), make([]float32, 1)
			l.Forward(y, []float32{-4}, g, nil)
			l.Backward(dx, []float32{1}, []float32{-4}, g, nil, make([]float64, len(values)))
			if y[0] != want || dx[0] != values[0][g] {
				t.Errorf("%s: channel %d has f(-4) = %g and slope %g, want %g and %g", spec, g, y[0], dx[0], want, values[0][g])
			}
		}
	}
}

// In training each element has its own draw; in evaluation the mean is taken.
func TestLiveChance(t *testing.T) {
	draw := func(dst []float32, from, stream int) {
		for i := range dst {
			dst[i] = float32((from+i)%4) / 4
		}
	}
	const n = formula.BlockSize + 9
	x, y, dx, dy := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range x {
		x[i], dy[i] = -1, 1
	}
	l := live(t, "rrelu(0, 1)", 1, true)
	l.Forward(y, x, 0, draw)
	l.Backward(dx, dy, x, 0, draw, nil)
	for i := range y {
		if want := float32(i%4) / 4; y[i] != -want || dx[i] != want {
			t.Fatalf("element %d is %g with slope %g, want %g and %g", i, y[i], dx[i], -want, want)
		}
	}
	live(t, "rrelu(0, 1)", 1, false).Forward(y, x, 0, nil)
	if y[0] != -0.5 || y[n-1] != -0.5 {
		t.Errorf("evaluation computes %g and %g, want the mean, -0.5", y[0], y[n-1])
	}
}

func TestSet(t *testing.T) {
	for _, tc := range []struct{ spec, arguments, want string }{
		{"leaky_relu", "negative_slope=0.2", "leaky_relu(slope=0.2)"},
		{"leaky_relu", "slope!", "leaky_relu(slope=0.01!)"},
		{"prelu", "slope=0.5!fixed", "prelu(slope=0.5!fixed)"},
		{"x*sigmoid(b*x); b=1", "b=2!channel", "x*sigmoid(b*x); b=2!channel"},
		{"alpha*x + a; alpha=1, a=2", "a=3", "alpha*x + a; alpha=1, a=3"}, // a is also another name for alpha
	} {
		a, err := Parse(tc.spec)
		if err == nil {
			a, err = a.Set(tc.arguments)
		}
		if err != nil || a.String() != tc.want {
			t.Errorf("%s with %s is %v, %v, want %s", tc.spec, tc.arguments, a, err, tc.want)
		}
	}
}
