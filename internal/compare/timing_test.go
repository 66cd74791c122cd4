package compare

import (
	"math"
	"strings"
	"testing"
)

// Of logarithms of 1.1, 1.2, 1.15, 1.3 the mean ± 3.182446305284263 standard errors (Student's t, 3 degrees of freedom), in
// double precision elsewhere.
func TestNewStep(t *testing.T) {
	s := NewStep([]float64{1.1, 2.4, 1.15, 2.6}, []float64{1, 2, 1, 2})
	check(t, "ratio", *s.Ratio, 1.1852331257871518, 1e-12)
	check(t, "low", s.RatioCI[0], 1.0584073944756731, 1e-9)
	check(t, "high", s.RatioCI[1], 1.3272559978278482, 1e-9)
	check(t, "seconds", s.Seconds, math.Pow(1.1*2.4*1.15*2.6, 0.25), 1e-12)
	if s.Level() || s.Blocks != 4 {
		t.Errorf("an interval above 1 is level, or blocks are %d", s.Blocks)
	}
	if same := NewStep([]float64{1, 2, 3}, []float64{1, 2, 3}); *same.Ratio != 1 || *same.RatioCI != [2]float64{1, 1} || !same.Level() {
		t.Errorf("the baseline's own is %+v, want a ratio of 1", same)
	}
	if one := NewStep([]float64{2}, []float64{1}); *one.Ratio != 2 || one.RatioCI != nil || one.CI != nil || one.Level() {
		t.Errorf("of one block it is %+v, want no interval", one)
	}
}

// What was timed comes with the rows, is read again with them, and has no ratio to another baseline.
func TestTimed(t *testing.T) {
	r := plain(t)
	read, err := Parse(written(t, r))
	if err != nil {
		t.Fatal(err)
	}
	timed := read.Timed()
	if timed.Timing != *r.Timing || len(timed.Steps) != len(r.Rows) || *timed.Steps["mish"].Ratio != *r.Rows[2].Step.Ratio {
		t.Errorf("timed is %+v, of %+v", timed, r.Timing)
	}
	if s := timed.step("mish", "mish"); s.Seconds != r.Rows[2].Step.Seconds || s.Ratio != nil || s.RatioCI != nil {
		t.Errorf("with another baseline the step is %+v, want no ratio", s)
	}
	if s := timed.step("mish", "relu"); *s.Ratio != *r.Rows[2].Step.Ratio {
		t.Errorf("the step is %+v, want a ratio", s)
	}
	none := (*Timed)(nil)
	if none.step("mish", "relu") != nil || none.timing() != nil || timed.step("cube", "relu") != nil || (Result{}).Timed() != nil {
		t.Error("there is a time of what was not timed")
	}
}

func TestReadRefusesTimes(t *testing.T) {
	for want, change := range map[string]func(*Result){
		"rows[2].step.blocks is 0, want at least 1":                         func(r *Result) { r.Rows[2].Step.Blocks = 0 },
		"timing.batch is 0, want at least 1":                                func(r *Result) { r.Timing.Batch = 0 },
		"rows[2].step.seconds is 0, want above 0":                           func(r *Result) { r.Rows[2].Step.Seconds = 0 },
		"rows[2].step.ratio is 3, want within its interval, 1 to 2":         func(r *Result) { r.Rows[2].Step.Ratio, r.Rows[2].Step.RatioCI = new(3.0), &[2]float64{1, 2} },
		"rows[2].step.ratio_ci[0] is -1, want above 0":                      func(r *Result) { r.Rows[2].Step.RatioCI[0] = -1 },
		"rows[2].step.ratio_ci is a list, want null without a ratio":        func(r *Result) { r.Rows[2].Step.Ratio = nil },
		"rows[2].step.seconds is 0.1, want within its interval, 0.2 to 0.3": func(r *Result) { r.Rows[2].Step.Seconds, r.Rows[2].Step.CI = 0.1, &[2]float64{0.2, 0.3} },
	} {
		r := plain(t)
		change(&r)
		if _, err := Parse(written(t, r)); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}
