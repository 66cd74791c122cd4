package statistics

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

func near(got, want, relative float64) bool {
	return math.Abs(got-want) <= relative*math.Abs(want) || math.IsNaN(got) && math.IsNaN(want)
}

// check wants got to be want up to a relative error.
func check(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !near(got, want, relative) {
		t.Errorf("%s = %.17g, want %.17g", what, got, want)
	}
}

// ten are differences whose figures R 4.2.2 gives in the tests below, with
// d <- c(12,-3,25,7,14,0,31,-8,19,4).
var ten = []float64{12, -3, 25, 7, 14, 0, 31, -8, 19, 4}

// pt(t, df, lower.tail=FALSE) and qt(p, df, lower.tail=FALSE) in R 4.2.2.
func TestStudent(t *testing.T) {
	for _, c := range []struct{ t, df, want float64 }{
		{0, 3, 0.5},
		{0.5, 1, 0.35241638234956679},
		{2.776, 4, 0.025011389159988202},
		{30, 4, 3.6764280488306617e-06},
		{12.7, 1.3, 0.012692146184236287},
		{5, 250.5, 5.392648161792431e-07},
		{math.Inf(1), 4, 0},
	} {
		check(t, fmt.Sprintf("tTail(%v, %v)", c.t, c.df), tTail(c.t, c.df), c.want, 1e-12)
		check(t, fmt.Sprintf("tTail(%v, %v)", -c.t, c.df), tTail(-c.t, c.df), 1-c.want, 1e-12)
	}
	for _, c := range []struct{ p, df, want float64 }{
		{0.025, 1, 12.706204736174707},
		{0.0025, 1.3, 44.430891256512382},
		{1e-5, 4, 23.332182700829286},
		{0.025, 29, 2.0452296421327039},
		{0.4, 2, 0.28867513459481314},
		{0.025 / 6, 9999, 2.6387824636955179},
	} {
		check(t, fmt.Sprintf("tQuantile(%v, %v)", c.p, c.df), tQuantile(c.p, c.df), c.want, 1e-9)
	}
	// Cauchy's distribution has a closed form, and the tail of others gives p back.
	for _, p := range []float64{1e-7, 1e-9} {
		check(t, fmt.Sprintf("tQuantile(%v, 1)", p), tQuantile(p, 1), 1/math.Tan(math.Pi*p), 1e-14)
		for _, df := range []float64{1, 2, 4, 100, 9999} {
			check(t, fmt.Sprintf("tTail(tQuantile(%v, %v))", p, df), tTail(tQuantile(p, df), df), p, 1e-8)
		}
	}
	if got := tTail(math.NaN(), 3); !math.IsNaN(got) {
		t.Errorf("tTail(NaN, 3) = %v, want NaN", got)
	}
}

// t.test(d) and t.test(c(4.2,5.1,3.3), conf.level=1-0.05/6) in R 4.2.2; the posterior pt(mean(d)/se, 9); the two
// one-sided tests max(pt((mean(d)+m)/se,9,lower.tail=FALSE), pt((mean(d)-m)/se,9)) at m = 20 and 5.
func TestOverSample(t *testing.T) {
	e := OverSample(ten, 0)
	check(t, "mean", e.Mean, 10.1, 1e-15)
	check(t, "t", e.Mean/e.SE, 2.5563476909403966, 1e-14)
	check(t, "p", e.P(), 0.030871557671414796, 1e-12)
	ci := e.Interval(0.95)
	check(t, "low", ci[0], 1.1623318474112116, 1e-10)
	check(t, "high", ci[1], 19.037668152588786, 1e-10)
	check(t, "better", e.Above(0), 0.98456422116429265, 1e-12)
	check(t, "equivalent within 20", e.Equivalent(20), 0.01677256322776309, 1e-12)
	check(t, "equivalent within 5", e.Equivalent(5), 0.88553314745765832, 1e-12)
	_, std := Moments(ten)
	check(t, "std", std, 12.493998559308384, 1e-15)

	three := OverSample([]float64{4.2, 5.1, 3.3}, 0)
	check(t, "p of three", three.P(), 0.014963437377591399, 1e-12)
	ci = three.Interval(1 - 0.05/6)
	check(t, "low of three", ci[0], -1.4564622206425635, 1e-9)
	check(t, "high of three", ci[1], 9.8564622206425625, 1e-9)
}

func TestOverSampleSpecial(t *testing.T) {
	for name, values := range map[string][]float64{"none": nil, "one": {3}, "NaN": {1, math.NaN(), 2}, "no spread": {2, 2, 2}} {
		e := OverSample(values, 0)
		ci := e.Interval(0.95)
		figures := []float64{e.P(), e.Above(0), e.Equivalent(5), ci[0]}
		if name == "no spread" {
			figures = nil // a positive mean over an SE of 0: P is 0, which the least spread forbids
			if e = OverSample(values, 1); e.SE != 1/math.Sqrt(3) {
				t.Errorf("SE without spread = %v, want that of the least", e.SE)
			}
		}
		for i, f := range figures {
			if !math.IsNaN(f) {
				t.Errorf("%s: figure %d = %v, want NaN", name, i, f)
			}
		}
	}
	if e := OverSample([]float64{0, 0}, 0); !math.IsNaN(e.P()) || !math.IsNaN(e.Above(0)) {
		t.Errorf("0/0: p = %v, better = %v, want NaN", e.P(), e.Above(0))
	}
	// The least spread binds where the sample's is smaller, and nowhere else.
	if e := OverSample(ten, 20); e.SE != 20/math.Sqrt(10) {
		t.Errorf("SE = %v, want that of the least", e.SE)
	}
	if e := OverSample(ten, 12); e.SE == 12/math.Sqrt(10) {
		t.Errorf("SE = %v, want that of the sample", e.SE)
	}
}

// a <- sd(d)^2/10; b <- 0.3^2/500; c(sqrt(a+b), (a+b)^2/(a^2/9+b^2/499)), and the same of a <- 0.004^2/5 and
// b <- 0.31^2/10000, in R 4.2.2; the degrees of freedom, 9.0002 and 63.87, are held to n−1.
func TestOverSeedsAndImages(t *testing.T) {
	e := OverSeedsAndImages(OverSample(ten, 0), 0.3, 500)
	check(t, "SE", e.SE, 3.9509720322978743, 1e-14)
	check(t, "df", e.DF, 9, 1e-14)
	e = OverSeedsAndImages(Estimate{0.1, 0.004 / math.Sqrt(5), 4}, 0.31, 10000)
	check(t, "SE", e.SE, 0.0035791060336346561, 1e-14)
	check(t, "df", e.DF, 4, 1e-14)
	if e.Mean != 0.1 {
		t.Errorf("mean = %v, want 0.1", e.Mean)
	}
	if e := OverSeedsAndImages(OverSample(ten, 0), math.NaN(), 1); !math.IsNaN(e.P()) {
		t.Errorf("p with one image = %v, want NaN", e.P())
	}
}

// p.adjust(c(0.01,0.04,0.03,0.005,0.5,0.03), "holm") in R 4.2.2.
func TestHolm(t *testing.T) {
	got := Holm([]float64{0.01, 0.04, 0.03, 0.005, 0.5, 0.03})
	for i, want := range []float64{0.05, 0.12, 0.12, 0.03, 0.5, 0.12} {
		check(t, fmt.Sprintf("Holm[%d]", i), got[i], want, 1e-15)
	}
	got = Holm([]float64{math.NaN(), 0.01})
	if !math.IsNaN(got[0]) || got[1] != 0.02 {
		t.Errorf("Holm(NaN, 0.01) = %v, want NaN, 0.02", got)
	}
	if got := Holm(nil); len(got) != 0 {
		t.Errorf("Holm() = %v, want none", got)
	}
}

// J <- function(m) gamma(m/2)/(sqrt(m/2)*gamma((m-1)/2)); J(9)*mean(d)/sd(d); J(c(2,4,9,29)) in R 4.2.2.
func TestEffect(t *testing.T) {
	check(t, "effect", Effect(ten), 0.73876560520555401, 1e-13)
	for m, want := range map[float64]float64{2: 0.56418958354775628, 4: 0.79788456080286529, 9: 0.91387489179255232, 29: 0.97387498459672295} {
		check(t, fmt.Sprintf("J(%v)", m), hedges(m), want, 1e-13)
	}
	for _, d := range [][]float64{nil, {1}, {1, 2}, {2, 2, 2}, {1, math.NaN(), 2}} {
		if got := Effect(d); !math.IsNaN(got) {
			t.Errorf("Effect(%v) = %v, want NaN", d, got)
		}
	}
}

// tied has ties and zeros.
var (
	tied   = []float64{1, -1, 1, 2, -2, 3, 0, 0, 5, 5}
	twelve = []float64{5, 3, -2, 2, 9, -1, 4, 4, 7, 0, 12, -6}
)

// s <- as.matrix(expand.grid(rep(list(c(-1,1)),n))); mean(abs(s%*%d) >= abs(sum(d))-1e-9) in R 4.2.2; of ten and
// 1:6 exactRankTests 0.8-35's perm.test(d) agrees.
func TestSignFlip(t *testing.T) {
	for _, c := range []struct {
		d    []float64
		want float64
	}{
		{ten, 0.03515625},
		{[]float64{1, 2, 3, 4, 5, 6}, 0.03125},
		{tied, 0.1328125},
		{twelve, 0.0634765625},
		{[]float64{0.1, 0.2, 0.3}, 0.25}, // 0.1+0.2 is not 0.3: rounding makes no sum smaller
		{[]float64{0, 0, 0}, 1},
		{nil, 1},
		{[]float64{1, math.NaN()}, math.NaN()},
	} {
		check(t, fmt.Sprintf("SignFlip(%v)", c.d), SignFlip(c.d), c.want, 1e-15)
		check(t, fmt.Sprintf("SignFlip(−%v)", c.d), SignFlip(negated(c.d)), c.want, 1e-15)
	}
}

// exactRankTests 0.8-35: perm.test(x)$p.value is 0.030870437622070312. Four standard errors of 100000 draws are
// 0.0022.
func TestSignFlipRandom(t *testing.T) {
	x := []float64{5, 3, -2, 2, 9, -1, 4, 4, 7, 0, 12, -6, 3, 3, 8, -4, 1, -7, 6, 2, 5, -1, -3, 4}
	got := SignFlip(x)
	if math.Abs(got-0.030870437622070312) > 0.0022 || got == 0.030870437622070312 {
		t.Errorf("SignFlip = %v, want 0.0309 ± 0.0022", got)
	}
	slices.Reverse(x)
	if again := SignFlip(negated(x)); again != got {
		t.Errorf("SignFlip of the same differences = %v and %v, want one p", got, again)
	}
	far := make([]float64, 70)
	for i := range far {
		far[i] = 1
	}
	check(t, "SignFlip of 70 ones", SignFlip(far), 1.0/100001, 1e-15) // no draw is as far: p is not 0
}

// coin 1.4-2: pvalue(wilcoxsign_test(d ~ rep(0,length(d)), zero.method="Pratt", distribution="exact")).
func TestWilcoxon(t *testing.T) {
	for _, c := range []struct {
		d    []float64
		want float64
	}{
		{ten, 0.04296875},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8}, 0.0078125},
		{tied, 0.140625},
		{[]float64{0, 0, 0, 0, 0, 0, 0, 3}, 1},
		{twelve, 0.0595703125},
		{[]float64{.1, .2, -.3, .5, .7, .8, -.9, 1.1, 1.5, 2, 2.2, 3, -3.5, 4}, 0.067626953125},
		{[]float64{0, 0}, 1},
		{nil, 1},
		{[]float64{1, math.NaN(), 2}, math.NaN()},
	} {
		check(t, fmt.Sprintf("Wilcoxon(%v)", c.d), Wilcoxon(c.d), c.want, 1e-14)
		check(t, fmt.Sprintf("Wilcoxon(−%v)", c.d), Wilcoxon(negated(c.d)), c.want, 1e-14)
	}
}

// many are differences with ties and zeros.
func many(n int) []float64 {
	d := make([]float64, n)
	for i := range d {
		d[i] = float64((7*i*i+3*i)%41 - 20)
	}
	return d
}

// SciPy 1.10.1: wilcoxon(x, zero_method="pratt", correction=True, mode="approx").pvalue; of the last mode="exact".
func TestWilcoxonOfMany(t *testing.T) {
	rising := make([]float64, 300)
	for i := range rising {
		rising[i] = float64(i + 1)
		if i%7 < 3 {
			rising[i] *= -1
		}
	}
	for _, c := range []struct {
		d    []float64
		want float64
	}{
		{rising, 0.02574132197982677}, // exact: 0.02559
		{many(500), 0.04636197341076789},
		{many(1000), 0.0036733587566745093},
		{slices.Repeat([]float64{1, -1}, 200), 1},
	} {
		check(t, fmt.Sprintf("Wilcoxon of %d", len(c.d)), Wilcoxon(c.d), c.want, 1e-12)
		check(t, fmt.Sprintf("Wilcoxon of %d negated", len(c.d)), Wilcoxon(negated(c.d)), c.want, 1e-12)
	}
	check(t, "the last exact one", Wilcoxon(rising[:exactRanks]), 0.09971022349075884, 1e-12) // approximate: 0.09964
}

// TestSmallAlpha: a design of two seeds at a small level takes no longer than another.
func TestSmallAlpha(t *testing.T) {
	start := time.Now()
	for _, alpha := range []float64{0.05, 1e-4, 1e-6, 1e-9} {
		for _, df := range []float64{1, 1.5, 2, 9} {
			shift := DetectableShift(0.8, df, alpha)
			if got := Power(shift, df, alpha); math.Abs(got-0.8) > 1e-6 {
				t.Errorf("power of the shift %v at alpha %v, df %v = %v, want 0.8", shift, alpha, df, got)
			}
		}
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v, want milliseconds", took)
	}
}

// pt(t, df, shift, lower.tail=FALSE) in R 4.2.2 up to its error of some 1e-12; the rows marked m are mpmath
// 1.2.1's quad of the integral at 30 digits, where R falls back on an approximation or keeps fewer digits.
func TestNoncentral(t *testing.T) {
	for _, c := range []struct{ t, df, shift, want float64 }{
		{0.5, 3, 1, 0.70188950662904381},
		{2.776, 4, 3, 0.61937772989232132},
		{-1, 2.7, 0.5, 0.90530858194429464},
		{2, 29, 2.8, 0.78544728747583026},
		{3, 1000, 3.5, 0.69133152510769358},
		{4, 9, 0, 0.0015552141551929267},
		{12.7, 1, 20, 0.88357182147473103},   // m
		{300, 1, 250, 0.59534062779428831},   // m
		{763.9, 1, 700, 0.64051639854184435}, // m
		{12.5, 1.3, 11, 0.58811486085983339}, // m, as the rest
		{40, 3, 38, 0.56082159311325618},
		{1e5, 1, 1.2e5, 0.76986065953328114},
		{6.4e8, 1, 8e8, 0.78870045266628949},
		{50, 400, 51, 0.69522293443656367},
		{30, 400, 31, 0.75807154088390141},
		{11, 30, 10.5, 0.41120194085527428},
	} {
		got := noncentralTail(c.t, c.df, c.shift)
		if math.Abs(got-c.want) > 1e-10 {
			t.Errorf("noncentralTail(%v, %v, %v) = %.14f, want %.14f", c.t, c.df, c.shift, got, c.want)
		}
		if below := noncentralTail(-c.t, c.df, -c.shift); math.Abs(got+below-1) > 1e-10 {
			t.Errorf("noncentralTail(%v, %v, %v): both sides sum to %v", c.t, c.df, c.shift, got+below)
		}
	}
	for _, df := range []float64{1, 1.3, 2, 4, 30, 10000} { // without a shift it is Student's t
		for _, x := range []float64{-3, -0.1, 0, 0.7, 2, 20} {
			if got, want := noncentralTail(x, df, 0), tTail(x, df); math.Abs(got-want) > 1e-10 {
				t.Errorf("noncentralTail(%v, %v, 0) = %v, want %v", x, df, got, want)
			}
		}
	}
}

// power.t.test(n=n, delta=0.8, sd=1, type="paired", strict=TRUE)$power and, with power=0.8 and with power=0.9,
// sig.level=0.05/6, tol=1e-12, its $delta, in R 4.2.2. The last of n = 2 is mpmath 1.2.1's: there R's pt has 89.5,
// of the normal approximation that it takes above a shift of 37.62.
func TestPower(t *testing.T) {
	for _, c := range []struct {
		n                      int
		power, delta, stricter float64
	}{
		{2, 0.078820614542615575, 11.549888435864046, 88.855850995342304},
		{3, 0.13488539923149945, 3.2640435496967748, 9.5996168193721108},
		{5, 0.28099206351750139, 1.6819969659535825, 3.1740687111196242},
		{10, 0.61623276347503542, 0.99600137145510659, 1.5516701466957517},
		{30, 0.98847524008910626, 0.52923561511278439, 0.76214334013640828},
	} {
		n := float64(c.n)
		check(t, fmt.Sprintf("power at n = %d", c.n), Power(0.8*math.Sqrt(n), n-1, 0.05), c.power, 1e-8)
		check(t, fmt.Sprintf("difference at n = %d", c.n), DetectableDifference(1, c.n, 1, 0.05, 0.8), c.delta, 1e-7)
		check(t, fmt.Sprintf("one of 6 at n = %d", c.n), DetectableDifference(2, c.n, 6, 0.05, 0.9), 2*c.stricter, 1e-5)
	}
	check(t, "power without a difference", Power(0, 4, 0.05), 0.05, 1e-8)
	if got := DetectableDifference(1, 1, 1, 0.05, 0.8); !math.IsNaN(got) {
		t.Errorf("difference that one seed finds = %v, want NaN", got)
	}
}

// power.t.test(delta=0.8, sd=1, power=.8, type="paired", strict=TRUE)$n is 14.30, of delta=0.1 at
// sig.level=0.0125 1118.23, of delta=3 3.14, in R 4.2.2.
func TestSeedsNeeded(t *testing.T) {
	for _, c := range []struct {
		delta, alpha float64
		want         int
	}{{0.8, 0.05, 15}, {-0.8, 0.05, 15}, {0.1, 0.0125, 1119}, {3, 0.05, 4}, {1e6, 0.05, 2}, {1e-4, 0.05, 0}, {0, 0.05, 0}} {
		of := func(n int) Estimate { return Estimate{c.delta, 1 / math.Sqrt(float64(n)), float64(n - 1)} }
		if got, ok := SeedsNeeded(of, c.alpha, 0.8); got != c.want || ok != (c.want > 0) {
			t.Errorf("SeedsNeeded of %v = %d, %v, want %d", c.delta, got, ok, c.want)
		}
	}
}

// integrate(function(x) x*k*dnorm(x)*pnorm(x)^(k-1), -9, 12, rel.tol=1e-13) in R 4.2.2; of 2 and 3 it is 1/√π
// and 3/(2√π).
func TestExpectedMaximum(t *testing.T) {
	for k, want := range map[int]float64{2: 1 / math.Sqrt(math.Pi), 3: 1.5 / math.Sqrt(math.Pi), 5: 1.1629644736405196,
		7: 1.3521783756069043, 10: 1.5387527308351725, 100: 2.5075936364416829, 1000: 3.2414357691334534} {
		check(t, fmt.Sprintf("ExpectedMaximum(%d)", k), ExpectedMaximum(k), want, 1e-12)
	}
	if got := ExpectedMaximum(1); math.Abs(got) > 1e-15 {
		t.Errorf("ExpectedMaximum(1) = %v, want 0", got)
	}
}

func negated(d []float64) []float64 {
	n := make([]float64, len(d))
	for i, v := range d {
		n[i] = -v
	}
	return n
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{9, 1, 2, 4}, 3}} {
		before := slices.Clone(c.values)
		if got := Median(c.values); got != c.want || !slices.Equal(c.values, before) {
			t.Errorf("median of %v is %v, want %v and the values as they were", before, got, c.want)
		}
	}
}
