package model

import (
	"math"
	"testing"

	"actfn/internal/layer"
)

func within(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if math.Abs(got-want) > relative*math.Abs(want) {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}

// By hand, of images with mean square 1 that are the same everywhere: relu halves the mean square and keeps half of
// the gradient's, and a 3×3 filter on 4×4 values meets (10/12)² of its places.
func TestSignalKnown(t *testing.T) {
	signal := func(change func(*Config)) []LayerSignal {
		net, err := Declare(configured(change), Input{3, 4, 4}, 7, nil)
		if err == nil {
			err = net.Scale(1)
		}
		if err != nil {
			t.Fatal(err)
		}
		s, err := net.Signal(layer.Unknown)
		if err != nil {
			t.Fatal(err)
		}
		if last := s[len(s)-1].Gradient; last != 1 {
			t.Errorf("gradient of the last layer is %v, want 1", last)
		}
		return s
	}
	inside := 100. / 144
	plain := func(c *Config) {
		c.Filters, c.Pool, c.PoolStride, c.Hidden = []int{8, 6}, []int{1}, []int{1}, []int{10}
		c.Initialization = He
	}
	s := signal(plain)
	q1 := 2 * inside
	q2 := q1 * inside
	for i, want := range []float64{q1, q2, q2} {
		within(t, s[i].Layer+" std", float64(s[i].InputStd), math.Sqrt(want), 1e-3)
	}
	g2 := 2. / (6 * 16) * 10 / 2
	within(t, "conv2 gradient", float64(s[1].Gradient), math.Sqrt(g2), 1e-3)
	within(t, "conv1 gradient", float64(s[0].Gradient), math.Sqrt(g2*2/(8*9)*6*9*inside/2), 1e-3)

	s = signal(func(c *Config) { plain(c); c.Initialization = Uniform })
	u1 := inside/3 + 1./3/27
	u2 := u1/6*inside + 1./3/72
	u3 := u2/6 + 1./3/96
	for i, want := range []float64{u1, u2, u3} {
		within(t, s[i].Layer+" std, pytorch", float64(s[i].InputStd), math.Sqrt(want), 1e-3)
	}

	s = signal(func(c *Config) {
		plain(c)
		c.Pool, c.PoolStride, c.Pooling = []int{2}, []int{2}, "average"
		c.Padding = []int{0}
		c.Kernel = []int{1}
	})
	// equal values: the average changes nothing, and the gradient goes to 4 with a quarter each
	within(t, "fc1 std after averages", float64(s[2].InputStd), math.Sqrt2, 2e-3)
	within(t, "conv2 gradient after averages", float64(s[1].Gradient), math.Sqrt(2./6*10/16/2), 2e-3)

	s = signal(func(c *Config) { plain(c); c.Norm = "batch" })
	for i := range 2 {
		within(t, s[i].Layer+" std after a norm", float64(s[i].InputStd), 1, 1e-6)
	}
	spread := 2 * inside * (0.5 - 1/(2*math.Pi)) // of conv2 about its mean
	within(t, "conv1 gradient through a norm", float64(s[0].Gradient/s[1].Gradient),
		math.Sqrt(1/spread*2/(8*9)*6*9*inside/2), 2e-3)
}
