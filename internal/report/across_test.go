package report

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"actfn/internal/compare"
	"actfn/internal/gate"
)

// across is the plain comparison in settings with these names. In each after the first, mish is as much worse as it was
// better, and one seed of relu is at chance.
func across(t *testing.T, names ...string) compare.Across {
	var settings []compare.Setting
	for i, name := range names {
		r := result(t, "plain")
		r.Data.Hash = fmt.Sprint(i)
		if i > 0 {
			r.Rows[0].AtChance = []uint64{2}
			row := &r.Rows[2]
			mean := *r.Rows[0].Mean - row.Difference.Mean
			row.Mean = &mean
			row.Difference.Mean, row.Difference.CI = -row.Difference.Mean, &[2]float64{-row.Difference.CI[1], -row.Difference.CI[0]}
			row.Difference.Verdict = compare.Worse
			for k, v := range row.Values {
				*v = 2**r.Rows[0].Values[k] - *v
			}
		}
		settings = append(settings, compare.Setting{Name: name, Result: r})
	}
	return compare.NewAcross(settings)
}

func writtenAcross(t *testing.T, a compare.Across, format string, gates []gate.Outcome, columns ...string) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteAcross(&b, a, gates, format, columns...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAcrossGolden(t *testing.T) {
	for _, format := range []string{"table", "md", "csv", "junit"} {
		text := writtenAcross(t, across(t, "norm=none", "norm=batch"), format, outcomes())
		golden(t, filepath.Join("testdata", "across."+format), []byte(text))
	}
}

// A table is as wide as a terminal: settings are rows or columns, or share the rows with activations.
func TestAcrossLayout(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string // the beginning of the second line
	}{
		{[]string{"norm=none"}, "relu %"},
		{[]string{"norm=none", "norm=batch"}, "relu %"},
		{[]string{"network=plain,norm=none", "network=plain,norm=batch", "network=resnet,norm=none,head=average", "network=resnet,head=average"}, "  relu %"},
	} {
		a := across(t, c.names...)
		lines := acrossTable(a)
		for _, l := range lines {
			if utf8.RuneCountInString(l) > widest {
				t.Errorf("line of %d characters: %s", utf8.RuneCountInString(l), l)
			}
		}
		text := strings.Join(lines, "\n")
		for _, want := range append(c.names, "mish", "x*sigmoid(1.5*x)") {
			if !strings.Contains(text, want) {
				t.Errorf("table lacks %s:\n%s", want, text)
			}
		}
		if !strings.HasPrefix(lines[1], c.want) {
			t.Errorf("the second line does not begin with %q:\n%s", c.want, text)
		}
	}
}

func TestAcrossDataSets(t *testing.T) {
	text := writtenAcross(t, across(t, "data=a", "data=b", "data=c", "data=d", "data=e"), "table", nil)
	for _, want := range []string{"over 5 data sets, one observation each: activations differ in rank with p = ", "the least p that one test can give is 0.0625"} {
		if !strings.Contains(text, want) {
			t.Errorf("text lacks %q:\n%s", want, text)
		}
	}
}

// Columns that are added have a table of each setting, in CSV a column.
func TestAcrossColumns(t *testing.T) {
	a := across(t, "norm=none", "norm=batch")
	for format, want := range map[string]string{"table": "in norm=batch:", "md": "In `norm=batch`:", "csv": "setting,activation"} {
		text := writtenAcross(t, a, format, nil, "health")
		if !strings.Contains(text, want) || !strings.Contains(text, "dead") || strings.Contains(writtenAcross(t, a, format, nil), "dead") {
			t.Errorf("%s:\n%s", format, text)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(writtenAcross(t, a, "csv", nil))).ReadAll()
	if err != nil || len(rows) != 9 || rows[0][0] != "setting" || rows[1][0] != "norm=none" || rows[8][0] != "norm=batch" {
		t.Errorf("rows are %v, %v", rows, err)
	}
	var suites junitSuites
	if err := xml.Unmarshal([]byte(writtenAcross(t, a, "junit", outcomes())), &suites); err != nil || len(suites.Suites) != 3 || suites.Suites[0].Tests != 6 {
		t.Errorf("%d suites, %v", len(suites.Suites), err)
	}
	var b bytes.Buffer
	if WriteAcross(&b, a, nil, "xlsx") == nil || WriteAcross(&b, a, nil, "table", "heath") == nil {
		t.Error("an unknown format or column is no error")
	}
}

// A comparison in one setting without a name is written as ever.
func TestAcrossPlain(t *testing.T) {
	a := compare.Across{Settings: []compare.Setting{{Result: result(t, "plain")}}}
	for _, format := range Formats {
		if got := writtenAcross(t, a, format, outcomes()); got != string(written(t, result(t, "plain"), format, outcomes()...)) {
			t.Errorf("%s:\n%s", format, got)
		}
	}
}
