package compare

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"actfn/internal/fault"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/statistics"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// cellOf is a run whose first correct images of ten classes, which take turns, are right but for the one at hole.
func cellOf(activation string, seed uint64, correct, images, hole int) Cell {
	p := record.Predictions{Labels: make([]int, images), Predicted: make([]int, images)}
	n := 0
	for i := range images {
		p.Labels[i] = i % 10
		p.Predicted[i] = (i + 1) % 10
		if i < correct && i != hole {
			p.Predicted[i] = i % 10
			n++
		}
	}
	return Cell{Activation: activation, Seed: seed, LR: 0.001, Predictions: p, Run: record.Run{
		Parameters: 1000,
		Test:       &record.Test{Loss: 0.5, Accuracy: float64(n) / float64(images), Images: images, Correct: n}}}
}

// cellsOf are the runs of an activation at the seeds 0, 1, ….
func cellsOf(activation string, images int, correct ...int) []Cell {
	var cells []Cell
	for seed, k := range correct {
		cells = append(cells, cellOf(activation, uint64(seed), k, images, -1))
	}
	return cells
}

func options() Options {
	o := Defaults()
	o.Baseline, o.Data.Classes = "relu", 10
	return o
}

func mustCompare(t *testing.T, cells []Cell, o Options) Result {
	t.Helper()
	r, err := Compare(cells, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatal(err) // a NaN that is not null
	}
	return r
}

// check wants got to be want up to a relative error.
func check(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !cmp.Equal(got, want, cmpopts.EquateApprox(relative, 0), cmpopts.EquateNaNs()) {
		t.Errorf("%s = %.17g, want %.17g", what, got, want)
	}
}

func codes(r Result) []string {
	var list []string
	for _, w := range r.Warnings {
		list = append(list, strings.TrimSuffix(w.Code+" "+w.Activation, " "))
	}
	return list
}

var base = []int{850, 861, 843, 855, 848, 858, 852, 846}

func plus(values []int, more ...int) []int {
	sum := slices.Clone(values)
	for i := range sum {
		sum[i] += more[i%len(more)]
	}
	return sum
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name  string
		seeds int
		more  []int
		want  Verdict
		warn  []string
	}{
		{"better", 8, []int{30, 40, 50, 35}, Better, nil},
		{"worse", 8, []int{-30, -40, -50, -35}, Worse, nil},
		{"inconclusive", 8, []int{30, -40, 50, -35}, Inconclusive, nil},
		{"equivalent and significant", 8, []int{1, 2, 1, 2}, Equivalent, []string{"significant_equivalent gelu"}},
		{"equivalent", 8, []int{1, -1, 2, -2}, Equivalent, nil},
		{"all equal, not zero", 8, []int{40}, Better, nil},
		{"all equal, one image", 3, []int{1}, Equivalent, []string{"few_seeds"}}, // and not significant
		{"identical", 3, []int{0}, Equivalent, []string{"few_seeds", "identical gelu"}},
		{"one seed", 1, []int{100}, Inconclusive, []string{"few_seeds"}},
		{"one seed, identical", 1, []int{0}, Inconclusive, []string{"few_seeds", "identical gelu"}},
	} {
		cells := append(cellsOf("relu", 1000, base[:c.seeds]...), cellsOf("gelu", 1000, plus(base, c.more...)[:c.seeds]...)...)
		r := mustCompare(t, cells, options())
		d := r.Rows[1].Difference
		if d.Verdict != c.want {
			t.Errorf("%s: verdict is %s, want %s (p %v, equivalent %v)", c.name, d.Verdict, c.want, d.PAdjusted, d.PEquivalent)
		}
		got := slices.DeleteFunc(codes(r), func(w string) bool {
			return w == SmallTestSet || strings.HasPrefix(w, ImagesChangeVerdict) // as 1000 images are few
		})
		if diff := cmp.Diff(c.warn, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: warnings (-want +got):\n%s", c.name, diff)
		}
		if c.seeds > 1 && (d.P == nil || *d.P == 0) {
			t.Errorf("%s: p is %v, want a number above 0", c.name, d.P)
		}
		if c.seeds == 1 && (d.P != nil || d.SE != nil || d.CI != nil || d.Probabilities != nil || r.MDE != nil || r.Luck != nil) {
			t.Errorf("%s: one seed has figures that need a spread: %+v", c.name, d)
		}
	}
}

// d <- c(30,40,50,35,30,40,50,35)/1000 in R 4.2.2: t.test(d), sd(d); J(7)*mean(d)/sd(d); the signs' p is 2/2^8.
func TestCompareFigures(t *testing.T) {
	cells := append(cellsOf("relu", 1000, base...), cellsOf("gelu", 1000, plus(base, 30, 40, 50, 35)...)...)
	o := options()
	r := mustCompare(t, cells, o)
	row := r.Rows[1]
	d := row.Difference
	check(t, "mean", d.Mean, 0.03875, 1e-14)
	check(t, "std", d.Std, 0.0079056941504209496, 1e-12)
	check(t, "p", *d.P, 2.4004173849599821e-06, 1e-9)
	check(t, "low", d.CI[0], 0.032140674290242456, 1e-9)
	check(t, "d_z", *d.DZ, 4.3535535295767147, 1e-12)
	check(t, "sign-flip", *d.PSignFlip, 0.0078125, 1e-15)
	check(t, "rank", *d.PWilcoxon, 0.0078125, 1e-15)
	// pt((0.03875 - 0.005)/(0.0079056941504209496/sqrt(8)), 7)
	check(t, "better", d.Probabilities.Better, 0.99999695067749539, 1e-9)
	check(t, "sum", d.Probabilities.Worse+d.Probabilities.Within+d.Probabilities.Better, 1, 1e-15)
	if *d.SeedsNeeded != 3 || r.MDE.N != 8 {
		t.Errorf("seeds needed are %d, MDE of %d seeds, want 3 and 8", *d.SeedsNeeded, r.MDE.N)
	}
	check(t, "luck", *r.Luck, *d.SE/math.Sqrt(2*math.Pi), 1e-12)
	check(t, "MDE", r.MDE.Difference, statistics.DetectableDifference(d.Std, 8, 1, 0.05, 0.8), 1e-12)
	// Rows are 850 … 900 first images: gelu adds to the same images at most seeds.
	images := d.Scopes[OverSeedsAndImages]
	if !(*images.SE > *d.SE && *images.DF == *d.DF) {
		t.Errorf("over images SE and df are %v and %v, want more than %v and no more than %v", *images.SE, *images.DF, *d.SE, *d.DF)
	}
	o.Generalize = OverSeedsAndImages
	if over := mustCompare(t, cells, o).Rows[1].Difference; *over.P != *images.P || over.Mean != d.Mean {
		t.Errorf("p over images is %v, want that of the scope, %v", *over.P, *images.P)
	}
}

// TestSpread computes s_img by hand: of 4 images and two seeds, the mean differences are 1, ½, 0, −½.
func TestSpread(t *testing.T) {
	labels := []int{0, 0, 1, 1}
	at := func(activation string, seed uint64, predicted ...int) Cell {
		n := 0
		for i, p := range predicted {
			if p == labels[i] {
				n++
			}
		}
		return Cell{Activation: activation, Seed: seed, Predictions: record.Predictions{Labels: labels, Predicted: predicted},
			Run: record.Run{Test: &record.Test{Accuracy: float64(n) / 4, Images: 4, Correct: n}}}
	}
	o := options()
	o.Data.Classes = 2
	r := mustCompare(t, []Cell{
		at("relu", 0, 1, 1, 1, 1), at("gelu", 0, 0, 0, 1, 1), // +1 +1 0 0
		at("relu", 1, 1, 1, 1, 1), at("gelu", 1, 0, 1, 1, 0), // +1 0 0 −1
	}, o)
	// Differences 2 and 0 images of 4: s_d²/n = (√2/4)²/2 = 1/16; s_img² = (¾²+¼²+¼²+¾²)/3 = 5/12, over 4 images 5/48.
	check(t, "SE²", math.Pow(*r.Rows[1].Difference.Scopes[OverSeedsAndImages].SE, 2), 1.0/16+5.0/48, 1e-14)
	if r.Rope != 0.25 {
		t.Errorf("rope is %v, want one of 4 images", r.Rope)
	}
}

func TestSwap(t *testing.T) {
	opposite := map[Verdict]Verdict{Better: Worse, Worse: Better, Equivalent: Equivalent, Inconclusive: Inconclusive}
	for _, more := range [][]int{{30, 40, 50, 35}, {1, 2, 1, 2}, {30, -40, 50, -35}, {7}, {0}} {
		cells := append(cellsOf("relu", 1000, base...), cellsOf("gelu", 1000, plus(base, more...)...)...)
		o := options()
		a := mustCompare(t, cells, o).Rows[1].Difference
		o.Baseline = "gelu"
		b := mustCompare(t, cells, o).Rows[1].Difference
		if a.Mean != -b.Mean || *a.P != *b.P || *a.PAdjusted != *b.PAdjusted || *a.PSignFlip != *b.PSignFlip || *a.PWilcoxon != *b.PWilcoxon {
			t.Errorf("%v: swapped, %+v became %+v", more, a, b)
		}
		for name, s := range a.Scopes {
			if other := b.Scopes[name]; other.Verdict != opposite[s.Verdict] || s.CI[0] != -other.CI[1] || *s.PEquivalent != *other.PEquivalent {
				t.Errorf("%v over %s: swapped, %+v became %+v", more, name, s, other)
			}
		}
		check(t, "better", a.Probabilities.Better, b.Probabilities.Worse, 1e-9)
	}
}

func TestOrderDecidesNothing(t *testing.T) {
	cells := slices.Concat(cellsOf("relu", 1000, base...), cellsOf("gelu", 1000, plus(base, 3, -9, 14, 2, 11)...),
		cellsOf("tanh", 1000, plus(base, -3, -9, 4, -20)...))
	cells[9].Run.Test.Loss = number.Float(math.NaN())
	for _, rule := range DivergedRules {
		o := options()
		o.Diverged = rule
		o.Activations = []string{"relu", "gelu", "tanh"}
		want := mustCompare(t, cells, o)
		slices.Reverse(cells)
		cells[0], cells[5] = cells[5], cells[0]
		o.Seeds = []uint64{3, 0, 7, 5, 1, 2, 6, 4}
		got := mustCompare(t, cells, o)
		for i, row := range got.Rows { // the values alone follow the seeds
			values, predictions := make([]*float64, len(row.Values)), make([]string, len(row.Values))
			for j, seed := range o.Seeds {
				values[seed], predictions[seed] = row.Values[j], row.Predictions[j]
			}
			got.Rows[i].Values, got.Rows[i].Predictions = values, predictions
		}
		got.Seeds = want.Seeds
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if diff := cmp.Diff(string(a), string(b)); diff != "" {
			t.Errorf("%s: another order (-want +got):\n%s", rule, diff)
		}
	}
}

func TestDiverged(t *testing.T) {
	cells := append(cellsOf("relu", 1000, base...), cellsOf("gelu", 1000, plus(base, 30, 40, 50)...)...)
	cells[8+2].Run.Diverged = &record.Diverged{Epoch: 2}
	cells[8+2].Run.Test.Loss = 2.5
	cells[8+5].Run.Epochs = []record.Epoch{{N: 1, Values: map[*record.Metric]float64{record.TrainLoss: math.NaN()}}} // a NaN is seen wherever it is
	for rule, want := range map[string]struct {
		n           int
		value, loss float64
	}{
		LastFinite: {8, 0.893, (0.5*7 + 2.5) / 8},
		Chance:     {8, 0.1, (0.5*6 + 2*math.Log(10)) / 8},
		Exclude:    {6, math.NaN(), 0.5},
	} {
		o := options()
		o.Diverged = rule
		r := mustCompare(t, cells, o)
		row := r.Rows[1]
		value := math.NaN()
		if row.Values[2] != nil {
			value = *row.Values[2]
		}
		check(t, rule+": value", value, want.value, 1e-14)
		check(t, rule+": loss", float64(row.Loss), want.loss, 1e-14)
		if row.N != want.n || row.Difference.N != want.n || !slices.Equal(row.Diverged, []uint64{2, 5}) {
			t.Errorf("%s: n is %d, diverged %v, want %d, [2 5]", rule, row.N, row.Diverged, want.n)
		}
		if !slices.Contains(codes(r), "diverged gelu") {
			t.Errorf("%s: warnings are %v, want diverged among them", rule, codes(r))
		}
	}
	cells[8].Run.Test.Loss = number.Float(math.Inf(1))
	if r := mustCompare(t, cells, options()); !math.IsInf(float64(r.Rows[1].Loss), 1) {
		t.Errorf("loss is %v, want the infinite one to show", r.Rows[1].Loss)
	}
}

func TestWarnings(t *testing.T) {
	relu, gelu := cellsOf("relu", 1000, base...), cellsOf("gelu", 1000, plus(base, 30, 40, 50)...)
	cells := slices.Concat(relu, gelu)
	tiny := slices.Concat(cellsOf("relu", 50, 30, 31, 32, 30, 33, 30), cellsOf("gelu", 50, 33, 32, 31, 35, 30, 36))
	collapsed := slices.Concat(cellsOf("relu", 1000, 100, 860, 100, 850, 850, 850), gelu[:6])
	missing := slices.Clone(cells[:15])
	missing[3].Run.Test = nil
	larger := slices.Concat(relu, gelu)
	for i := range gelu {
		larger[8+i].Run.Parameters = 1064
	}
	// One wild seed: t does not reject at 0.05, the signs, all of which are positive, do.
	skewed := slices.Concat(relu, cellsOf("gelu", 1000, plus(base, 5, 6, 7, 8, 5, 6, 7, 130)...))
	// Wrong at 40 images and right at some 56 others: the same 16 more at every seed, as these images have it.
	others := slices.Concat(relu, cellsOf("gelu", 1000, plus(base, 56, 57, 55)...))
	for _, c := range others[8:] {
		for i := range 40 {
			c.Predictions.Predicted[i] = (i + 1) % 10
		}
		c.Run.Test.Correct -= 40
		c.Run.Test.Accuracy = float64(c.Run.Test.Correct) / 1000
	}
	for name, c := range map[string]struct {
		cells []Cell
		code  string
		text  string
	}{
		"tiny":      {tiny, "small_test_set", "one of 50 test images is 2.00 points: the margin is raised to that, from 0.50"},
		"collapsed": {collapsed, "chance_level relu", "relu, the baseline, is no better than guessing, 10.00 %, at 2 of 6 seeds (0, 2)"},
		"no test":   {missing, "missing_cells relu", "relu has no test result at 1 of 8 seeds (3)"},
		"missing":   {missing, "missing_cells gelu", "gelu has no test result at 1 of 8 seeds (7)"},
		"larger":    {larger, "parameters gelu", "gelu has 1064 parameters, relu has 1000"},
		"skewed":    {skewed, "second_opinion gelu", "gelu: the sign-flip test has the adjusted p = 0.00781 and the t test 0.203, on different sides of 0.05"},
		"others":    {others, "images_change_verdict gelu", "gelu is better over new seeds on these 1000 test images, but inconclusive over new images too"},
		"images":    {tiny, "small_test_set", "50 test images cannot resolve less than 2.39 points, and the margin is 2.00: no number of seeds shows that a row is equivalent on new images"},
	} {
		r := mustCompare(t, c.cells, options())
		found := false
		for i, code := range codes(r) {
			found = found || code == c.code && strings.HasPrefix(r.Warnings[i].Text, c.text)
		}
		if !found {
			t.Errorf("%s: warnings are %+v, want %s: %s", name, r.Warnings, c.code, c.text)
		}
	}
	for _, row := range mustCompare(t, collapsed, options()).Rows {
		if row.Activation == "relu" && !slices.Equal(row.AtChance, []uint64{0, 2}) {
			t.Errorf("seeds at chance are %v, want 0 and 2", row.AtChance)
		}
	}
	if got := mustCompare(t, cellsOf("relu", 1000, base...), options()); len(got.Warnings) != 0 || got.Rows[0].Difference != nil {
		t.Errorf("a baseline alone has %+v", got.Warnings)
	}
}

func TestRefusals(t *testing.T) {
	good := func() []Cell {
		return append(cellsOf("relu", 100, 85, 86), cellsOf("gelu", 100, 87, 86)...)
	}
	for want, spoil := range map[string]func(c []Cell, o *Options) []Cell{
		`baseline: value is "rel", want one of gelu, relu`:           func(c []Cell, o *Options) []Cell { o.Baseline = "rel"; return c },
		`alpha: value is 0, want above 0 and below 1`:                func(c []Cell, o *Options) []Cell { o.Alpha = 0; return c },
		`alpha: value is 1, want above 0 and below 1`:                func(c []Cell, o *Options) []Cell { o.Alpha = 1; return c },
		`alpha: value is NaN, want above 0 and below 1`:              func(c []Cell, o *Options) []Cell { o.Alpha = math.NaN(); return c },
		`alpha: value is 1e-16, want at least 1e-06`:                 func(c []Cell, o *Options) []Cell { o.Alpha = 1e-16; return c },
		`power: value is 0.01, want above 0.05, alpha, and below 1`:  func(c []Cell, o *Options) []Cell { o.Power = 0.01; return c },
		`rope: value is -100, want 0 to below 100 percentage points`: func(c []Cell, o *Options) []Cell { o.Rope = -1; return c },
		`generalize: value is "seed", want one of`:                   func(c []Cell, o *Options) []Cell { o.Generalize = "seed"; return c },
		`diverged: value is "lost", want one of`:                     func(c []Cell, o *Options) []Cell { o.Diverged = "lost"; return c },
		`seeds: 3 is there twice`:                                    func(c []Cell, o *Options) []Cell { o.Seeds = []uint64{3, 3}; return c },
		`cell relu, seed 0: seed is not of this comparison`:          func(c []Cell, o *Options) []Cell { o.Seeds = []uint64{1}; return c },
		`cell gelu, seed 0: activation is not of this`:               func(c []Cell, o *Options) []Cell { o.Activations = []string{"relu"}; return c },
		`cell relu, seed 0: cell is there twice`:                     func(c []Cell, o *Options) []Cell { return append(c, c[0]) },
		`cell gelu, seed 1: labels of the test images differ`: func(c []Cell, o *Options) []Cell {
			c[3].Predictions.Labels[4] = 9
			return c
		},
		`cell gelu, seed 1: predictions are 50 of 50 images, want one for each of 100`: func(c []Cell, o *Options) []Cell {
			c[3] = cellOf("gelu", 1, 40, 50, -1)
			return c
		},
		`cell gelu, seed 1: test is 85 correct of 100 images, want 86`: func(c []Cell, o *Options) []Cell { c[3].Run.Test.Correct = 85; return c },
		`cell gelu, seed 1: test accuracy is NaN, want 0.86`:           func(c []Cell, o *Options) []Cell { c[3].Run.Test.Accuracy = math.NaN(); return c },
		`cell relu, seed 0: data is b, want a`: func(c []Cell, o *Options) []Cell {
			o.Data.Hash, c[0].Run.Data = "a", "b"
			return c
		},
		`cell relu, seed 0: test image 3 is of class 3, want 0 to 2`: func(c []Cell, o *Options) []Cell { o.Data.Classes = 3; return c },
		`data: test images are 0 of 10 classes`: func(c []Cell, o *Options) []Cell {
			o.Activations = []string{"relu"}
			return nil
		},
	} {
		o := options()
		cells := spoil(good(), &o)
		_, err := Compare(cells, o)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error is %v, want %s…", err, want)
		}
		if strings.Contains(want, `"rel"`) && !slices.Equal(fault.Hints(err), []string{"did you mean relu?"}) {
			t.Errorf("hints are %v, want relu", fault.Hints(err))
		}
	}
}
