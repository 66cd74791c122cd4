package activations

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"actfn/internal/formula"
	"actfn/internal/kernel"
)

// everyRow runs f as a subtest for each function of the catalogue.
func everyRow(t *testing.T, f func(t *testing.T, a Activation)) {
	for _, a := range All() {
		t.Run(a.Name(), func(t *testing.T) { f(t, a) })
	}
}

// compute returns f and f′ in float32, as training computes them.
func compute(a Activation, x []float32) (y, dydx []float32) {
	y, dydx = make([]float32, len(x)), make([]float32, len(x))
	dy := slices.Repeat([]float32{1}, len(x))
	a.Forward(y, x)
	a.Backward(dydx, dy, x)
	return y, dydx
}

// Every name and alias belongs to one row, except for those that are marked as ambiguous.
func TestNamesAreOfOneRow(t *testing.T) {
	seen := map[string]string{}
	for _, r := range Catalogue() {
		for _, name := range append([]string{r.Name}, r.Aliases...) {
			if other, ok := seen[fold(name)]; ok && Ambiguity(name) == "" {
				t.Errorf("%s is a name of %s and of %s", name, other, r.Name)
			}
			seen[fold(name)] = r.Name
			if a, err := Parse(name); err != nil {
				t.Error(err)
			} else if Ambiguity(name) == "" && a.Name() != r.Name {
				t.Errorf("%s is read as %s, want %s", name, a.Name(), r.Name)
			}
		}
		for name := range r.Ambiguous {
			if a, err := Parse(name); err != nil || a.Name() != r.Name {
				t.Errorf("%s is read as %v, %v, want %s", name, a, err, r.Name)
			}
		}
	}
}

// The parameters of a row occur in its formula, and their names are distinct.
func TestParametersOccur(t *testing.T) {
	for _, r := range Catalogue() {
		e, err := formula.Parse(formula.NewArena(), r.Formula, scope{r.Parameters, 0})
		if err != nil {
			t.Fatalf("%s: %v", r.Name, err)
		}
		for i, p := range r.Parameters {
			if index(r.Parameters, p.Name) != i {
				t.Errorf("%s has two parameters %s", r.Name, p.Name)
			}
			if !slices.Contains(e.Parameters(), p.Name) {
				t.Errorf("%s: parameter %s does not occur in %s", r.Name, p.Name, r.Formula)
			}
		}
	}
}

func TestAmbiguity(t *testing.T) {
	for spec, want := range map[string]bool{"swish": true, "Swish(beta=2)": true, "leaky": true, "leaky_relu": false, "frelu": true, "x*2": false, "no_such": false} {
		if got := Ambiguity(spec) != ""; got != want {
			t.Errorf("Ambiguity(%q) is %q", spec, Ambiguity(spec))
		}
	}
}

func TestRowsReadAgain(t *testing.T) {
	everyRow(t, func(t *testing.T, a Activation) {
		if again, err := Parse(a.String()); err != nil || again.String() != a.String() {
			t.Errorf("%s reads as %v, %v", a, again, err)
		}
		// The simplified formula and its derivative can be parsed again.
		for _, e := range []string{a.mean.String(), a.slope.String()} {
			again, err := build(nil, e, a.parameters)
			if err != nil {
				t.Fatalf("%s: %v", e, err)
			}
			for _, x := range []float64{-3.3, -0.4, 0.2, 1.7, 6.1} {
				want := a.mean.Eval(x, a.initial)
				if e != a.mean.String() {
					want = a.slope.Eval(x, a.initial)
				}
				if got := again.mean.Eval(x, a.initial); !(math.Abs(got-want) <= 1e-9*(1+math.Abs(want))) && !(math.IsNaN(got) && math.IsNaN(want)) {
					t.Errorf("%s at %g is %g, read again it is %g", e, x, want, got)
				}
			}
		}
	})
}

// The derivative agrees with central differences, away from kinks and jumps.
func TestRowsDerivative(t *testing.T) {
	everyRow(t, func(t *testing.T, a Activation) {
		p := a.Properties()
		breaks := slices.Concat(p.Kinks, p.Jumps)
		for x := -7.9873; x < 8; x += 0.1037 {
			const h = 1e-5
			if slices.ContainsFunc(breaks, func(c float64) bool { return math.Abs(c-x) < 2*h }) {
				continue
			}
			got := a.slope.Eval(x, a.initial)
			want := (a.mean.Eval(x+h, a.initial) - a.mean.Eval(x-h, a.initial)) / (2 * h)
			if !(math.Abs(got-want) <= 1e-5*(1+math.Abs(want))) && !math.IsNaN(want) {
				t.Errorf("f'(%g) is %g, differences say %g", x, got, want)
			}
		}
	})
}

// moreUlps lists the functions whose error may exceed 4 ulp, and why.
var moreUlps = map[string]struct {
	ulps   float64
	reason string
}{
	"shifted_softplus": {math.Inf(1), crosses},
	"elliott":          {7, "the sum with 1/2 cancels in the tail"},
	"snake":            {math.Inf(1), "the slope touches 0"},
	"stair":            {10, "x - floor(x) cancels below 0"},
	"logcosh":          {math.Inf(1), crosses},
	"mega_laplace":     {9, "x is shifted and scaled first, and erfc magnifies its rounding"},
	"acon_c":           {20, crosses},
	"pau":              {math.Inf(1), "the slope crosses 0"},
	"erfact":           {9, products},
	"pserf":            {6, products},
	"smish":            {7, products},
	"sinc":             {11, "the two terms of the slope cancel near 0"},
	"coslu":            {40, crosses},
	"sinlu":            {5, products},
	"soft_root_sign":   {10, "the slope cancels in the tail"},
	"soft_clipping":    {12, "the slope is a difference of two sigmoids"},
	"vlu":              {math.Inf(1), "the slope touches 0"},
	"dsilu":            {5, products},
	"tsilu":            {6, products},
	"asilu":            {5, products},
	"msilu":            {5, products},
	"tsrelu":           {6, products},
	"pflu":             {5, products},
	"fpflu":            {5, products},
	"log_sqnl":         {math.Inf(1), "the sum with 1/2 cancels at -2"},
	"mishra":           {9, "two terms cancel in the tail"},
	"calu":             {250, "the two terms of the slope cancel in the tail"},
	"rootsig":          {8, "the slope cancels in the tail"},
}

// Reasons that several functions share.
const (
	crosses  = "it crosses 0 where its terms are large"
	products = "many factors, each with its rounding"
)

// TestRowsPrecision compares what is computed in float32 with float64: within 2e-6 + 1e-6·|value|, and within
// 4 ulp. The effect of a change of x by 4 ulp is allowed in addition, because the function magnifies the rounding of its
// intermediate results as much.
func TestRowsPrecision(t *testing.T) {
	var x []float32
	for i := -800; i < 800; i++ {
		x = append(x, float32(i)/100+0.0013)
	}
	everyRow(t, func(t *testing.T, a Activation) {
		y, dydx := compute(a, x)
		absolute, ulps, at := 0.0, 0.0, ""
		const h = 1e-4
		shifted := func(by float64) []float64 {
			xs := make([]float64, len(x))
			for i, v := range x {
				xs[i] = float64(v) + by
			}
			return xs
		}
		values, slopes := a.mean.EvalAll(shifted(0), a.initial), a.slope.EvalAll(shifted(0), a.initial)
		above, below := a.slope.EvalAll(shifted(h), a.initial), a.slope.EvalAll(shifted(-h), a.initial)
		for i, v := range x {
			v := float64(v)
			for k, c := range []struct{ got, want, slope float64 }{
				{float64(y[i]), values[i], slopes[i]}, {float64(dydx[i]), slopes[i], (above[i] - below[i]) / (2 * h)},
			} {
				if math.IsNaN(c.want) && math.IsNaN(c.got) {
					continue
				}
				magnified := 4 * ulp(v) * math.Abs(c.slope)
				off := math.Abs(c.got - c.want)
				if beyond := off - magnified - 2e-6 - 1e-6*math.Abs(c.want); !(beyond <= absolute) {
					absolute = beyond
					t.Errorf("f%.*s(%g) is %g, want %g", k, "'", v, c.got, c.want)
				}
				if n := (off - magnified) / ulp(c.want); n > ulps {
					ulps, at = n, fmt.Sprintf("f%.*s(%g) is %.9g, want %.9g", k, "'", v, c.got, c.want)
				}
			}
		}
		allowed := 4.0
		if more, ok := moreUlps[a.Name()]; ok {
			allowed = more.ulps
			if ulps <= 4 && kernel.Path() == "avx2" { // the portable kernels round once
				t.Errorf("error is %.1f ulp, want no exception for it", ulps)
			}
		}
		if ulps > allowed {
			t.Errorf("error is %.1f ulp, want at most %g: %s", ulps, allowed, at)
		}
	})
}

// ulp is the distance between float32 numbers near v, or near 1e-35 if v is smaller.
func ulp(v float64) float64 {
	_, exponent := math.Frexp(v)
	return math.Ldexp(1, max(exponent-24, -140))
}

// TestRowsFarOut checks that float32 does not overflow on the way to a value that it can represent, and is precise within
// 2e-6 + 1e-5·|value|.
func TestRowsFarOut(t *testing.T) {
	var x []float32
	for _, v := range []float32{1e-30, 1e-10, 1e-6, 1e-4, 1e-3, 1e-2, 10, 14, 18, 25, 30, 44, 50, 70, 80, 86, 88, 89, 95, 104, 150, 300, 1e3, 1e4, 1e6} {
		x = append(x, v, -v)
	}
	everyRow(t, func(t *testing.T, a Activation) {
		y, dydx := compute(a, x)
		for i, v := range x {
			v := float64(v)
			const h = 1e-4
			slope := a.slope.Eval(v, a.initial)
			curvature := (a.slope.Eval(v*(1+h), a.initial) - a.slope.Eval(v*(1-h), a.initial)) / (2 * h * v)
			for k, c := range []struct{ got, want, slope float64 }{
				{float64(y[i]), a.mean.Eval(v, a.initial), slope}, {float64(dydx[i]), slope, curvature},
			} {
				if math.IsNaN(c.want) || math.Abs(c.want) > math.MaxFloat32/100 {
					continue
				}
				if magnified := 8 * ulp(v) * math.Abs(c.slope); !(math.Abs(c.got-c.want) <= 2e-6+1e-5*math.Abs(c.want)+magnified) {
					t.Errorf("f%.*s(%g) is %g, want %g", k, "'", v, c.got, c.want)
				}
			}
		}
	})
}

// Values and slopes at NaN are NaN, at any position in a slice that also has infinities.
func TestRowsKeepNaN(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	everyRow(t, func(t *testing.T, a Activation) {
		for n := 1; n < 20; n++ {
			x := make([]float32, n)
			for i := range x {
				x[i] = []float32{0.5, -inf, inf, -2}[i%4]
			}
			for i := range x {
				before := x[i]
				x[i] = nan
				y, dydx := compute(a, x)
				if y[i] == y[i] || dydx[i] == dydx[i] {
					t.Fatalf("element %d of %d: f(NaN) is %g, f'(NaN) is %g", i, n, y[i], dydx[i])
				}
				x[i] = before
			}
		}
	})
}
