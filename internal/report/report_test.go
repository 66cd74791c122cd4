package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"actfn/internal/compare"
	"actfn/internal/fault"
	"actfn/internal/gate"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// result reads a comparison of those that the tests of package compare make: "everything", in which everything
// happens that can happen to a row, and "plain", as most are.
func result(t *testing.T, name string) compare.Result {
	t.Helper()
	r, err := compare.ReadFile(filepath.Join(fixtures, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const fixtures = "../compare/testdata"

func outcomes() []gate.Outcome {
	return []gate.Outcome{
		{Gate: "mish vs relu > -0.5pp", Reason: "mish is 0.96 points above relu, 95 % CI +0.86 to +1.06 over 5 seeds, want all of it > -0.50"},
		{Gate: `"x | y".accuracy >= 85%`, Status: gate.Failed, Reason: "x | y.accuracy is 84.00 %, the mean of 5 seeds, want >= 85 %"},
		{Gate: "cube.loss < 1", Status: gate.Undecidable, Reason: "cube diverged at every seed and was left out"},
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func written(t *testing.T, r compare.Result, format string, outcomes ...gate.Outcome) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r, outcomes, format); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for _, format := range Formats {
		dir := "testdata"
		if format == "json" {
			dir = fixtures // as it was read
		}
		golden(t, filepath.Join(dir, "everything."+format), written(t, result(t, "everything"), format, outcomes()...))
		golden(t, filepath.Join(dir, "plain."+format), written(t, result(t, "plain"), format))
		if format != "json" {
			var b bytes.Buffer
			if err := Write(&b, result(t, "everything"), nil, format, "health"); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(dir, "health."+format), b.Bytes())
		}
	}
}

func TestWriteRefusesFormat(t *testing.T) {
	var b bytes.Buffer
	err := Write(&b, result(t, "plain"), nil, "jsn")
	if err == nil || err.Error() != `format: name is "jsn", want table, md, csv, json, junit` || b.Len() != 0 {
		t.Errorf("error is %v after %q", err, b.String())
	}
	if hints := fault.Hints(err); !slices.Equal(hints, []string{"did you mean json?"}) {
		t.Errorf("hints are %q", hints)
	}
	err = Write(&b, result(t, "plain"), nil, "csv", "health", "heath")
	if err == nil || err.Error() != `columns: name is "heath", want health` || b.Len() != 0 {
		t.Errorf("error is %v after %q", err, b.String())
	}
}

// A row's place in the Result changes nothing that a table says of it.
func TestOrderOfRowsIsOfNoConcern(t *testing.T) {
	r := result(t, "plain")
	slices.Reverse(r.Rows)
	for _, format := range []string{"table", "md", "junit"} {
		if got, want := written(t, r, format), written(t, result(t, "plain"), format); !bytes.Equal(got, want) {
			t.Errorf("%s of the rows reversed is\n%s, want\n%s", format, got, want)
		}
	}
}

// Odd names leave every format whole: no control character, as many columns as before, XML that parses.
func TestOddNames(t *testing.T) {
	for _, name := range []string{"a|b", "`", "``|``", "a\nb", "\x00\x1b]0;x\x07", "\xff\xfe", "<b>&\"'", "]]>", " ", "x\u202ey", "\ufffe", `\|`, "=cmd()", "a,b\"c"} {
		r := result(t, "plain")
		r.Rows[2].Activation = name
		r.Warnings = []compare.Warning{{Code: "w", Activation: name, Text: name}}
		judged := gate.Outcome{Gate: name, Status: gate.Failed, Reason: name}
		for _, format := range []string{"table", "md", "junit"} {
			text := written(t, r, format, judged)
			if i := bytes.IndexFunc(text, func(c rune) bool { return c < ' ' && c != '\n' || c == utf8.RuneError || c == 0x7f || c == 0x202e }); i >= 0 {
				t.Errorf("%q in %s: character %q", name, format, text[i])
			}
		}
		if got, want := bars(written(t, r, "md")), bars(written(t, result(t, "plain"), "md")); !slices.Equal(got, want) {
			t.Errorf("%q: bars are %v, want %v", name, got, want)
		}
		d := xml.NewDecoder(bytes.NewReader(written(t, r, "junit", judged)))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%q: %v", name, err)
				break
			}
		}
		rows, err := csv.NewReader(bytes.NewReader(written(t, r, "csv"))).ReadAll()
		if err != nil || len(rows) != 5 || rows[3][0] != name {
			t.Errorf("%q: CSV is %q, %v", name, rows, err)
		}
	}
}

// bars counts the unescaped | of each line that begins with one.
func bars(markdown []byte) []int {
	var counts []int
	for line := range strings.Lines(string(markdown)) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		n := 0
		for i := range line {
			if line[i] == '|' && (i == 0 || line[i-1] != '\\') {
				n++
			}
		}
		counts = append(counts, n)
	}
	return counts
}

// The columns begin and end where they do in every line.
func TestColumnsAreAligned(t *testing.T) {
	lines := strings.Split(string(written(t, result(t, "plain"), "table")), "\n")
	at := strings.Index(lines[2], "verdict")
	for _, line := range lines[4:8] {
		runes := []rune(line)
		if runes[at-1] != ' ' || runes[at] == ' ' {
			t.Errorf("%q has no verdict at %d", line, at)
		}
	}
	for _, line := range lines {
		if strings.HasSuffix(line, " ") {
			t.Errorf("%q ends in a space", line)
		}
	}
}

func TestCollapseIsPlain(t *testing.T) {
	for _, format := range []string{"table", "md", "junit"} {
		if text := string(written(t, result(t, "everything"), format)); !strings.Contains(text, "worse, AT CHANCE") || !strings.Contains(text, "2 of 4 AT CHANCE") {
			t.Errorf("%s does not say what collapsed:\n%s", format, text)
		}
	}
}

func TestFiguresInWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{halfWidth(0.5, &[2]float64{0.4, 0.6}), " ±10.00"}, {halfWidth(0, &[2]float64{-0.00201, 0.00201}), " ±0.21"},
		{halfWidth(0.9, &[2]float64{0.9, 0.9}), " ±0.00"}, {halfWidth(0.5, &[2]float64{0.49, 0.53}), " ±3.00"}, {halfWidth(0.5, nil), ""},
		{probability(new(0.0004), 3), "<0.001"}, {probability(new(0.9996), 3), ">0.999"}, {probability(new(1.0), 3), "1.000"},
		{probability(new(0.0496), 3), "0.050"}, {probability(new(0.0), 2), "<0.01"}, {probability(nil, 2), "~"},
		{duration(0.00666), "6.66 ms"}, {duration(12.345), "12.3 s"}, {duration(0.0000123), "12.3 µs"}, {duration(0), "0 µs"},
		{superscript(1, 23), "¹ ²³"},
		{code("a"), "`a`"}, {code("a`b|c"), "`` a`b\\|c ``"}, {escaped("a_b|c<d>"), `a\_b\|c\<d\>`},
	} {
		if c.got != c.want {
			t.Errorf("text is %q, want %q", c.got, c.want)
		}
	}
}

// FuzzWrite wants every format to show whatever Result can be read.
func FuzzWrite(f *testing.F) {
	everything, err := compare.ReadFile(filepath.Join(fixtures, "everything.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, i := range []int{2, 6} { // one row and its baseline, in one line: the fuzzer is slow with more
		r := everything
		r.Rows = []compare.Row{r.Rows[0], r.Rows[i]}
		text, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := compare.Parse(text)
		if err != nil {
			return
		}
		for _, format := range Formats {
			written(t, r, format, outcomes()...)
		}
	})
}

func TestMethods(t *testing.T) {
	for _, name := range []string{"everything", "plain"} {
		var b bytes.Buffer
		if err := Methods(&b, result(t, name)); err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", name+".methods"), b.Bytes())
	}
}

// What few runs show of a row that collapses at times is not called better without a reserve, whichever side it is on.
func TestBetterWhenItTrains(t *testing.T) {
	for _, i := range []int{0, 2} { // the baseline, and a row that is better
		r := result(t, "plain")
		r.Rows[i].Collapses.N = 1
		if text := string(written(t, r, "table")); !strings.Contains(text, "better when it trains") || !strings.Contains(text, "1/5 ≤46%") {
			t.Errorf("row %d collapsed once:\n%s", i, text)
		}
	}
	if text := string(written(t, result(t, "plain"), "table")); strings.Contains(text, "when it trains") || !strings.Contains(text, "of all runs of a row, up to 46 % may") {
		t.Errorf("no row collapsed:\n%s", text)
	}
}

func TestNothingIsDetectable(t *testing.T) {
	r := result(t, "plain")
	r.MDE.Difference = 2.45
	if text := string(written(t, r, "table")); !strings.Contains(text, "\ndetectable: no difference, at 5 seeds\n") {
		t.Errorf("245 points are told as detectable:\n%s", text)
	}
}
