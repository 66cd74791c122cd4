package layer

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
