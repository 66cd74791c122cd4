package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"actfn/internal/compare"
	"actfn/internal/fault"
	"actfn/internal/number"
	"actfn/internal/record"
)

// canonical resolves the few specs that the tests use.
func canonical(spec string) (string, error) {
	known := map[string]string{"relu": "relu", "ReLU": "relu", "mish": "mish", "leaky-relu": "leaky_relu(slope=0.01)", "leaky_relu(slope=0.01)": "leaky_relu(slope=0.01)",
		"x*sigmoid(x)": "x*sigmoid(x)", "cube": "cube", "gap": "gap", "cold": "cold", "old": "old", "guessing": "guessing", "flat": "flat", "zero": "zero", "a and b": "a and b"}
	if name, ok := known[spec]; ok {
		return name, nil
	}
	return "", fmt.Errorf("activation: %q is unknown", spec)
}

func gate(t *testing.T, text string) Gate {
	t.Helper()
	g, err := Parse(text, canonical)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return g
}

func TestParse(t *testing.T) {
	for text, want := range map[string][]Clause{
		"mish.accuracy >= 0.85":                         {{Activation: "mish", Field: "accuracy", Above: true, OrEqual: true, Bound: 0.85}},
		"mish.accuracy>85%":                             {{Activation: "mish", Field: "accuracy", Above: true, Bound: 0.85}},
		" leaky-relu.loss < 5e-1 ":                      {{Activation: "leaky_relu(slope=0.01)", Field: "loss", Bound: 0.5}},
		"leaky_relu(slope=0.01).step_seconds <= .01":    {{Activation: "leaky_relu(slope=0.01)", Field: "step_seconds", OrEqual: true, Bound: 0.01}},
		`"x*sigmoid(x)".diverged <= 0`:                  {{Activation: "x*sigmoid(x)", Field: "diverged", OrEqual: true}},
		"mish vs relu > -0.5pp":                         {{Activation: "mish", Against: "relu", Above: true, Bound: -0.005}},
		"'x*sigmoid(x)' vs ReLU >= +0 pp":               {{Activation: "x*sigmoid(x)", Against: "relu", Above: true, OrEqual: true}},
		"mish VS Baseline-File < -0.5pp IS regression":  {{Activation: "mish", BaselineFile: true, Bound: -0.005, Regression: true}},
		"mish vs relu>-1e-1pp and\nmish.accuracy >= 1%": {{Activation: "mish", Against: "relu", Above: true, Bound: -0.001}, {Activation: "mish", Field: "accuracy", Above: true, OrEqual: true, Bound: 0.01}},
		"'a and b'.accuracy < 1 is regression and mish.loss > 2": {
			{Activation: "a and b", Field: "accuracy", Bound: 1, Regression: true}, {Activation: "mish", Field: "loss", Above: true, Bound: 2}},
	} {
		g := gate(t, text)
		if g.Text != strings.TrimSpace(text) {
			t.Errorf("text is %q", g.Text)
		}
		for i, c := range g.Clauses {
			if !strings.Contains(text, c.Text) || c.Text != strings.TrimSpace(c.Text) {
				t.Errorf("text of a clause is %q in %q", c.Text, text)
			}
			g.Clauses[i].Text = ""
		}
		if diff := cmp.Diff(want, g.Clauses); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	g := gate(t, "mish vs baseline-file > 0pp and relu vs mish > 0pp")
	if !g.NeedsBaselineFile() || !slices.Equal(g.Activations(), []string{"mish", "relu"}) || gate(t, "mish.loss < 1").NeedsBaselineFile() {
		t.Errorf("gate wants %v", g.Activations())
	}
}

func TestParseRefuses(t *testing.T) {
	var names []string
	for _, f := range figures {
		names = append(names, f.name)
	}
	for _, c := range []struct{ text, want string }{
		{"", "column 1: unexpected end, want an activation: a name, or a formula in quotes"},
		{"mish", "column 5: unexpected end, want vs and an activation, or .accuracy (a formula stands in quotes)"},
		{"mish > 0.8", `column 6: unexpected ">", want vs and an activation, or .accuracy (a formula stands in quotes)`},
		{"x*sigmoid(x) vs relu > 0pp", `column 1: activation: "x" is unknown`},
		{"mish.acc > 0.8", `column 6: figure is "acc", want ` + strings.Join(names, ", ")},
		{"mish.accuracy = 0.8", `column 15: unexpected "=", want >, >=, < or <=`},
		{"mish.accuracy > 85", "column 17: bound is 85, want 0 to 1, or 0% to 100%"},
		{"mish.accuracy > 8pp", "column 17: bound is 8pp, want 0 to 1, or 0% to 100%"},
		{"mish.accuracy > -1%", "column 17: bound is -1%, want 0 to 1, or 0% to 100%"},
		{"mish.loss < 5%", "column 13: bound is 5%, want a number that is not negative, without a unit"},
		{"mish vs relu > -0.5", "column 16: bound is -0.5, want percentage points, as -0.5pp"},
		{"mish vs relu > -0.5%", "column 16: bound is -0.5%, want percentage points, as -0.5pp"},
		{"mish vs relu > 101pp", "column 16: bound is 101pp, want -100pp to 100pp"},
		{"mish vs relu > x", `column 16: unexpected "x", want a number`},
		{"mish vs relu > 1e999pp", `column 16: unexpected "1e999pp", want a number`},
		{"mish vs relu > NaNpp", `column 16: unexpected "NaNpp", want a number`},
		{"mish vs mish > 0pp", "column 9: mish is compared with itself, want another activation or baseline-file"},
		{"mish vs swash > 0pp", `column 9: activation: "swash" is unknown`},
		{"baseline-file vs mish > 0pp", "column 1: baseline-file stands after vs only, want an activation"},
		{"mish vs relu > 0pp is fine", `column 23: unexpected "fine", want regression`},
		{"mish vs relu > 0pp or mish.loss < 1", `column 20: unexpected "or", want and, or the end`},
		{"mish vs relu > 0pp and", "column 23: unexpected end, want an activation: a name, or a formula in quotes"},
		{`"mish vs relu > 0pp`, "column 1: quote is not closed"},
		{`"".loss > 0`, "column 1: name is empty, want an activation"},
		{"mish(a=(1) vs relu > 0pp", "column 5: parenthesis is not closed"},
		{"'é' vs relu > 0pp", `column 1: activation: "é" is unknown`},
	} {
		_, err := Parse(c.text, canonical)
		if err == nil || err.Error() != "gate: "+c.want {
			t.Errorf("%s: error is %v, want %s", c.text, err, c.want)
			continue
		}
		wrong, ok := errors.AsType[*Error](err)
		if !ok || !slices.Equal(fault.Hints(err), []string{wrong.Caret()}) || !strings.HasSuffix(wrong.Caret(), "\n"+strings.Repeat(" ", wrong.Column-1)+"^") {
			t.Errorf("%s: hints are %q", c.text, fault.Hints(err))
		}
	}
	for _, text := range []string{strings.Repeat("a", maxLength+1), "\xff"} {
		if _, err := Parse(text, nil); err == nil {
			t.Errorf("%.3q is taken", text)
		}
	}
}

// rowOf makes one of values, NaN for none, with what follows from them.
func rowOf(activation string, v ...float64) compare.Row {
	r := compare.Row{Activation: activation, Values: make([]*float64, len(v)), Loss: 0.4,
		Metrics:     map[string]number.Float{"train_loss": 0.25, "train_accuracy": 0.925},
		Predictions: make([]string, len(v)), Collapses: compare.Collapses{N: 0, Of: len(v), Low: new(0.0), High: new(0.63)},
		Health: map[string]*float64{"dead": new(0.04), "saturated": new(0.5), "gradient_ratio": new(0.02)}, Checkups: make([]*record.Checkup, len(v))}
	r.Step = &compare.Step{Blocks: 9, Seconds: 0.008, CI: &[2]float64{0.0078, 0.0082}, Ratio: new(1.1), RatioCI: &[2]float64{1.05, 1.15}}
	sum := 0.0
	for i, x := range v {
		if !math.IsNaN(x) {
			r.Checkups[i] = &record.Checkup{Dead: new(0.04), Saturated: new(0.5), GradientRatio: new(0.02)}
			r.Values[i] = &v[i]
			r.N++
			sum += x
		}
	}
	if r.N > 0 {
		r.Mean = new(sum / float64(r.N))
	}
	return r
}

// judged is a comparison over three seeds, for gates: at alpha 0.4, each of eight rows has an interval at 95 %. That of
// mish less relu is 1.00 ± 4.303·0.1/√3
// = 0.75 to 1.25 points (R: t.test(c(0.9, 1, 1.1))).
func judged() compare.Result {
	nan := math.NaN()
	gap, cold, cube := rowOf("gap", 0.9, nan, 0.9), rowOf("cold", 0.1, nan, nan), rowOf("cube", nan, nan, nan)
	cold.Diverged, cube.Diverged = []uint64{8, 9}, []uint64{7, 8, 9}
	cold.Loss, cold.Step = number.Float(nan), nil
	old, flat, zero := rowOf("old", 0.9, 0.9, 0.9), rowOf("flat", 0.9, 0.9, 0.9), rowOf("zero", 0.9, 0.9, 0.9)
	old.Step = &compare.Step{Seconds: 0.008}
	old.Health, old.Checkups, flat.Checkups[2], zero.Checkups[1].GradientRatio = nil, nil, nil, nil
	relu, guessing := rowOf("relu", 0.90, 0.91, 0.89), rowOf("guessing", 0.1, 0.1, 0.1)
	relu.Predictions = []string{"7", "8", "9"}
	guessing.AtChance, guessing.Collapses = []uint64{7, 8, 9}, compare.Collapses{N: 3, Of: 3, Low: new(0.37), High: new(1.0)}
	return compare.Result{
		Schema: compare.Schema, Metric: "accuracy", Baseline: "relu", Alpha: 0.4, Seeds: []uint64{7, 8, 9}, Data: compare.Data{Hash: "abc", Images: 10000, Classes: 10},
		Setup: compare.Setup{LRs: []float64{0.001}, Config: map[string]any{"train.epochs": 3, "train.epsilon": 1e-8}},
		Rows:  []compare.Row{relu, rowOf("mish", 0.909, 0.92, 0.901), gap, cold, cube, old, flat, zero, guessing},
	}
}

// withoutHealth is a baseline file of before there was health.
func withoutHealth() *compare.Result {
	r := before()
	for i := range r.Rows {
		r.Rows[i].Health, r.Rows[i].Checkups = nil, nil
	}
	return r
}

// before is a baseline file in which mish was better by 1.00 ± 0.25 points at the seeds in common.
func before() *compare.Result {
	r := judged()
	r.Seeds = []uint64{9, 7, 8}
	r.Rows = []compare.Row{rowOf("relu", 0.89, 0.90, 0.91), rowOf("mish", 0.912, 0.918, 0.93)}
	return &r
}

func TestJudge(t *testing.T) {
	other, metric, distant, retuned, more, same, few := before(), before(), before(), before(), before(), before(), before()
	other.Data.Hash, metric.Metric, distant.Seeds = "xyz", "loss", []uint64{9, 71, 81}
	retuned.Setup = compare.Setup{LRs: []float64{0.1}, Config: map[string]any{"train.epochs": 10, "train.epsilon": json.Number("1e-08")}}
	more.Seeds = []uint64{9, 7, 8, 1}
	more.Rows = []compare.Row{rowOf("mish", 0.912, 0.918, 0.93, 0.5)}
	same.Rows[0].Predictions = []string{"9", "7", "8"}
	few.Seeds, few.Rows = []uint64{9, 7}, []compare.Row{rowOf("mish", 0.912, 0.918)}
	for _, c := range []struct {
		gate string
		base *compare.Result
		want Status
		why  string
	}{
		{"mish.accuracy >= 0.91", nil, Passed, "mish.accuracy is 91.00 %, the mean of these 3 runs, want >= 91 %"},
		{"mish.accuracy > 91%", nil, Failed, "mish.accuracy is 91.00 %, the mean of these 3 runs, want > 91 %"},
		{"mish.accuracy < 0.92", nil, Passed, "want < 92 %"},
		{"mish.accuracy <= 0.909999", nil, Failed, "mish.accuracy is 91 %, the mean of these 3 runs, want <= 90.9999 %"},
		{"mish.accuracy <= 0.909", nil, Failed, "want <= 90.9 %"},
		{"mish.accuracy < 0.905 is regression", nil, Passed, "a regression if < 90.5 %"},
		{"mish.accuracy < 0.915 is regression", nil, Failed, "a regression if < 91.5 %"},
		{"mish.loss < 0.5", nil, Passed, "mish.loss is 0.4000, the mean of these 3 runs, want < 0.5"},
		{"mish.loss > 0.5", nil, Failed, "want > 0.5"},
		{"cold.loss < 0.5", nil, Failed, "cold.loss is NaN in the one run, want < 0.5"},
		{"cold.loss > 0.5 is regression", nil, Failed, "cold.loss is NaN"},
		{"mish.train_loss < 0.5", nil, Passed, "mish.train_loss is 0.25, the mean of these 3 runs, want < 0.5"},
		{"mish.train_loss > 0.5", nil, Failed, "want > 0.5"},
		{"mish.train_accuracy >= 93%", nil, Failed, "mish.train_accuracy is 92.50 %, the mean of these 3 runs, want >= 93 %"},
		{"mish.val_loss < 0.5", nil, Undecidable, "mish has no val_loss, want cells that measured it"},
		{"mish.dead <= 4%", nil, Passed, "mish.dead is 4.00 %, the median of these 3 runs, want <= 4 %"},
		{"mish.saturated < 50%", nil, Failed, "mish.saturated is 50.00 %, the median of these 3 runs, want < 50 %"},
		{"mish.gradient_ratio >= 0.01", nil, Passed, "mish.gradient_ratio is 0.02, the median of these 3 runs, want >= 0.01"},
		{"mish.gradient_ratio < 0.03 is regression", nil, Failed, "a regression if < 0.03"},
		{"cold.dead <= 5%", nil, Passed, "cold.dead is 4.00 % in the one run"},
		{"cube.dead <= 5%", nil, Undecidable, "cube diverged at every seed"},
		{"old.dead <= 5%", nil, Undecidable, "old has no dead at seeds 7-9, trained with --health=false or by an older version: train again"},
		{"flat.dead <= 5%", nil, Undecidable, "flat has no dead at seed 9, trained with --health=false or"},
		{"flat.gradient_ratio > 0", nil, Undecidable, "flat has no gradient_ratio at seed 9, trained with"},
		{"zero.gradient_ratio > 0", nil, Undecidable, "zero has no gradient_ratio at seed 8: what it is computed from is not finite, or is 0 in the last layer"},
		{"zero.dead <= 5%", nil, Passed, "zero.dead is 4.00 %"},
		{"mish.step_seconds < 0.01", nil, Passed, "mish.step_seconds is 0.008, 95 % CI 0.0078 to 0.0082 over 9 blocks, want all of it < 0.01"},
		{"mish.step_seconds < 0.007", nil, Failed, "want all of it < 0.007"},
		{"mish.step_seconds <= 0.0082", nil, Passed, ""},
		{"mish.step_seconds <= 0.0081", nil, Undecided, "want all of it <= 0.0081, and it is on both sides: a quieter machine narrows it"},
		{"mish.step_seconds < 0.0082", nil, Undecided, ""},
		{"mish.step_seconds < 0.0078", nil, Failed, ""},
		{"cold.step_seconds < 1", nil, Undecidable, "cold has no step time with an interval, want a comparison with --timing"},
		{"mish.step_ratio <= 1.2", nil, Passed, "mish.step_ratio is 1.1, 95 % CI 1.05 to 1.15 over 9 blocks, want all of it <= 1.2"},
		{"mish.step_ratio <= 1.1", nil, Undecided, ""},
		{"mish.step_ratio <= 1.04", nil, Failed, ""},
		{"mish.step_ratio >= 1.1 is regression", nil, Undecided, ""},
		{"mish.step_ratio >= 1.2 is regression", nil, Passed, ""},
		{"old.step_seconds < 1", nil, Undecidable, "old has no step time with an interval"},
		{"old.step_ratio < 1", nil, Undecidable, "old has no step time beside that of relu, want a comparison with --timing and this baseline"},
		{"mish.diverged <= 0", nil, Passed, "mish.diverged is 0, want <= 0"},
		{"cold.diverged <= 1", nil, Failed, "cold.diverged is 2, want <= 1"},
		{"gap.accuracy > 0.5", nil, Undecidable, "gap has no result at seed 8: run the same command again to make what is missing"},
		{"gap.diverged <= 0", nil, Undecidable, "gap has no result at seed 8"},
		{"cube.accuracy > 0.5", nil, Undecidable, "cube diverged at every seed and was left out: lower the learning rate, or count what it came to with --diverged last"},
		{"cube.loss < 1", nil, Undecidable, "cube diverged at every seed"},
		{"leaky-relu.accuracy > 0.5", nil, Undecidable, "leaky_relu(slope=0.01) is not among the activations of the comparison: add it to --activations"},

		{"mish vs relu > -0.5pp", nil, Passed, "mish is 1.00 points above relu, 95 % CI +0.75 to +1.25 over 3 seeds, want all of it > -0.50"},
		{"mish vs relu > 0.7pp", nil, Passed, "all of it > +0.70"},
		{"mish vs relu > 0.8pp", nil, Undecided, "all of it > +0.80, and it is on both sides: more seeds narrow it"},
		{"mish vs relu > 1.3pp", nil, Failed, "all of it > +1.30"},
		{"mish vs relu < 1.3pp", nil, Passed, "all of it < +1.30"},
		{"mish vs relu < 1.2pp", nil, Undecided, "all of it < +1.20"},
		{"mish vs relu < 0.7pp", nil, Failed, "all of it < +0.70"},
		{"relu vs mish < -0.7pp is regression", nil, Failed, "relu is 1.00 points below mish, 95 % CI -1.25 to -0.75 over 3 seeds, a regression if all of it < -0.70"},
		{"relu vs mish < -0.8pp is regression", nil, Undecided, "a regression if all of it < -0.80, and it is on both sides"},
		{"relu vs mish < -1.3pp is regression", nil, Passed, "a regression if all of it < -1.30"},
		{"relu vs mish > -0.8pp is regression", nil, Undecided, "all of it > -0.80"},
		{"relu vs mish > -1.3pp is regression", nil, Failed, "all of it > -1.30"},
		{"mish vs gap > 0pp", nil, Undecidable, "gap has no result at seed 8"},
		{"gap vs mish > 0pp", nil, Undecidable, "gap has no result at seed 8"},
		{"mish vs leaky-relu > 0pp", nil, Undecidable, "leaky_relu(slope=0.01) is not among"},
		{"mish vs cold > 0pp", nil, Undecidable, "at seeds 8,9 one side diverged and was left out: lower the learning rate"},
		{"mish vs cube > 0pp", nil, Undecidable, "at seeds 7-9 one side diverged"},

		{"mish vs baseline-file > -1.3pp", before(), Passed, `mish is 1.00 points below the baseline file, 95 % CI -1.25 to -0.75 over 3 seeds, want all of it > -1.30`},
		{"mish vs baseline-file > -0.5pp", before(), Failed, "all of it > -0.50"},
		{"mish vs baseline-file > -0.8pp", before(), Undecided, "all of it > -0.80, and it is on both sides"},
		{"mish vs baseline-file > -1.3pp", retuned, Undecidable, "baseline file: train.epochs is 3, was 10, train.lr is [0.001], was [0.1]: make the file anew with --format json with these settings, or compare all the same with --allow-different train.epochs,train.lr"},
		{"mish vs baseline-file > -1.3pp", more, Undecidable, "mish has no result at seed 1 of the baseline file: run --seeds 1,7-9, those of the file"},
		{"mish vs baseline-file < -0.5pp is regression", before(), Failed, "a regression if all of it < -0.50"},
		{"mish vs baseline-file < -0.8pp is regression", before(), Undecided, "a regression if all of it < -0.80"},
		{"mish vs baseline-file < -1.3pp is regression", before(), Passed, "a regression if all of it < -1.30"},
		{"relu vs baseline-file > -0.02pp", before(), Undecided, "relu is 0.00 points above the baseline file, 95 % CI -0.0248"}, // equal accuracies of other images
		{"relu vs baseline-file > -0.001pp", same, Passed, "relu is 0.00 points above the baseline file, 95 % CI +0 to +0 over 3 seeds, want all of it > -0.001"},
		{"guessing vs relu > -99pp", nil, Failed, "guessing is at chance at all of 3 common seeds: it has learnt nothing"},
		{"guessing vs relu < -0.5pp is regression", nil, Failed, "at chance at all of 3"},
		{"mish.collapses <= 10%", nil, Undecided, "mish.collapses is 0.00 %, 0 of 3 runs collapsed: of all runs 0.00 to 63.00 % do, want all of it <= 10 %, and it is on both sides: 9 runs without a collapse would hold it"},
		{"mish.collapses <= 65%", nil, Passed, "want all of it <= 65 %"},
		{"guessing.collapses <= 10%", nil, Failed, "3 of 3 runs collapsed"},
		{"mish vs baseline-file > -0.5pp", nil, Undecidable, "there is no baseline file: name one with --baseline-file"},
		{"mish vs baseline-file > -0.5pp", other, Undecidable, "baseline file: data is xyz of 10000 images and 10 classes, want abc of 10000 images and 10 classes, that of this comparison: make the file anew with --format json on these images"},
		{"mish vs baseline-file > -0.5pp", metric, Undecidable, "baseline file: metric is loss, want accuracy: make the file anew with --format json"},
		{"cold vs baseline-file > -0.5pp", before(), Undecidable, "baseline file: cold is not among its activations"},
		{"mish vs baseline-file > -0.5pp", distant, Undecidable, "mish has no result at seeds 71,81 of the baseline file: run --seeds 9,71,81, those of the file"},
		{"mish vs baseline-file > -0.5pp", few, Undecidable, "mish and the baseline file have 2 seeds in common, want at least 3: run --seeds 5 or more"},

		{"mish vs relu > -0.5pp and mish.accuracy >= 0.5 and relu.loss < 1", nil, Passed, "; mish.accuracy is 91.00 %"},
		{"mish vs gap > 0pp and mish.accuracy >= 0.5", nil, Undecidable, "gap has no result"},
		{"mish vs gap > 0pp and mish.accuracy >= 0.95 and mish.loss < 1", nil, Failed, "again to make what is missing; mish.accuracy is 91.00 %, the mean of these 3 runs, want >= 95 %"},
	} {
		o := Judge([]Gate{gate(t, c.gate)}, Evidence{Result: judged(), Baseline: c.base})[0]
		if o.Status != c.want || !strings.Contains(o.Reason, c.why) || o.Gate != c.gate {
			t.Errorf("%s: %s is %v: %s, want %v: %s", c.gate, o.Gate, o.Status, o.Reason, c.want, c.why)
		}
	}
}

// The interval of a difference from the comparison's baseline is that of the table, in every scope, whichever side the
// baseline is on and whatever other gates there are.
func TestIntervalIsTheTables(t *testing.T) {
	r, err := compare.ReadFile(filepath.Join("..", "compare", "testdata", "everything.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, scope := range compare.Generalizations {
		r.Generalize = scope
		for i, row := range r.Rows {
			d := row.Difference
			if d == nil || d.N < leastSeeds || r.Gap(row) != "" {
				continue
			}
			d.Scope = *d.Scopes[scope]
			for _, c := range []Clause{{Activation: row.Activation, Against: r.Baseline}, {Activation: r.Baseline, Against: row.Activation}} {
				p, err := Evidence{Result: r}.pairs(c)
				if err != nil {
					t.Fatal(err)
				}
				_, ci := Evidence{Result: r}.interval(p)
				if c.Against != r.Baseline {
					ci = [2]float64{-ci[1], -ci[0]}
				}
				if diff := cmp.Diff(*d.CI, ci, cmpopts.EquateApprox(1e-9, 1e-15)); diff != "" {
					t.Errorf("%s, row %d (-table +gate):\n%s", scope, i, diff)
				}
			}
		}
	}
}

// What is undecided may count as passed; what cannot be decided may not.
func TestUndecidedPass(t *testing.T) {
	e := Evidence{Result: judged(), UndecidedPass: true, AllowDifferent: []string{"train.lr"}}
	for text, want := range map[string]Status{"mish vs relu > 0.8pp": Passed, "mish vs gap > 0pp": Undecidable, "mish vs relu > 1.3pp": Failed} {
		if o := Judge([]Gate{gate(t, text)}, e)[0]; o.Status != want || (want == Passed) != strings.HasPrefix(o.Reason, "undecided, which counts as passed: ") {
			t.Errorf("%s: %v: %s, want %v", text, o.Status, o.Reason, want)
		}
	}
	e.Baseline = before()
	e.Baseline.Setup.LRs = []float64{0.1}
	if o := Judge([]Gate{gate(t, "mish vs baseline-file > -1.3pp")}, e)[0]; o.Status != Passed || !strings.HasSuffix(o.Reason, "(different, as allowed: train.lr is [0.001], was [0.1])") {
		t.Errorf("%v: %s", o.Status, o.Reason)
	}
}

func TestWorst(t *testing.T) {
	p, u, f, open := Outcome{Status: Passed}, Outcome{Status: Undecidable}, Outcome{Status: Failed}, Outcome{Status: Undecided}
	for _, c := range []struct {
		list []Outcome
		want Status
	}{{nil, Passed}, {[]Outcome{p, open, u}, Undecidable}, {[]Outcome{p, u, p}, Undecidable}, {[]Outcome{u, f, u}, Failed}, {[]Outcome{p}, Passed}} {
		if got := Worst(c.list); got != c.want {
			t.Errorf("worst of %v is %v, want %v", c.list, got, c.want)
		}
	}
}

// R: t.test(x, conf.level = 0.95) of differences in points.
func TestInterval(t *testing.T) {
	of := func(images int, differences ...float64) (mean, half float64) {
		e := Evidence{Result: compare.Result{Data: compare.Data{Images: images}}}
		mean, ci := e.interval(pairs{a: differences, b: make([]float64, len(differences)), level: 0.95})
		return mean, ci[1] - mean
	}
	mean, half := of(10000, 0.012, -0.003, 0.025, 0.007, 0.014)
	if want := 2.7764451051977987 * 0.010222524150129 / math.Sqrt(5); math.Abs(mean-0.011) > 1e-12 || math.Abs(half-want) > 1e-9 {
		t.Errorf("interval is %v ± %v, want 0.011 ± %v", mean, half, want)
	}
	// The same at every seed, but not 0: as if one image apart.
	if _, half := of(500, 0.01, 0.01); math.Abs(half-12.706204736*0.002/math.Sqrt2) > 1e-9 {
		t.Errorf("half of the interval is %v", half)
	}
	if mean, half := of(500, 0, 0); mean != 0 || math.Abs(half-12.706204736*0.002/math.Sqrt2) > 1e-9 { // other images may be right
		t.Errorf("interval is %v ± %v, want 0 ± one image's", mean, half)
	}
}

// Whatever the values: exchanged sides and a turned sign say the same, and so do seeds in another order.
func TestJudgeProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		r := compare.Result{Metric: "accuracy", Alpha: 0.05, Baseline: "relu", Data: compare.Data{Images: 1000, Classes: 10}}
		n := leastSeeds + random.IntN(6)
		a, b := make([]float64, n), make([]float64, n)
		for i := range n {
			r.Seeds = append(r.Seeds, uint64(i))
			a[i], b[i] = math.Round(1000*random.Float64())/1000, math.Round(1000*random.Float64())/1000
		}
		r.Rows = []compare.Row{rowOf("relu", a...), rowOf("mish", b...)}
		bound := 100*random.Float64() - 50
		one := Judge([]Gate{gate(t, fmt.Sprintf("mish vs relu > %.6fpp", bound))}, Evidence{Result: r})[0]
		two := Judge([]Gate{gate(t, fmt.Sprintf("relu vs mish < %.6fpp", -bound))}, Evidence{Result: r})[0]
		if one.Status != two.Status {
			t.Errorf("%s: %v, but %s: %v", one.Reason, one.Status, two.Reason, two.Status)
		}
		must := Judge([]Gate{gate(t, fmt.Sprintf("mish vs relu > %.6fpp is regression", bound))}, Evidence{Result: r})[0]
		if (must.Status == Failed) != (one.Status == Passed) || (must.Status == Undecided) != (one.Status == Undecided) {
			t.Errorf("%s: %v, %s: %v", must.Gate, must.Status, one.Gate, one.Status)
		}
		order := random.Perm(n)
		s := r
		s.Seeds = make([]uint64, n)
		c, d := make([]float64, n), make([]float64, n)
		for i, k := range order {
			s.Seeds[i], c[i], d[i] = r.Seeds[k], a[k], b[k]
		}
		s.Rows = []compare.Row{rowOf("relu", c...), rowOf("mish", d...)}
		if again := Judge([]Gate{gate(t, one.Gate)}, Evidence{Result: s})[0]; again.Status != one.Status || again.Reason != one.Reason {
			t.Errorf("seeds in order %v: %s, want %s", order, again.Reason, one.Reason)
		}
		// The same values as a baseline file decide the same.
		file := r
		file.Rows = []compare.Row{rowOf("mish", a...)}
		if from := Judge([]Gate{gate(t, fmt.Sprintf("mish vs baseline-file > %.6fpp", bound))}, Evidence{Result: s, Baseline: &file})[0]; from.Status != one.Status {
			t.Errorf("%s: %v, from a file %v", one.Reason, one.Status, from.Status)
		}
	}
}

func TestSelfTest(t *testing.T) {
	for _, c := range []struct {
		gate          string
		base          *compare.Result
		fires, silent bool
		why           string
	}{
		{"mish vs relu > -2pp", nil, true, true, "fires at -2.36 points, silent at the unchanged values of relu"},
		{"mish vs relu > -0.1pp", nil, true, true, "noise as large as here leaves it undecided: the interval is ±0.35 points, more than the 0.10 allowed: use more seeds"},
		{"mish vs relu > 0.2pp", nil, true, true, "silent at a gain of"},
		{"mish vs relu < 2pp", nil, false, true, "does not fire at"},
		{"mish vs relu < -0.5pp is regression", nil, true, true, "fires at -0.86 points, silent at the unchanged values of relu"},
		{"mish vs relu > -0.5pp is regression", nil, false, false, "does not fire at"},
		{"mish vs baseline-file < -0.5pp is regression", before(), true, true, "silent at the unchanged values of the baseline file"},
		{"mish vs baseline-file > -0.5pp", before(), true, true, "fires at"},
		{"mish vs baseline-file > -0.5pp", nil, false, false, "there is no baseline file"},
		{"mish vs relu > -99.9pp", nil, false, true, "does not fire at"}, // no accuracy is so low
		{"mish.accuracy >= 0.85", nil, true, true, "fires at 84.99 %, silent at the values as they are"},
		{"mish.accuracy >= 0.925", before(), true, false, "fires at 92.49 %, not silent at the unchanged values of the baseline file (mish.accuracy is 92.00 %"},
		{"mish.accuracy >= 0", nil, false, true, "does not fire at 0.33 %"}, // of three values that fall alike one is left
		{"mish.accuracy < 0.85", nil, false, false, "does not fire at 84.99 %"},
		{"mish.loss < 0.5", nil, true, true, "fires at a loss of 0.5050, silent"},
		{"mish.loss > 0.5", nil, false, false, "does not fire"},
		{"mish.step_seconds < 0.01", nil, true, true, "fires at 0.0101 s"},
		{"mish.train_loss < 0.5", nil, true, true, "fires at train_loss 0.505"},
		{"mish.train_accuracy > 0.5", nil, true, true, "fires at train_accuracy 0.495"},
		{"mish.train_loss > 0.5 is regression", nil, true, true, "fires at train_loss 0.505"},
		{"mish.train_accuracy <= 100%", nil, false, true, "does not fire at train_accuracy 1"}, // no share is larger
		{"mish.dead <= 5%", nil, true, true, "fires at dead 0.050501, silent at the values as they are"},
		{"mish.dead <= 5%", before(), true, true, "silent at the unchanged values of the baseline file"},
		{"mish.dead <= 5%", withoutHealth(), true, true, "silent at the values as they are"},
		{"mish.dead <= 3%", nil, true, false, "not silent at the values as they are (mish.dead is 4.00 %"},
		{"mish.dead <= 100%", nil, false, true, "does not fire at dead 1 ("},
		{"mish.saturated > 60% is regression", nil, true, true, "fires at saturated 0.606001"},
		{"mish.gradient_ratio >= 0.01", nil, true, true, "fires at gradient_ratio 0.00989999"},
		{"mish.gradient_ratio >= 0", nil, false, true, "does not fire at gradient_ratio 0"},
		{"old.dead <= 5%", nil, false, false, "old has no dead"},
		{"mish.diverged <= 0", nil, true, true, "fires at divergence at all of 3 seeds"},
		{"mish.diverged <= 3", nil, false, true, "does not fire at divergence"},
		{"mish vs gap > 0pp", nil, false, false, "gap has no result at seed 8"},
		{"mish vs relu > -2pp and mish.loss < 0.5", nil, true, true, "; fires at a loss"},
		{"mish vs relu > -2pp and mish.loss < 0.3", nil, true, false, "not silent at the values as they are"},
		{"mish vs relu > -2pp and mish.diverged <= 3", nil, false, true, "does not fire"},
	} {
		p := SelfTest([]Gate{gate(t, c.gate)}, Evidence{Result: judged(), Baseline: c.base})[0]
		if p.Fires != c.fires || p.Silent != c.silent || !strings.Contains(p.Reason, c.why) || p.Works() != (c.fires && c.silent) {
			t.Errorf("%s: fires %v, silent %v: %s, want %v, %v: %s", c.gate, p.Fires, p.Silent, p.Reason, c.fires, c.silent, c.why)
		}
	}
}

// SelfTest leaves what it is given as it was.
func TestSelfTestChangesNothing(t *testing.T) {
	r, b := judged(), before()
	SelfTest([]Gate{gate(t, "mish vs relu > -2pp and mish.loss < 0.5 and mish.diverged <= 0 and mish.accuracy > 0.3 and mish vs baseline-file > 0pp")}, Evidence{Result: r, Baseline: b})
	losses := cmp.Transformer("text", func(f number.Float) string { return f.String() }) // NaN is not NaN
	for got, want := range map[*compare.Result]compare.Result{&r: judged(), b: *before()} {
		if diff := cmp.Diff(want, *got, losses); diff != "" {
			t.Errorf("a result is changed (-want +got):\n%s", diff)
		}
	}
}

// FuzzParse wants an error with a place in the text, or a gate whose clauses read again are the same, and
// which can be judged.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"mish.accuracy >= 0.85", "mish.accuracy>85%", "mish vs relu > -0.5pp", "mish vs baseline-file < -0.5pp is regression and relu.loss < 1e-3",
		`"x*sigmoid(x)" vs relu > 0pp`, "leaky_relu(slope=(0.01)).diverged <= 0", "relu.dead <= 5%", "é vs", "'é", "a vs b > 1pp and"} {
		f.Add(text)
	}
	asItIs := func(spec string) (string, error) { return spec, nil }
	f.Fuzz(func(t *testing.T, text string) {
		g, err := Parse(text, asItIs)
		if fault, ok := errors.AsType[*Error](err); ok && (fault.Column < 1 || fault.Column > len(text)+1) {
			t.Fatalf("column is %d of %q", fault.Column, text)
		}
		if err != nil {
			return
		}
		for _, c := range g.Clauses {
			again, err := Parse(c.Text, asItIs)
			if err != nil || len(again.Clauses) != 1 || again.Clauses[0] != c {
				t.Fatalf("clause %q is %+v, %v, want %+v", c.Text, again, err, c)
			}
		}
		r := judged()
		for _, name := range g.Activations() {
			if _, ok := r.Row(name); !ok {
				r.Rows = append(r.Rows, rowOf(name, 0.5, 0.6, 0.7))
			}
		}
		Judge([]Gate{g}, Evidence{Result: r, Baseline: &r})
		SelfTest([]Gate{g}, Evidence{Result: r, Baseline: &r})
	})
}
