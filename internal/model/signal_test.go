package model

import (
	"math"
	"testing"

	"actfn/internal/activations"
)

func within(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if math.Abs(got-want) > relative*math.Abs(want) {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}

// Order statistics of the normal distribution by Teichroew 1956, a product of erf by Williams 1997, and relu's by Cho
// and Saul 2009.
func TestMaximum(t *testing.T) {
	of := func(spec string) activations.Activation {
		f, err := activations.Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	const mean4, variance4 = 1.0293753730, 0.4917152369
	m := maximum(of("x"), 0, 1, 0, 4)
	within(t, "mean of the largest of 4", m.mean, mean4, 2e-3)
	within(t, "its square", m.square, variance4+mean4*mean4, 2e-3)
	within(t, "its slope", m.slope, 1, 1e-9)
	m = maximum(of("2*x"), 3, 0.5, 0.75, 4)
	within(t, "mean of the largest of correlated ones", m.mean, 6+mean4*0.5, 1e-3)
	within(t, "product of two windows", m.product, m.mean*m.mean+0.75, 1e-3)
	m = maximum(of("-x"), 0, 1, 0, 4)
	within(t, "mean of the largest −x", m.mean, mean4, 2e-3)
	m = maximum(of("relu"), 0, 1, 0, 4)
	within(t, "share of windows with a positive value", m.slope, 1-1./16, 1e-3)
	m = maximum(of("relu"), 0, 1, 1, 4)
	within(t, "square of the largest of equal values", m.square, 0.5, 1e-3)
	const q, c = 0.7, 0.4
	m = maximum(of("erf(x)"), 0, math.Sqrt(q), c, 1)
	within(t, "product of erf", m.product, 2/math.Pi*math.Asin(2*q*c/(1+2*q)), 1e-3)
	m = maximum(of("relu"), 0, 1, c, 1)
	angle := math.Acos(c)
	within(t, "product of relu", m.product, (math.Sin(angle)+(math.Pi-angle)*c)/(2*math.Pi), 1e-3)
}

// Two channels of 2×2 pixels, two images and a column that is none.
func TestMeasure(t *testing.T) {
	m := Measure([]float32{1, 2, 9, 1, 2, 9, 3, 4, 9, 3, 4, 9, 0, 0, 9, 0, 0, 9, 0, 0, 9, 0, 2, 9}, 2, 2, 2, 2)
	within(t, "mean", m.Mean, 22./16, 1e-9)
	within(t, "square", m.Square, 64./16, 1e-9)
	within(t, "apart", m.Apart, (2.5*2.5+0.25*0.25)/2, 1e-9)
	if len(m.Near) != 1 {
		t.Fatalf("near is %v, want one distance", m.Near)
	}
	within(t, "near", m.Near[0], ((1*3+2*4)*2./8+(1+4+9+16)/8.)/2, 1e-9)
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
		s, err := net.Signal(Unknown)
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
