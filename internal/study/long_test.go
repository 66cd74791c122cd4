package study

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/record"
)

// readCells reads CSV by name of column.
func readCells(t *testing.T, text []byte) (header []string, rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, fields := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = fields[i]
		}
		rows = append(rows, row)
	}
	return all[0], rows
}

// sameFloat wants a field to read back to the bits of v.
func sameFloat(t *testing.T, field string, v float64) {
	t.Helper()
	got, err := strconv.ParseFloat(field, 64)
	if err != nil || math.Float64bits(got) != math.Float64bits(v) && !(math.IsNaN(got) && math.IsNaN(v)) {
		t.Errorf("%q reads back as %v, %v, want %v", field, got, err, v)
	}
}

// Two rates, of which one diverges at once, and a cell that is missing: the folder's file says what the runs and the
// result say.
func TestCellsFile(t *testing.T) {
	p, images := comparison(t, func(p *Plan) {
		p.Activations, p.LRs = []string{"relu", "conv1=tanh, fc1=softplus(beta=2)", "-x^3"}, []float64{0.01, 1e30}
		p.Config.Data.ValSplit, p.Config.Train.Optimizer, p.Config.Train.GradientNorm = 0.3, "sgd", true
	})
	dir := t.TempDir()
	cells := p.Cells()
	if err := makeCells(t, p, images, dir, 2, 0, cells[:len(cells)-1]); err != nil {
		t.Fatal(err)
	}
	claim := Claim{Options: compare.Defaults()}
	claim.Baseline, claim.Timing = "relu", true
	if err := claim.Save(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, CellsFile))
	if err != nil {
		t.Fatal(err)
	}
	result, err := compare.ReadFile(filepath.Join(dir, ResultFile))
	if err != nil {
		t.Fatal(err)
	}
	_, rows := readCells(t, text)
	states := map[string]int{}
	for _, c := range cells {
		own := slices.DeleteFunc(slices.Clone(rows), func(row map[string]string) bool {
			return row["folder"] != "cells/"+c.ID
		})
		if len(own) == 0 {
			t.Fatalf("cell %s has no row", c.ID)
		}
		judged, _ := result.Row(c.Activation)
		for _, row := range own {
			sameFloat(t, row["train.lr"], c.LR)
			if row["activation"] != c.Activation || row["seed"] != fmt.Sprint(c.Seed) ||
				(row["chosen"] == "TRUE") != (judged.LR.Chosen == c.LR) || row["state"] != own[0]["state"] {
				t.Errorf("row is %v, want %s at seed %d, judged at lr %g", row, c.Activation, c.Seed, judged.LR.Chosen)
			}
		}
		states[own[0]["state"]]++
		if !c.Done(dir) {
			figures := own[0]["epoch"] + own[0]["train_loss"] + own[0]["test_accuracy"]
			if len(own) != 1 || own[0]["state"] != "missing" || figures != "" {
				t.Errorf("rows of a missing cell are %v, want one without figures", own)
			}
			continue
		}
		run, err := record.ReadSummary(c.Folder(dir))
		if err != nil {
			t.Fatal(err)
		}
		if run.Stopped.TestedEpoch == 0 {
			run.Epochs = slices.Insert(run.Epochs, 0, record.Epoch{})
		}
		if len(own) != len(run.Epochs) || (run.Diverged != nil) != (own[0]["state"] == "diverged") {
			t.Fatalf("cell has %d rows of state %s, want %d, diverged: %v",
				len(own), own[0]["state"], len(run.Epochs), run.Diverged)
		}
		for i, e := range run.Epochs {
			row := own[i]
			for _, m := range record.Metrics {
				if v, ok := e.Values[m]; ok {
					sameFloat(t, row[m.Name], v)
				} else if row[m.Name] != "" {
					t.Errorf("%s is %s in an epoch without it", m, row[m.Name])
				}
			}
			if row["epoch"] != fmt.Sprint(e.N) || (row["tested"] == "TRUE") != (e.N == run.Stopped.TestedEpoch) {
				t.Errorf("row is %v, want epoch %d where epoch %d is tested", row, e.N, run.Stopped.TestedEpoch)
			}
			if e.N != run.Stopped.TestedEpoch {
				if row["test_accuracy"]+row["test_loss"]+row["dead"]+row["step_seconds"] != "" {
					t.Errorf("epoch %d has figures of the test, want them in the tested one alone: %v", e.N, row)
				}
				continue
			}
			sameFloat(t, row["test_accuracy"], run.Test.Accuracy)
			sameFloat(t, row["test_loss"], float64(run.Test.Loss))
			sameFloat(t, row["dead"], *run.Health.Dead)
			if row["test_correct"]+"/"+row["test_images"] != fmt.Sprintf("%d/%d", run.Test.Correct, run.Test.Images) {
				t.Errorf("test is %s of %s, want %+v", row["test_correct"], row["test_images"], *run.Test)
			}
		}
	}
	if states["missing"] != 1 || states["diverged"] == 0 || states["done"] == 0 {
		t.Errorf("states are %v, want all three", states)
	}
	// The mean over the rows that have a figure is that of the runs.
	for _, judged := range result.Rows {
		sum, n, chance := 0.0, 0, 0
		for _, row := range rows {
			if row["activation"] == judged.Activation && row["chosen"] == "TRUE" && row["test_accuracy"] != "" {
				v, _ := strconv.ParseFloat(row["test_accuracy"], 64)
				sum, n = sum+v, n+1
				if row["at_chance"] == "TRUE" {
					chance++
				}
			}
		}
		if n != judged.N || chance != len(judged.AtChance) || math.Abs(sum/float64(n)-*judged.Mean) > 1e-12 {
			t.Errorf("%s has the mean %g of %d runs, %d at chance, want %g of %d, %d", judged.Activation,
				sum/float64(n), n, chance, *judged.Mean, judged.N, len(judged.AtChance))
		}
	}

	// Without times, other jobs give the same bytes.
	claim.Timing = false
	var bytesOf [2]bytes.Buffer
	for i, at := range []string{dir, t.TempDir()} {
		if err := errors.Join(makeCells(t, p, images, at, 1+i, 0, cells), claim.Save(at)); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(at, CellsFile))
		if err != nil {
			t.Fatal(err)
		}
		bytesOf[i].Write(text)
	}
	if bytesOf[0].String() != bytesOf[1].String() {
		t.Errorf("files of equal results differ:\n%s\n%s", &bytesOf[0], &bytesOf[1])
	}
}

// Every setting that the cells differ in has a column, in the order of the keys.
func TestVariedSettings(t *testing.T) {
	p := Plan{Activations: []string{"relu", "tanh"}, Seeds: []uint64{1, 2}, LRs: []float64{1}}
	cells := p.Cells()
	if got := varied(cells); !slices.Equal(got, []string{"train.lr"}) {
		t.Errorf("settings are %v, want the learning rate", got)
	}
	cells[1].Config.Model.Norm, cells[3].Config.Train.BatchSize = "batch", 7
	got := varied(cells)
	if !slices.Equal(got, []string{"model.norm", "train.batch_size", "train.lr"}) {
		t.Errorf("settings are %v, want those that differ and the learning rate", got)
	}
	for _, c := range columns(got, true) {
		if c.name == "model.norm" && text(c.value(entry{Cell: cells[1]})) != "batch" {
			t.Errorf("%s is %v, want batch", c.name, c.value(entry{Cell: cells[1]}))
		}
	}
}

// FuzzCells wants what is written to read back the same: names of activations with commas, quotes and lines, every
// number.
func FuzzCells(f *testing.F) {
	for _, name := range []string{"relu", "conv1=relu, fc1=tanh", `"quoted"; a=0.5!`, "-x", "=1+1", " x\n", ""} {
		f.Add(name, uint64(math.MaxUint64), 1e-8, math.Inf(1), math.NaN())
	}
	f.Add("x", uint64(0), 5e-324, math.MaxFloat64, math.Copysign(0, -1))
	f.Fuzz(func(t *testing.T, activation string, seed uint64, lr, loss, accuracy float64) {
		if strings.Contains(activation, "\r") { // encoding/csv reads \r\n as \n; no name has either
			t.Skip()
		}
		p := Plan{Activations: []string{activation}, Seeds: []uint64{seed}, LRs: []float64{lr}, Classes: 2}
		c := p.Cells()[0]
		values := map[*record.Metric]float64{record.TrainLoss: loss, record.TrainAccuracy: accuracy}
		done := []compare.Cell{{ID: c.ID, Predictions: record.Predictions{Labels: []int{0}}, Run: record.Run{
			Epochs: []record.Epoch{{N: 1, Values: values}}, Test: &record.Test{Images: 1, Accuracy: accuracy}, StepSeconds: loss,
		}}}
		var b bytes.Buffer
		claim := Claim{Options: compare.Defaults()}
		if err := claim.WriteCells(&b, p, done, compare.Result{}); err != nil {
			t.Fatal(err)
		}
		_, rows := readCells(t, b.Bytes())
		if len(rows) != 1 || rows[0]["activation"] != activation || rows[0]["seed"] != strconv.FormatUint(seed, 10) {
			t.Fatalf("rows are %q, want one of %q at seed %d", rows, activation, seed)
		}
		sameFloat(t, rows[0]["train.lr"], lr)
		sameFloat(t, rows[0]["train_loss"], loss)
		sameFloat(t, rows[0]["train_accuracy"], accuracy)
		sameFloat(t, rows[0]["test_accuracy"], accuracy)
	})
}

// Spreadsheets run such fields. No activation has such a name: one that begins with a sign is a formula of x.
func TestNamesAreNoCommands(t *testing.T) {
	for _, spec := range []string{"=x", "@x", "=cmd|' /C calc'!A0", "x\t=1", "-x+cmd|' /C calc'!A0", `+HYPERLINK("x")`} {
		if name, err := canonical(spec, config.Default().Model); err == nil {
			t.Errorf("%q is an activation, %q", spec, name)
		}
	}
}

const (
	dataPage   = "../../docs/data.md"
	cellsStart = "<!-- columns: go test ./internal/study -run TestDataPage -update -->\n"
	cellsEnd   = "<!-- end of columns -->\n"
)

// docs/data.md has a row for each column.
func TestDataPage(t *testing.T) {
	page, err := os.ReadFile(dataPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), cellsStart)
	_, after, ended := strings.Cut(rest, cellsEnd)
	if !found || !ended {
		t.Fatalf("%s has no lines %q and %q, want the columns between them", dataPage, cellsStart, cellsEnd)
	}
	var table strings.Builder
	table.WriteString("| column | values | unit | what it is |\n|---|---|---|---|\n")
	for _, c := range columns([]string{"train.lr"}, true) {
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", c.name, c.kind, c.unit, c.help)
	}
	want := before + cellsStart + table.String() + cellsEnd + after
	if *update {
		if err := os.WriteFile(dataPage, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	} else if want != string(page) {
		t.Errorf("%s has other columns, want go test ./internal/study -run TestDataPage -update", dataPage)
	}
}
