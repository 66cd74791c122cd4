package compare

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"actfn/internal/hint"
	"actfn/internal/number"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func ptr[T any](v T) *T { return &v }

// values are accuracies; NaN stands for none.
func values(v ...float64) []*float64 {
	list := make([]*float64, len(v))
	for i, x := range v {
		if !math.IsNaN(x) {
			list[i] = ptr(x)
		}
	}
	return list
}

// everything is a comparison made by hand in which everything happens that can happen to a row. Its figures agree
// with each other as far as a reader can see.
func everything() Result {
	const gone = "\x1b[31mred\x1b[0m"
	nan := math.NaN()
	scope := func(se, low, high, p, holm, equivalent float64, v Verdict) Scope {
		return Scope{&se, ptr(4.0), &[2]float64{low, high}, &p, &holm, &equivalent, v}
	}
	difference := func(mean, std, better float64, s Scope) *Difference {
		return &Difference{N: 5, Mean: mean, Std: std, Scope: s, PSignFlip: ptr(0.0625), DZ: ptr(0.8 * mean / std),
			PBetter: &better, Scopes: map[string]*Scope{OverSeeds: &s}}
	}
	unresolved := difference(0.0012, 0.0031, 0.79, scope(0.0014, -0.0050, 0.0074, 0.43, 0.86, 0.31, Inconclusive))
	unresolved.SeedsNeeded = ptr(67)
	return Result{
		Schema: Schema, Metric: "accuracy", Baseline: "relu", Alpha: 0.05, Rope: 0.005, Generalize: OverSeeds,
		Seeds: []uint64{0, 1, 2, 3, 4},
		Data:  Data{"5d1f0c2e9a1bffee", 10000, 10},
		Setup: Setup{"v1.2.3", "avx2", map[string]any{"train.epochs": 3, "train.optimizer": "adam", "model.filters": []any{64}}},
		Rows: []Row{
			{Activation: "relu", N: 5, Values: values(0.9015, 0.9021, 0.8990, 0.9033, 0.9011), Mean: ptr(0.9014), CI: &[2]float64{0.8994, 0.9034},
				Std: ptr(0.0016), StepSeconds: ptr(0.00666), Parameters: 3215882, Loss: 0.2711, LR: &Tuned{0.001, []float64{0.0003, 0.001, 0.003}, 0.001, ptr(0.9014)}},
			{Activation: "leaky_relu(slope=0.01)", N: 5, Values: values(0.9026, 0.9030, 0.9011, 0.9040, 0.9025), Mean: ptr(0.90264), CI: &[2]float64{0.9013, 0.9040},
				Std: ptr(0.0011), Difference: difference(0.00124, 0.0006, 0.995, scope(0.00027, 0.0002, 0.0023, 0.01, 0.02, 0.001, Equivalent)),
				StepSeconds: ptr(0.00669), Parameters: 3215882, Loss: 0.2704, LR: &Tuned{0.001, []float64{0.0003, 0.001, 0.003}, 0.001, ptr(0.90264)}},
			{Activation: "mish", N: 5, Values: values(0.9101, 0.9119, 0.9095, 0.9127, 0.9108), Mean: ptr(0.9110), CI: &[2]float64{0.9095, 0.9125},
				Std: ptr(0.0012), Difference: difference(0.0096, 0.0008, 0.9998, scope(0.00036, 0.0074, 0.0118, 0.00001, 0.00006, 0.9993, Better)),
				StepSeconds: ptr(0.00871), Parameters: 3215882, Loss: 0.2499, LR: &Tuned{0.003, []float64{0.0003, 0.001, 0.003}, 0.001, ptr(0.9068)}},
			{Activation: "x*sigmoid(1.5*x)", N: 5, Values: values(0.9044, 0.9000, 0.9035, 0.9020, 0.9031), Mean: ptr(0.9026), CI: &[2]float64{0.9004, 0.9048},
				Std: ptr(0.0017), Difference: unresolved, StepSeconds: ptr(0.0101), Parameters: 3215882, Loss: 0.2650},
			{Activation: `where(x < 0, "|"*x, x)`, N: 4, Values: values(0.8911, 0.8920, nan, 0.8932, 0.8905), Mean: ptr(0.8917), CI: &[2]float64{0.8898, 0.8936},
				Std: ptr(0.0012), Difference: &Difference{N: 4, Mean: -0.0103, Std: 0.0003, Scope: scope(0.00015, -0.0117, -0.0089, 0.00001, 0.00005, 0.9995, Worse),
					Scopes: map[string]*Scope{}}, StepSeconds: ptr(0.0132), Parameters: 3215890, Loss: 0.3010},
			{Activation: "sigmoid", N: 5, AtChance: []uint64{0, 1, 2, 3, 4}, Values: values(0.1, 0.1, 0.1, 0.1, 0.1), Mean: ptr(0.1), CI: &[2]float64{0.0999, 0.1001},
				Std: ptr(0.0), Difference: difference(-0.8014, 0.0016, 0.0000001, scope(0.0007, -0.806, -0.797, 1e-12, 6e-12, 1, Worse)),
				StepSeconds: ptr(0.0069), Parameters: 3215882, Loss: 2.3031},
			{Activation: "exp", N: 5, Values: values(0.8711, 0.1, 0.8745, 0.8702, 0.1), Mean: ptr(0.56316), CI: &[2]float64{0.0370, 1.0893},
				Std: ptr(0.4239), Difference: difference(-0.33824, 0.424, 0.07, scope(0.19, -1.2, 0.53, 0.15, 0.44, 0.95, Inconclusive)),
				Parameters: 3215882, Loss: number.Float(nan), Diverged: []uint64{1, 4}, AtChance: []uint64{1, 4}},
			{Activation: "cube", N: 0, Values: values(nan, nan, nan, nan, nan), Parameters: 3215882, Loss: number.Float(nan), Diverged: []uint64{0, 1, 2, 3, 4}},
			{Activation: "one_seed", N: 1, Values: values(nan, nan, 0.9017, nan, nan), Mean: ptr(0.9017),
				Difference: &Difference{N: 1, Mean: 0.0027, Scope: Scope{Verdict: Inconclusive}}, Parameters: 3215882, Loss: 0.27},
			{Activation: gone, Values: values(nan, nan, nan, nan, nan), Parameters: 3215882, Loss: number.Float(nan)},
		},
		MDE:  &MDE{0.0081, 0.8, 5},
		Luck: ptr(0.0021),
		Warnings: []Warning{
			{"few_seeds", "", "5 seeds: with fewer than 6 no exact test can reach 0.05"},
			{"significant_but_small", "leaky_relu(slope=0.01)", "the difference is not luck (p = 0.020), but it is within the margin of 0.50 points"},
			{"chance_level", "exp", "exp is no better than guessing, 10.00 %, at 2 of 5 seeds (1, 4)"},
			{"diverged", "exp", "exp diverged at 2 of 5 seeds (1, 4): counted with the weights after the last finite epoch"},
			{"parameters", `where(x < 0, "|"*x, x)`, "it has 8 parameters more than relu"},
		},
	}
}

// plain is what most comparisons are: few rows, no surprises.
func plain() Result {
	r := everything()
	r.Rows = slices.Clone(r.Rows[:4])
	for i := range r.Rows {
		r.Rows[i].LR = nil
	}
	r.Warnings = nil
	return r
}

func outcomes() []Outcome {
	return []Outcome{
		{Gate: "mish vs relu > -0.5pp", Reason: "mish is +0.96 points off relu, 95 % CI +0.86 to +1.06 over 5 seeds, want all of it > -0.50"},
		{Gate: `"x | y".accuracy >= 85%`, Status: Failed, Reason: "x | y.accuracy is 84.00 %, the mean of 5 seeds, want >= 85 %"},
		{Gate: "cube.loss < 1", Status: Undecidable, Reason: "cube diverged at every seed and was left out"},
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
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
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func written(t *testing.T, r Result, format string, gates ...Outcome) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteJudged(&b, r, gates, format); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for _, format := range Formats {
		golden(t, "everything."+format, written(t, everything(), format, outcomes()...))
		golden(t, "plain."+format, written(t, plain(), format))
	}
}

func TestWriteRefusesFormat(t *testing.T) {
	var b bytes.Buffer
	err := Write(&b, plain(), "jsn")
	if err == nil || err.Error() != `format: name is "jsn", want table, md, csv, json, junit` || b.Len() != 0 {
		t.Errorf("error is %v after %q", err, b.String())
	}
	if hints := hint.Of(err); !slices.Equal(hints, []string{"did you mean json?"}) {
		t.Errorf("hints are %q", hints)
	}
}

// A row's place in the Result changes nothing that a table says of it.
func TestOrderOfRowsIsOfNoConcern(t *testing.T) {
	r := plain()
	slices.Reverse(r.Rows)
	for _, format := range []string{"table", "md", "junit"} {
		if got, want := written(t, r, format), written(t, plain(), format); !bytes.Equal(got, want) {
			t.Errorf("%s of the rows reversed is\n%s, want\n%s", format, got, want)
		}
	}
}

// Odd names leave every format whole: no control character, as many columns as before, XML that parses.
func TestOddNames(t *testing.T) {
	for _, name := range []string{"a|b", "`", "``|``", "a\nb", "\x00\x1b]0;x\x07", "\xff\xfe", "<b>&\"'", "]]>", " ", "x\u202ey", "\ufffe", `\|`, "=cmd()", "a,b\"c"} {
		r := plain()
		r.Rows[2].Activation = name
		r.Warnings = []Warning{{"w", name, name}}
		gate := Outcome{Gate: name, Status: Failed, Reason: name}
		for _, format := range []string{"table", "md", "junit"} {
			text := written(t, r, format, gate)
			if i := bytes.IndexFunc(text, func(c rune) bool { return c < ' ' && c != '\n' || c == utf8.RuneError || c == 0x7f || c == 0x202e }); i >= 0 {
				t.Errorf("%q in %s: character %q", name, format, text[i])
			}
		}
		if got, want := bars(written(t, r, "md")), bars(written(t, plain(), "md")); !slices.Equal(got, want) {
			t.Errorf("%q: bars are %v, want %v", name, got, want)
		}
		d := xml.NewDecoder(bytes.NewReader(written(t, r, "junit", gate)))
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
	lines := strings.Split(string(written(t, plain(), "table")), "\n")
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
		if text := string(written(t, everything(), format)); !strings.Contains(text, "worse, AT CHANCE") || !strings.Contains(text, "2 of 5 AT CHANCE") {
			t.Errorf("%s does not say what collapsed:\n%s", format, text)
		}
	}
}

func TestFiguresInWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{pointsText(-0.00001), "+0.00"}, {pointsText(0.00424), "+0.42"}, {pointsText(-0.0042), "-0.42"},
		{halfWidth(0.5, [2]float64{0.4, 0.6}), "±10.00"}, {halfWidth(0, [2]float64{-0.00201, 0.00201}), "±0.21"}, {halfWidth(0.9, [2]float64{0.9, 0.9}), "±0.00"},
		{probability(0.0004, 3), "<0.001"}, {probability(0.9996, 3), ">0.999"}, {probability(1, 3), "1.000"}, {probability(0.0496, 3), "0.050"}, {probability(0, 2), "<0.01"},
		{confidence(0.05), "95"}, {confidence(0.001), "99.9"}, {confidence(0.05 / 3), "98.33333333"},
		{duration(0.00666), "6.66 ms"}, {duration(12.345), "12.3 s"}, {duration(0.0000123), "12.3 µs"}, {duration(0), "0 µs"},
		{seedList([]uint64{4, 0, 1, 2, 9, 10}), "0-2,4,9,10"}, {seedsText([]uint64{7}), "seed 7"}, {seedList(nil), ""},
		{seedList([]uint64{math.MaxUint64, math.MaxUint64 - 1, 0}), "0,18446744073709551614,18446744073709551615"},
		{superscript([]int{1, 23}), "¹ ²³"},
		{code("a"), "`a`"}, {code("a`b|c"), "`` a`b\\|c ``"}, {escaped("a_b|c<d>"), `a\_b\|c\<d\>`},
	} {
		if c.got != c.want {
			t.Errorf("text is %q, want %q", c.got, c.want)
		}
	}
}
