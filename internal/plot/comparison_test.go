package plot

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"actfn/internal/compare"
)

func comparison(t *testing.T, r compare.Result) Comparison {
	t.Helper()
	c, err := NewComparison(r)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestComparison(t *testing.T) {
	c := comparison(t, syntheticResult(outcomes, 5))
	everyWay(t, c)
	wantTexts(t, c, "difference to relu in points, simultaneous 95% intervals over seeds", "shaded: ±0.5 points, within which a difference does not matter",
		"relu", "baseline", "better", "worse", "equivalent", "inconclusive", "worse, at chance", "time of a training step, relative to the baseline")
	for i := 1; i < len(c.rows); i++ {
		if !(c.rows[i-1].difference >= c.rows[i].difference) {
			t.Errorf("row %d has %g after %g, want falling differences", i, c.rows[i].difference, c.rows[i-1].difference)
		}
	}
	if last := c.rows[len(c.rows)-1]; last.Activation != "sigmoid" || !c.off(last) || c.low < -5 {
		t.Errorf("the row at chance is %s in [%g, %g], want it out of sight and the others not squeezed", last.Activation, c.low, c.high)
	}
	got := inTerminal(t, c, 100)
	for _, want := range []string{"⠤●⠤", "◄", "worse, at chance", "[−", "░"} {
		if !strings.Contains(got, want) {
			t.Errorf("terminal lacks %q:\n%s", want, got)
		}
	}
	if lines := strings.Split(got, "\n"); !strings.Contains(lines[3], "mish│") || !strings.HasSuffix(lines[3], "better") {
		t.Errorf("the first row is %q, want mish and its verdict", lines[3])
	}
}

func TestComparisonWithoutIntervals(t *testing.T) {
	c := comparison(t, syntheticResult(outcomes[:3], 1))
	everyWay(t, c)
	wantTexts(t, c, "one seed, no interval")
	if got := inTerminal(t, c, 80); !strings.Contains(got, "○") || strings.Contains(got, "●") {
		t.Errorf("differences of one seed are not hollow:\n%s", got)
	}
}

func TestComparisonWithoutTimes(t *testing.T) {
	r := syntheticResult(outcomes[:3], 5)
	for i := range r.Rows {
		r.Rows[i].Step = nil
	}
	c := comparison(t, r)
	everyWay(t, c)
	if all := strings.Join(texts(t, c), "\n"); strings.Contains(all, "time of a training step") {
		t.Errorf("there is a panel of times:\n%s", all)
	}
}

func TestComparisonOfOddRows(t *testing.T) {
	if _, err := NewComparison(compare.Result{}); err == nil {
		t.Error("a result without rows is no error")
	}
	r := syntheticResult(outcomes, 3)
	r.Rows[1].Values, r.Rows[1].Mean, r.Rows[1].CI, r.Rows[1].Diverged = make([]*float64, 3), nil, nil, []uint64{0, 1, 2}
	r.Rows[1].Difference = nil
	r.Rows[2].Values[1], r.Rows[2].AtChance = pointer(0.1), []uint64{1}
	r.Rows[3].Activation = strings.Repeat("gelu<&\x1b\n", 25)
	r.Rows[4].Difference.Mean, r.Rows[4].Mean, r.Rows[4].Step.Ratio = math.NaN(), pointer(math.Inf(1)), pointer(math.NaN())
	r.Rows[5].Difference.CI = &[2]float64{math.Inf(-1), math.Inf(1)}
	c := comparison(t, r)
	everyWay(t, c)
	wantTexts(t, c, "no value, 3 diverged", "no interval")
	if !strings.Contains(strings.Join(texts(t, c), "\n"), "1 of 3 at chance") {
		t.Error("the row with one seed at chance does not say so")
	}
	everyWay(t, comparison(t, compare.Result{Rows: []compare.Row{{}}}))
	equal := syntheticResult(outcomes[:2], 3)
	equal.Rope, equal.Rows[1].Difference.Mean, equal.Rows[1].Difference.CI = 0, 0, &[2]float64{}
	everyWay(t, comparison(t, equal))
}

// Of many rows the points have numbers, which the names have too.
func TestComparisonOfManyRows(t *testing.T) {
	var many []outcome
	for i := range 40 {
		many = append(many, outcome{fmt.Sprintf("swish_beta(beta=%d)", i), 0.9 + 0.0001*float64(i%7), 1 + 0.01*float64(i%3)})
	}
	c := comparison(t, syntheticResult(many, 4))
	everyWay(t, c)
	wantTexts(t, c, c.rows[0].Activation+"  1", c.rows[39].Activation+"  40", "17")
}

// Labels cover neither a point nor each other.
func TestBeside(t *testing.T) {
	bounds := vg.Rectangle{Max: vg.Point{X: 300, Y: 200}}
	var taken []vg.Rectangle
	var points []vg.Point
	for i := range 10 {
		at := vg.Point{X: 150 + vg.Length(i%2)*8, Y: 60 + vg.Length(i)*7}
		points, taken = append(points, at), append(taken, around(at, vg.Point{X: 4, Y: 4}))
	}
	for i, at := range points {
		box := beside(at, vg.Point{X: 70, Y: 10}, bounds, taken)
		if box.Min.X < 0 || box.Max.X > 300 || box.Min.Y < 0 || box.Max.Y > 200 {
			t.Errorf("label %d is at %v, want it inside", i, box)
		}
		for j, other := range taken {
			if box.Min.X < other.Max.X && other.Min.X < box.Max.X && box.Min.Y < other.Max.Y && other.Min.Y < box.Max.Y {
				t.Errorf("label %d covers box %d", i, j)
			}
		}
		taken = append(taken, box)
	}
}

// An activation has one colour in all pictures of a comparison, the baseline the first.
func TestColors(t *testing.T) {
	r := syntheticResult(outcomes, 3)
	r.Baseline = "tanh"
	c := comparison(t, r)
	looks := map[string]int{"tanh": 0, "relu": 1, "leaky_relu(slope=0.01)": 2, "gelu": 3}
	for _, row := range c.rows {
		if look, ok := looks[row.Activation]; ok && row.look != look {
			t.Errorf("look of %s is %d, want %d", row.Activation, row.look, look)
		}
	}
	colors := Colors([]string{"tanh", "relu", "leaky_relu(slope=0.01)"})
	if c := Colors([]string{"b", "a", "b", "c"}); len(c) != 3 || c["b"] != 0 || c["a"] != 1 || c["c"] != 2 {
		t.Errorf("colors are %v, want b, a, c", c)
	}
	tr := training(t, syntheticRuns(outcomes[3:4], 2, 3, false), colors)
	gelu := colourOf(3).paper
	for name, d := range map[string]drawn{"curves": tr, "compare": c} {
		if hex := fmt.Sprintf("#%02X%02X%02X", gelu.R, gelu.G, gelu.B); !strings.Contains(picture(t, d, "svg"), hex) {
			t.Errorf("%s: the colour of gelu, %s, is not there", name, hex)
		}
	}
	if len(colors) != 3 {
		t.Error("a picture has changed the scheme that it was given")
	}
}
