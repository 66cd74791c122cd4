package metrics

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func near(got, want, relative float64) bool {
	return math.Abs(got-want) <= relative*math.Abs(want)
}

// The first four are the example of R. G. Newcombe, "Two-sided confidence intervals for
// the single proportion" (Statistics in Medicine 17, 1998, table I, method 3), printed
// there as 0.2553–0.3662, 0.0624–0.1605, 0–0.1611 and 0.0061–0.1718. All digits are
// scipy 1.10's binomtest(k, n).proportion_ci(confidence, method="wilson").
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n       int
		confidence float64
		low, high  float64
	}{
		{81, 263, 0.95, 0.2552885198782742, 0.36620957698280004},
		{15, 148, 0.95, 0.06238639953073629, 0.16048724172330803},
		{0, 20, 0.95, 0, 0.16112515805281935},
		{1, 29, 0.95, 0.006113214292762667, 0.17175521879320282},
		{20, 20, 0.95, 0.8388748419471808, 1},
		{9117, 10000, 0.95, 0.9059797090074188, 0.9171041067341662},
		{15, 25, 0.99, 0.35369153866280056, 0.8043617675660741},
		{3, 10, 0.9, 0.1268765839031979, 0.5583002041301649},
		{1, 1, 0.95, 0.20654931437723745, 1},
		{10000, 10000, 0.95, 0.9996160016293234, 1},
		{500000, 1000000, 0.95, 0.4990200198900048, 0.5009799801099952},
		{0, 0, 0.95, 0, 1},
	} {
		low, high := Wilson(c.k, c.n, c.confidence)
		if !near(low, c.low, 1e-12) || !near(high, c.high, 1e-12) {
			t.Errorf("Wilson(%d, %d, %v) = %v, %v, want %v, %v", c.k, c.n, c.confidence, low, high, c.low, c.high)
		}
	}
}

func TestWilsonProperties(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 99, 1000} {
		for k := range n + 1 {
			low, high := Wilson(k, n, 0.95)
			p := float64(k) / float64(n)
			if !(0 <= low && low <= p && p <= high && high <= 1) {
				t.Errorf("Wilson(%d, %d) = %v, %v, want it around %v within [0, 1]", k, n, low, high, p)
			}
			// Its ends are where the score test just rejects.
			for _, end := range []float64{low, high} {
				if end <= 0 || end >= 1 {
					continue
				}
				z := math.Abs(p-end) / math.Sqrt(end*(1-end)/float64(n))
				if !near(z, 1.959963984540054, 1e-9) {
					t.Errorf("Wilson(%d, %d): %v is %v standard errors away, want 1.96", k, n, end, z)
				}
			}
			l, h := Wilson(n-k, n, 0.95)
			if math.Abs(l-(1-high)) > 1e-14 || math.Abs(h-(1-low)) > 1e-14 {
				t.Errorf("Wilson(%d, %d) is not the mirror image of Wilson(%d, %d)", n-k, n, k, n)
			}
		}
	}
}

func TestPanicsOnWhatNoCountCanBe(t *testing.T) {
	for name, f := range map[string]func(){
		"k < 0":          func() { Wilson(-1, 5, 0.95) },
		"k > n":          func() { Wilson(6, 5, 0.95) },
		"confidence 1":   func() { Wilson(1, 5, 1) },
		"confidence NaN": func() { Wilson(1, 5, math.NaN()) },
		"negative":       func() { McNemar(-1, 5) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

// Known values: 86 and 150 are Agresti's approval ratings (R's ?mcnemar.test; exact p
// 3.716e-05 by R's exact2x2::mcnemar.exact), 59 and 121 the example of statsmodels'
// mcnemar (4.4344e-06). All digits are scipy 1.10's binomtest(b, b+c), R's binom.test.
func TestMcNemarKnownValues(t *testing.T) {
	for _, c := range []struct {
		b, c int
		want float64
	}{
		{0, 0, 1}, {0, 1, 1}, {5, 5, 1}, {1000000, 1000000, 1},
		{0, 5, 0.0625},
		{0, 10, 0.001953125},
		{1, 9, 0.021484375},
		{3, 7, 0.34375},
		{6, 16, 0.052478790283203125},
		{86, 150, 3.715936139571387e-05},
		{59, 121, 4.4344492637551645e-06},
		{400, 500, 0.0009564441369189373},
		{4900, 5100, 0.046585527704947234},
		{682, 243, 7.087290775071152e-49},
		{0, 1000, 1.8665272370064378e-301},
		{1, 1000, 9.351301457402253e-299},
		{499000, 501000, 0.045608299865389515},
	} {
		tolerance := 1e-11
		if c.b+c.c > 10_000 {
			tolerance = 1e-8
		}
		if got := McNemar(c.b, c.c); !near(got, c.want, tolerance) {
			t.Errorf("McNemar(%d, %d) = %v, want %v", c.b, c.c, got, c.want)
		}
	}
	for _, n := range []int{1 << 20, 1 << 40} { // too small for a float64, and no NaN
		if got := McNemar(0, n); got != 0 {
			t.Errorf("McNemar(0, %d) = %v, want 0", n, got)
		}
	}
}

// exactMcNemar sums the binomial coefficients as integers.
func exactMcNemar(b, c int) float64 {
	n, sum, term := int64(b+c), new(big.Int), big.NewInt(1)
	for i := range int64(min(b, c)) + 1 {
		sum.Add(sum, term)
		term.Mul(term, big.NewInt(n-i)).Quo(term, big.NewInt(i+1)) // C(n, i+1)
	}
	p := new(big.Rat).SetFrac(sum, new(big.Int).Lsh(big.NewInt(1), uint(n)))
	p.Mul(p, big.NewRat(2, 1))
	if p.Cmp(big.NewRat(1, 1)) > 0 {
		return 1
	}
	v, _ := p.Float64()
	return v
}

func TestMcNemarExact(t *testing.T) {
	worst := 0.0
	check := func(b, c int) {
		got, want := McNemar(b, c), exactMcNemar(b, c)
		if want < 1e-300 { // subnormal: fewer digits
			return
		}
		worst = max(worst, math.Abs(got-want)/want)
	}
	for b := range 40 {
		for c := range 40 {
			check(b, c)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := random.IntN(2000)
		b := random.IntN(n + 1)
		check(b, n-b)
	}
	if worst > 1e-11 {
		t.Errorf("relative error is %.2g, want at most 1e-11", worst)
	}
	t.Logf("relative error %.2g", worst)
}

func TestMcNemarProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		n := 1 + random.IntN(5000)
		b := random.IntN(n + 1)
		p := McNemar(b, n-b)
		if q := McNemar(n-b, b); p != q {
			t.Errorf("McNemar(%d, %d) = %v, the other way round %v", b, n-b, p, q)
		}
		if !(0 <= p && p <= 1) {
			t.Errorf("McNemar(%d, %d) = %v, want a probability", b, n-b, p)
		}
		if b+1 <= n-b-1 && McNemar(b+1, n-b-1) < p { // more even is less surprising
			t.Errorf("McNemar(%d, %d) < McNemar(%d, %d)", b+1, n-b-1, b, n-b)
		}
		want := min(1, 2*distuv.Binomial{N: float64(n), P: 0.5}.CDF(float64(min(b, n-b))))
		if want > 1e-290 && !near(p, want, 1e-9) {
			t.Errorf("McNemar(%d, %d) = %v, gonum's binomial says %v", b, n-b, p, want)
		}
	}
}

func TestCompare(t *testing.T) {
	labels := []int{0, 1, 2, 0, 1, 2}
	first := []int{0, 1, 0, 0, 2, 2}
	second := []int{0, 2, 1, 1, 0, 2}
	got, err := Compare(labels, first, second)
	if err != nil {
		t.Fatal(err)
	}
	want := Paired{BothCorrect: 2, OnlyFirst: 2, OnlySecond: 0, BothWrong: 2, P: 0.5, Flipped: []int{1, 3}}
	wantEqual(t, got, want)
	back, err := Compare(labels, second, first)
	if err != nil {
		t.Fatal(err)
	}
	want.OnlyFirst, want.OnlySecond = want.OnlySecond, want.OnlyFirst
	wantEqual(t, back, want)
	self, err := Compare(labels, first, first)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, self, Paired{BothCorrect: 4, BothWrong: 2, P: 1, Flipped: []int{}})
	if _, err := Compare(labels, first[:5], second); err == nil || err.Error() != "predictions: numbers of images are 5 and 6, want 6, that of the labels" {
		t.Errorf("unequal lengths: %v", err)
	}
}
