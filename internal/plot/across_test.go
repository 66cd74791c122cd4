package plot

import (
	"strings"
	"testing"

	"actfn/internal/compare"
)

// A panel for each setting, all with one axis and one order of rows, and what is said of the activations above.
func TestAcross(t *testing.T) {
	other := syntheticResult(outcomes, 5)
	for i := range other.Rows {
		if d := other.Rows[i].Difference; d != nil {
			d.Mean, d.CI = -d.Mean, &[2]float64{-d.CI[1], -d.CI[0]}
		}
	}
	r := compare.NewAcross([]compare.Setting{{Name: "norm=none", Result: syntheticResult(outcomes, 5)}, {Name: "norm=\x1bbatch", Result: other}})
	a, err := NewAcross(r)
	if err != nil {
		t.Fatal(err)
	}
	everyWay(t, a)
	wantTexts(t, a, "norm=none", `norm=\x1bbatch`, "difference in accuracy, points", r.Rows[0].Sentence)
	first, second := a.all[0], a.all[1]
	if first.low != second.low || first.high != second.high {
		t.Errorf("axes are %v to %v and %v to %v", first.low, first.high, second.low, second.high)
	}
	for i := range first.rows {
		if first.rows[i].Activation != second.rows[i].Activation {
			t.Errorf("row %d is of %s and of %s", i, first.rows[i].Activation, second.rows[i].Activation)
		}
	}
	axis := 0
	for _, line := range strings.Split(inTerminal(t, a, 80), "\n") {
		if at := strings.Index(line, "└"); at >= 0 {
			if axis > 0 && len(line) != axis {
				t.Errorf("axes are %d and %d wide", axis, len(line))
			}
			axis = len(line)
		}
	}
	if _, err := NewAcross(compare.Across{Settings: []compare.Setting{{}}}); err == nil {
		t.Error("a result without rows is no error")
	}
}

// A comparison in one setting is drawn as ever.
func TestAcrossPlain(t *testing.T) {
	r := syntheticResult(outcomes, 5)
	a, err := NewAcross(compare.Across{Settings: []compare.Setting{{Result: r}}})
	if err != nil {
		t.Fatal(err)
	}
	if picture(t, a, "svg") != picture(t, comparison(t, r), "svg") {
		t.Error("the picture is another")
	}
}
