package study

import (
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/setting"
)

// entry is a row of cells.csv: an epoch of a cell, or a cell that is missing.
type entry struct {
	Cell
	run              *record.Run // nil: the cell is missing
	chosen, atChance bool
	epoch            record.Epoch
	tested           bool // the weights after this epoch were tested
}

// column is a column of cells.csv. docs/data.md shows the rows.
type column struct {
	name string
	kind string // text, a whole number, a number, or TRUE or FALSE
	unit string
	help string
	// value is a string, bool, number, or pointer to a number; nil: there is none.
	value func(entry) any
}

// columns are the columns, of which settings, keys of the configuration, are some. A figure of an epoch is in the row
// of the epoch. A figure of the run as a whole is in one row, that of the tested epoch, so that a mean over rows counts
// each run once.
func columns(settings []string, timing bool) []column {
	const words, whole, number, truth = "text", "a whole number", "a number", "TRUE or FALSE"
	list := []column{
		{"activation", words, "", "the activation, with its parameters", func(e entry) any { return e.Activation }},
		{"seed", whole, "", "the seed; runs of one seed are pairs", func(e entry) any { return e.Seed }},
	}
	for _, name := range settings {
		k, _ := config.KeyNamed(name)
		kind := setting.TypeWords[k.Type().String()]
		list = append(list, column{name, kind, "", "the setting: " + k.Help, func(e entry) any {
			k, _ := setting.Named(name, e.Config.Keys())
			return k.Get()
		}})
	}
	list = append(list, []column{
		{"chosen", truth, "", "the activation is judged at this learning rate; of a single one always TRUE",
			func(e entry) any { return e.chosen }},
		{"state", words, "", "`done`; `diverged`: the loss became NaN or infinite; `missing`: there is no result yet",
			func(e entry) any { return e.state() }},
		{"at_chance", truth, "", "the test accuracy is no better than guessing",
			func(e entry) any { return e.atChance }},
		{"folder", words, "", "folder of the run, below that of the comparison",
			func(e entry) any { return filepath.ToSlash(e.Folder("")) }},
		{"epoch", whole, "", "the epoch, from 1; 0 is before training", func(e entry) any {
			if e.run == nil {
				return nil
			}
			return e.epoch.N
		}},
		{"tested", truth, "", "the weights after this epoch were tested: TRUE in one row of each run",
			func(e entry) any { return e.tested }},
	}...)
	for _, m := range record.Metrics {
		list = append(list, column{m.Name, number, unit(m.Unit), m.Help, func(e entry) any {
			if v, ok := e.epoch.Values[m]; ok && (timing || !m.Timing) {
				return v
			}
			return nil
		}})
	}
	ofRun := func(name, kind, unit, help string, value func(record.Run) any) {
		list = append(list, column{name, kind, unit, help + " †", func(e entry) any {
			if !e.tested {
				return nil
			}
			return value(*e.run)
		}})
	}
	ofRun("test_loss", number, "", "mean cross-entropy of the test images, in nats",
		func(r record.Run) any { return float64(r.Test.Loss) })
	ofRun("test_accuracy", number, unit("%"), "share of the test images that are classified correctly",
		func(r record.Run) any { return r.Test.Accuracy })
	ofRun("test_correct", whole, "images", "how many that are", func(r record.Run) any { return r.Test.Correct })
	ofRun("test_images", whole, "images", "of how many", func(r record.Run) any { return r.Test.Images })
	ofRun("step_seconds", number, "s", "median time of a training step", func(r record.Run) any {
		if !timing || r.StepSeconds == 0 {
			return nil
		}
		return r.StepSeconds
	})
	for _, f := range compare.HealthFigures {
		help := f.Title
		if f.Unit == "%" {
			help += ", share in the layer that has most"
		}
		ofRun(f.Name, number, unit(f.Unit), help, func(r record.Run) any {
			if r.Health == nil {
				return nil
			}
			return f.Of(*r.Health)
		})
	}
	return list
}

// unit is that of a column whose values people read in unit.
func unit(unit string) string {
	if unit == "%" {
		return "fraction"
	}
	return unit
}

func (e entry) state() string {
	switch {
	case e.run == nil:
		return "missing"
	case compare.Diverged(*e.run):
		return "diverged"
	}
	return "done"
}

// WriteCells writes what was measured in a comparison as comma-separated values (RFC 4180, lines ending in \n): a row
// for each epoch of each cell of p, at all learning rates, and one for each cell that is not among those done. An epoch
// 0 is there only if the initial weights were tested. a is the result of the cells. Numbers are the shortest decimals
// that read back the same, NaN, Infinity or -Infinity; what there is not is empty. Without Claim.Timing, times are
// empty: equal results are equal bytes.
func (c Claim) WriteCells(w io.Writer, p Plan, done []compare.Cell, a compare.Across) error {
	cells := p.Cells()
	list := columns(varied(cells), c.Timing)
	table := csv.NewWriter(w)
	write := func(value func(column) any) {
		row := make([]string, len(list))
		for i := range list {
			row[i] = text(value(list[i]))
		}
		_ = table.Write(row) // Error has it
	}
	write(func(c column) any { return c.name })
	for _, cell := range cells {
		e := entry{Cell: cell, chosen: len(p.LRs) == 1}
		in, _ := a.In(cell.Setting)
		if row, _ := in.Row(cell.Activation); row.LR != nil {
			e.chosen = cell.LR == row.LR.Chosen
		}
		epochs := make([]record.Epoch, 1)
		tested := -1
		if i := slices.IndexFunc(done, func(c compare.Cell) bool { return c.ID == cell.ID }); i >= 0 {
			e.run, e.atChance = &done[i].Run, done[i].AtChance(cell.classes, c.Alpha)
			if tested = len(e.run.Epochs); e.run.Stopped != nil {
				tested = e.run.Stopped.TestedEpoch
			}
			if epochs = e.run.Epochs; tested == 0 {
				epochs = slices.Insert(slices.Clone(epochs), 0, record.Epoch{})
			}
		} else if p.staged() {
			continue // no look or second stage may want it
		}
		for _, e.epoch = range epochs {
			e.tested = e.epoch.N == tested
			write(func(c column) any { return c.value(e) })
		}
	}
	table.Flush()
	return table.Error()
}

// varied are the settings that are not the same in all cells, and always the learning rate. Activation and seed have
// columns of their own.
func varied(cells []Cell) []string {
	differ := map[string]bool{"train.lr": true}
	all := func(setting.Key) bool { return true }
	for _, c := range cells {
		for _, d := range config.Diff(cells[0].Config, c.Config, all) {
			differ[d.Key] = true
		}
	}
	var names []string
	for _, k := range cells[0].Config.Keys() {
		if differ[k.Name] && k.Name != "model.activation" && k.Name != "train.seed" {
			names = append(names, k.Name)
		}
	}
	return names
}

// text is a value in CSV, "" where there is none.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case float64:
		return number.Float(v).String()
	case *float64:
		if v == nil {
			return ""
		}
		return number.Float(*v).String()
	case bool:
		return strings.ToUpper(strconv.FormatBool(v)) // R takes true for text
	}
	return fmt.Sprint(value)
}
