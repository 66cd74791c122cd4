package compare

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// inSettings are comparisons of relu, mish and exp: of the numbers of images that mish has right at the seeds in each
// setting, relu having always the same, and exp collapsing where there is a second list.
func inSettings(t *testing.T, mish ...[]int) []Setting {
	t.Helper()
	var settings []Setting
	for i, correct := range mish {
		o := Defaults()
		o.Baseline, o.Seeds, o.Setup, o.Family = "relu", []uint64{0, 1, 2, 3, 4}, madeUpSetup, Family(3, len(mish))
		o.Activations = []string{"relu", "mish", "exp"}
		o.Data = Data{fmt.Sprint("images", i), 10_000, 10}
		exp := outcome{"exp", 0.001, 5, 0, []int{9115, 9121, 9090, 9133, 9111}}
		if i > 0 {
			exp.correct = []int{9115, 9121, 1000, -9133, 9111}
		}
		r, err := Compare(madeUp([]float64{0.001}, outcome{"relu", 0.001, 5, 0, outcomes[0].correct}, outcome{"mish", 0.001, 5, 0, correct}, exp), o)
		if err != nil {
			t.Fatal(err)
		}
		settings = append(settings, Setting{fmt.Sprintf("norm=%d", i), r})
	}
	return settings
}

var mishBetter, mishEqual = outcomes[2].correct, []int{9020, 9030, 9000, 9030, 9015}

// For x <- c(86,98,100,94,97), y <- c(5,9,10,-3,4), the differences of mish to relu in images, R 4.2.2 has
// t.test(x, y, paired=TRUE)$p.value = 4.4553242804985843e-06.
func TestAcross(t *testing.T) {
	a := NewAcross(inSettings(t, mishBetter, mishEqual))
	mish := a.Rows[0]
	if v := mish.Verdicts; v[Better] != 1 || v[Equivalent] != 1 || len(v) != 2 {
		t.Errorf("verdicts of mish are %v", v)
	}
	const p = 4.4553242804985843e-06
	if math.Abs(*mish.P-p) > 1e-10*p || math.Abs(*mish.PAdjusted-2*p) > 1e-10*p {
		t.Errorf("interaction p is %v, adjusted %v, want %v and twice that", *mish.P, *mish.PAdjusted, p)
	}
	for i, want := range []string{"mish is better in norm=0, equivalent in norm=1; interaction p = 8.9e-06",
		"exp is better in norm=0, undecided in norm=1; interaction p = 0.37"} {
		if got := a.Rows[i].Sentence; got != want {
			t.Errorf("sentence is %q, want %q", got, want)
		}
	}
	for _, s := range a.Settings {
		if got := s.difference("mish").Level; got != 1-0.05/4 || s.Result.Level(5) != got {
			t.Errorf("level in %s is %v, want that of four comparisons", s.Name, got)
		}
	}
	if a.DataSets != nil || mish.PDataSets != nil {
		t.Error("two data sets have a summary")
	}
	three := NewAcross(inSettings(t, mishBetter, mishEqual, mishBetter))
	if got, want := three.Rows[0].Sentence, "mish is better in norm=0 and norm=2, equivalent in norm=1; interaction p = 2.7e-05"; got != want {
		t.Errorf("sentence is %q, want %q", got, want)
	}
	if one := NewAcross(inSettings(t, mishBetter)); one.Rows[0].P != nil || one.Rows[0].Sentence != "mish is better in norm=0" {
		t.Errorf("of one setting it is %+v", one.Rows[0])
	}
}

// An activation that is better where it trains is told so, and one without cells is not compared.
func TestAcrossWords(t *testing.T) {
	settings := inSettings(t, mishBetter, mishBetter, mishBetter, mishBetter)
	for i := range settings {
		settings[i].Result.Rows[1].Collapses.N = 1
	}
	settings[3].Result.Rows[2].Difference = nil
	a := NewAcross(settings)
	if got := a.Rows[0].Sentence; got != "mish is better when it trains in all 4 settings; interaction p = 1" {
		t.Errorf("sentence is %q", got)
	}
	if got := a.Rows[1].Sentence; !strings.HasPrefix(got, "exp is better in norm=0, undecided in norm=1 and norm=2, not compared in norm=3; ") {
		t.Errorf("sentence is %q", got)
	}
}

func TestDataSets(t *testing.T) {
	settings := inSettings(t, mishBetter, mishBetter, mishBetter, mishBetter, mishBetter)
	a := NewAcross(settings)
	d := a.DataSets
	// The ranks sum to 9, 14 and 7, for which the tables of Friedman's test have 5.2 and 0.093.
	if d == nil || d.N != 5 || d.LeastPairs != 0.0625 || math.Abs(d.Least-1./1296) > 1e-15 || math.Abs(d.P-121./1296) > 1e-12 || d.Statistic != 5.2 {
		t.Fatalf("summary is %+v", d)
	}
	if p := a.Rows[0].PDataSets; *p != 0.125 { // twice the least, by Holm's method
		t.Errorf("p of mish is %v, want 0.125", *p)
	}
	// Settings of one data set are one observation, and a data set that lacks an activation is none.
	settings[4].Result.Data.Hash = settings[3].Result.Data.Hash
	if NewAcross(settings).DataSets != nil {
		t.Error("four data sets have a summary")
	}
	settings[4].Result.Data.Hash = "other"
	settings[4].Result.Rows[2].Mean = nil
	if NewAcross(settings).DataSets != nil {
		t.Error("four complete data sets have a summary")
	}
}

func TestAcrossJSON(t *testing.T) {
	for _, a := range []Across{NewAcross(inSettings(t, mishBetter, mishEqual)), {Settings: []Setting{{Result: plain(t)}}}} {
		var b bytes.Buffer
		if err := WriteAcross(&b, a); err != nil {
			t.Fatal(err)
		}
		got, err := ParseAcross(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(a, got, sameResult); diff != "" {
			t.Errorf("read back (-want +got):\n%s", diff)
		}
		if r, is := a.Plain(); is && !bytes.Equal(b.Bytes(), written(t, r)) {
			t.Error("one setting without a name is not written as its result")
		}
	}
	var b bytes.Buffer
	if err := WriteAcross(&b, NewAcross(inSettings(t, mishBetter, mishEqual))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"schema": 1`, `"schema": 9`, "2: schema is 9, want 1"},
		{`"setting": "norm=1"`, `"setting": "norm=0"`, `settings[1].setting is "norm=0", want a name, each once`},
		{`"alpha": 0.05`, `"alpha": 5`, "settings[0].result.alpha is 5"},
		{`"schema": 2`, `"schema": 1`, "settings[0].result.schema is 1, want 2"},
		{`"interaction_p": `, `"interaction_p": 7`, "rows[0].interaction_p is 7"},
		{`"sentence"`, `"sentience"`, "sentience"},
	} {
		broken := strings.Replace(b.String(), c.old, c.new, 1)
		if _, err := ParseAcross([]byte(broken)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %s", c.new, err, c.want)
		}
	}
	if _, err := ParseAcross([]byte(`{"settings": []}`)); err == nil {
		t.Error("no setting is no error")
	}
}

// The order in which cells are given decides nothing, nor does that of the settings but for the order of what is said.
func TestAcrossOrder(t *testing.T) {
	settings := inSettings(t, mishBetter, mishEqual, mishBetter)
	a := NewAcross(slices.Clone(settings))
	slices.Reverse(settings)
	b := NewAcross(settings)
	for i := range a.Rows {
		if *a.Rows[i].PAdjusted != *b.Rows[i].PAdjusted {
			t.Errorf("p of %s is %v, then %v", a.Rows[i].Activation, *a.Rows[i].PAdjusted, *b.Rows[i].PAdjusted)
		}
	}
}
