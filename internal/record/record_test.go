package record_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"actfn/internal/number"
	"actfn/internal/record"
)

// sameNumbers takes NaN for equal to NaN, and −0 for different from 0.
var sameNumbers = cmp.Comparer(func(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
})

// sameFigures is the same for number.Float.
var sameFigures = cmp.Comparer(func(a, b number.Float) bool { return cmp.Equal(float64(a), float64(b), sameNumbers) })

// numbers are hard to write: many digits, the ends of the range, and what JSON has not.
var numbers = []float64{0, math.Copysign(0, -1), 1, 2.5, 0.1, 1.0 / 3, 0.9117, 1e-7, 1e21, 123456789.123,
	math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1)}

func epochs() []record.Epoch {
	list := make([]record.Epoch, len(numbers))
	for i, v := range numbers {
		list[i] = record.Epoch{N: i + 1, Values: map[*record.Metric]float64{}}
		for _, m := range record.Metrics {
			if i%2 == 1 || !m.Optional {
				list[i].Values[m] = v
				if m.Unit == "%" && v > 1 {
					list[i].Values[m] = 1 / v
				}
			}
		}
	}
	return list
}

func run() record.Run {
	return record.Run{
		Run: "runs/é <1>", Epochs: epochs(), Test: &record.Test{Loss: number.Float(math.NaN()), Accuracy: 0.1, Images: 500, Correct: 50},
		Activation: "leaky_relu(slope=0.01)", Parameters: 3214666, Seed: math.MaxUint64, Kernel: "generic",
		Stopped: &record.Stopped{
			Reason: record.LossNotFinite, Epoch: 3, BestEpoch: 2, TestedEpoch: 2, Weights: record.BestFile,
		},
	}
}

func TestTested(t *testing.T) {
	for want, s := range map[string]record.Stopped{
		"the initial weights":              {Reason: record.AllEpochs},
		"the weights of epoch 3, the last": {Reason: record.AllEpochs, Epoch: 3, TestedEpoch: 3},
		"the weights of epoch 1, which has the lowest validation loss": {
			Reason: record.NoPatience, Epoch: 3, BestEpoch: 1, TestedEpoch: 1,
		},
		"the weights of epoch 2, the last that ended with a finite loss": {
			Reason: record.LossNotFinite, Epoch: 3, TestedEpoch: 2,
		},
	} {
		if got := s.Tested(); got != want {
			t.Errorf("%+v: tested are %q, want %q", s, got, want)
		}
	}
}

func wantNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if diff := cmp.Diff(want, names, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestSummaryRoundTrip(t *testing.T) {
	dir := t.TempDir()
	full := run()
	bare := record.Run{Run: "r", Activation: "relu"}
	for _, want := range []record.Run{full, bare} {
		if err := record.WriteSummary(dir, want); err != nil {
			t.Fatal(err)
		}
		wantNames(t, dir, record.SummaryFile)
		got, err := record.ReadSummary(dir)
		if err != nil {
			t.Fatal(err)
		}
		want.Schema = record.Schema
		if diff := cmp.Diff(want, got, sameNumbers, sameFigures, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("run (-want +got):\n%s", diff)
		}
	}
}

func TestMetricsRoundTrip(t *testing.T) {
	dir := t.TempDir()
	for _, want := range [][]record.Epoch{epochs(), nil} {
		if err := record.WriteMetrics(dir, want); err != nil {
			t.Fatal(err)
		}
		wantNames(t, dir, record.MetricsCSVFile, record.MetricsFile)
		got, err := record.ReadMetrics(dir)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, sameNumbers, sameFigures, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("epochs (-want +got):\n%s", diff)
		}
	}
}

// TestText holds the files' form, which other programs read.
func TestText(t *testing.T) {
	dir := t.TempDir()
	list := []record.Epoch{
		{N: 1, Values: map[*record.Metric]float64{
			record.LR: 0.001, record.TrainLoss: 0.5, record.TrainAccuracy: 0.75, record.ValLoss: 1e-7, record.ValAccuracy: 1,
			record.ImagesPerSecond: 4321.5, record.WallSeconds: 2,
		}},
		{N: 2, Values: map[*record.Metric]float64{
			record.LR: 1e-05, record.TrainLoss: math.NaN(), record.TrainAccuracy: 0.1,
			record.ImagesPerSecond: math.Inf(1), record.WallSeconds: 3,
		}},
	}
	if err := record.WriteMetrics(dir, list); err != nil {
		t.Fatal(err)
	}
	r := record.Run{Run: "runs/<1>", Epochs: list[1:1], Test: &record.Test{Loss: 0.25, Accuracy: 0.5, Images: 4, Correct: 2},
		Activation: "relu", Parameters: 7, Seed: 1, Kernel: "generic"}
	if err := record.WriteSummary(dir, r); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		record.MetricsFile: `{"epoch":1,"lr":0.001,"train_loss":0.5,"train_accuracy":0.75,"val_loss":1e-7,"val_accuracy":1,"images_per_second":4321.5,"wall_seconds":2}
{"epoch":2,"lr":0.00001,"train_loss":"NaN","train_accuracy":0.1,"images_per_second":"Infinity","wall_seconds":3}
`,
		record.MetricsCSVFile: `epoch,lr,train_loss,train_accuracy,val_loss,val_accuracy,images_per_second,wall_seconds
1,0.001,0.5,0.75,1e-7,1,4321.5,2
2,0.00001,NaN,0.1,,,Infinity,3
`,
		record.SummaryFile: `{
  "schema": 1,
  "run": "runs/\u003c1\u003e",
  "epochs": [],
  "test": {
    "loss": 0.25,
    "accuracy": 0.5,
    "images": 4,
    "correct": 2
  },
  "activation": "relu",
  "parameters": 7,
  "seed": 1,
  "kernel": "generic"
}
`,
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestCSVKeepsEveryBit reads the columns back as another program would.
func TestCSVKeepsEveryBit(t *testing.T) {
	dir := t.TempDir()
	want := epochs()
	if err := record.WriteMetrics(dir, want); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, record.MetricsCSVFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 1+len(want) {
		t.Fatalf("%d rows (%v), want %d", len(rows), err, 1+len(want))
	}
	for i, e := range want {
		row := rows[1+i]
		for column, m := range record.Metrics {
			cell := row[1+column]
			v, ok := e.Values[m]
			if !ok {
				if cell != "" {
					t.Errorf("row %d: %s is %q, want nothing", i, m, cell)
				}
				continue
			}
			got, err := strconv.ParseFloat(cell, 64)
			if err != nil || !cmp.Equal(got, v, sameNumbers) {
				t.Errorf("row %d: %s is %q (%v), want %v", i, m, cell, err, v)
			}
		}
	}
}

// encoding/json by itself gives and takes the same text, as `--json` needs it.
func TestPlainJSON(t *testing.T) {
	want := run()
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got record.Run
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, sameNumbers, sameFigures); diff != "" {
		t.Errorf("run (-want +got):\n%s", diff)
	}
	var generic any // valid for a reader that has never heard of us
	if err := json.Unmarshal(b, &generic); err != nil {
		t.Error(err)
	}
	stale := record.Epoch{Values: map[*record.Metric]float64{record.ValLoss: 3}}
	if err := json.Unmarshal([]byte(`{"epoch":1,"lr":0,"train_loss":0,"train_accuracy":0,"images_per_second":0,"wall_seconds":0}`), &stale); err != nil || len(stale.Values) != len(epochs()[0].Values) {
		t.Errorf("decoding into a used epoch leaves %v (%v)", stale, err)
	}
}

func TestReadSummaryRefuses(t *testing.T) {
	dir := t.TempDir()
	first, second := epochs()[0], epochs()[2] // without what is optional
	second.N = 2
	if err := record.WriteSummary(dir, record.Run{Run: "r", Epochs: []record.Epoch{first, second}, Test: &record.Test{Accuracy: 0.5, Images: 4, Correct: 2}, Activation: "relu"}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, record.SummaryFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	for _, c := range []struct{ old, new, want string }{
		{`"run"`, `"Run"`, `:3: unknown key "Run"`},
		{`"run": "r"`, `"run": "r", "color": 1`, `:3: unknown key "color"`},
		{`"lr"`, `"rl"`, `:7: unknown key "epochs[0].rl"`},
		{`"run": "r",`, ``, `:32: run is missing`},
		{`      "lr": 0,` + "\n", ``, `:11: epochs[0].lr is missing`},
		{`"run": "r"`, `"run": "r", "run": "s"`, `:3: run is given twice, want once`},
		{`"run": "r"`, `"run": null`, `:3: run is null, want text`},
		{`"lr": 0`, `"lr": null`, `:7: epochs[0].lr is null, want a number, "NaN", "Infinity" or "-Infinity"`},
		{`"lr": 0`, `"lr": "nan"`, `:7: epochs[0].lr is "nan", want a number`},
		{`"lr": 0`, `"lr": 1e999`, `:7: epochs[0].lr is 1e999, want a number`},
		{`"lr": 0`, `"lr": true`, `:7: epochs[0].lr is true, want a number`},
		{`"lr": 0`, `"lr": NaN`, `:7: invalid character 'N'`},
		{`"epoch": 2`, `"epoch": 3`, `: epochs[1].epoch is 3, want 2`},
		{`"epoch": 2`, `"epoch": 2.0`, `:14: epochs[1].epoch is 2.0, want an integer`},
		{`"seed": 0`, `"seed": -1`, `:30: seed is -1, want an unsigned integer of 64 bits`},
		{`"seed": 0`, `"seed": 18446744073709551616`, `:30: seed is 18446744073709551616, want`},
		{`"seed": 0`, `"seed": "1"`, `:30: seed is "1", want`},
		{`"epochs": [`, `"epochs": {`, `:4: epochs is an object, want a list`},
		{`"test": {`, `"test": 5, "x": {`, `:22: test is 5, want an object`},
		{`"correct": 2`, `"correct": 5`, `: test.correct is 5, want 0 to 4, the images`},
		{`"correct": 2`, `"correct": -1`, `: test.correct is -1, want 0 to 4`},
		{`"images": 4`, `"images": 0`, `: test.images is 0, want at least 1`},
		{`"accuracy": 0.5`, `"accuracy": 0.75`, `: test.accuracy is 0.75, want 0.5, the share of the images`},
		{`"loss": 0,`, `"loss": -1,`, `: test.loss is -1, want at least 0`},
		{`"lr": 0`, `"lr": -0.5`, `: epochs[0].lr is -0.5, want at least 0`},
		{`"wall_seconds": 0`, `"wall_seconds": "-Infinity"`, `: epochs[0].wall_seconds is -Inf, want at least 0`},
		{`"train_accuracy": 0`, `"train_accuracy": 2`, `: epochs[0].train_accuracy is 2, want 0 to 1`},
		{`"seed": 0,`, `"seed": 0, "step_seconds": -3,`, `: step_seconds is -3, want at least 0`},
		{`"schema": 1,`, `"schema": 2, "new": [],`, `:2: schema is 2, want 1, that of this version`},
		{`"schema": 1,`, `"schema": "1",`, `:2: schema is "1", want an integer`},
		{`"schema": 1,`, ``, `:32: schema is missing`},
		{"\"\"\n}\n", "\"\"\n}\n{}", `:33: something follows the JSON object`},
		{"\"\"\n}\n", "\"\"\n", `:31: unexpected EOF`},
		{`"r"`, "\"\xff\"", `:3: text is not UTF-8`},
		{good, "", `:1: unexpected EOF`},
		{good, "null", `:1: is null, want an object`},
		{good, "[]", `:1: is a list, want an object`},
	} {
		changed := strings.Replace(good, c.old, c.new, 1)
		if changed == good {
			t.Fatalf("summary has no %q:\n%s", c.old, good)
		}
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := record.ReadSummary(dir)
		if err == nil || !strings.HasPrefix(err.Error(), path+c.want) {
			t.Errorf("%q for %q: error is %v, want %s", c.new, c.old, err, c.want)
		}
		if !cmp.Equal(r, record.Run{}) {
			t.Errorf("%q for %q: a refused summary is returned", c.new, c.old)
		}
	}
}

func TestReadMetricsRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := record.WriteMetrics(dir, epochs()[:3]); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, record.MetricsFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(strings.Lines(string(b)))
	for _, c := range []struct{ text, want string }{
		{lines[0] + lines[2], `:2: epoch is 3, want 2`},
		{lines[0] + lines[0], `:2: epoch is 1, want 2`},
		{lines[0] + "\n" + lines[1], `:2: unexpected EOF`},
		{lines[0] + lines[1][:40] + "\n", `:2: unexpected EOF`},
		{lines[0] + strings.TrimSpace(lines[1]) + lines[2], `:2: something follows the JSON object`},
		{lines[0] + strings.Replace(lines[1], "lr", "Lr", 1), `:2: unknown key "Lr"`},
		{strings.Replace(lines[0], `"lr":0,`, "", 1), `:1: lr is missing`},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := record.ReadMetrics(dir); err == nil || !strings.HasPrefix(err.Error(), path+c.want) {
			t.Errorf("error is %v, want %s", err, c.want)
		}
	}
	// What an editor may have changed without harm: line ends, and the last one left out.
	if err := os.WriteFile(path, []byte(strings.TrimSuffix(strings.ReplaceAll(string(b), "\n", "\r\n"), "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := record.ReadMetrics(dir); err != nil || len(got) != 3 {
		t.Errorf("%d epochs (%v), want 3", len(got), err)
	}
}

func TestWritersRefuseWhatReadersWould(t *testing.T) {
	dir := t.TempDir()
	for name, err := range map[string]error{
		"metrics.jsonl: epoch is 2, want 1":           record.WriteMetrics(dir, epochs()[1:]),
		"summary.json: epochs[0].epoch is 2, want 1":  record.WriteSummary(dir, record.Run{Epochs: epochs()[1:]}),
		"summary.json: test.images is 0, want at lea": record.WriteSummary(dir, record.Run{Test: &record.Test{}}),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error is %v, want %s", err, name)
		}
	}
	wantNames(t, dir)
}

func TestMissingFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	_, summary := record.ReadSummary(dir)
	_, metrics := record.ReadMetrics(dir)
	for _, err := range []error{summary, metrics, record.WriteSummary(dir, record.Run{}), record.WriteMetrics(dir, nil)} {
		if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), dir) || strings.Count(err.Error(), dir) != 1 {
			t.Errorf("error is %v, want one that is fs.ErrNotExist and names the file once", err)
		}
	}
}
