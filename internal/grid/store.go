package grid

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/record"
	"actfn/internal/wording"
)

// What is in the folder of a comparison.
const (
	PlanFile   = "plan.json"    // Plan
	ResultFile = "compare.json" // compare.Result, of the cells that there are
	cellsDir   = "cells"        // a folder for each cell
)

const planSchema = 2

// Folder is that of a cell.
func (c Cell) Folder(dir string) string { return filepath.Join(dir, cellsDir, c.ID) }

// Done reports that the cell has a result.
func (c Cell) Done(dir string) bool {
	_, err := os.Stat(filepath.Join(c.Folder(dir), record.SummaryFile))
	return err == nil
}

// Begin makes dir the folder of the plan. One that holds a comparison is gone on with; one that holds anything
// else is refused.
func (p Plan) Begin(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.At(dir, err)
	}
	visible := 0
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			visible++
		}
	}
	if _, err := os.Stat(filepath.Join(dir, PlanFile)); err != nil && visible > 0 {
		return fault.Hint(fmt.Errorf("%s: output folder holds files and no %s, want a comparison to go on with or a new folder", dir, PlanFile),
			"-o %s", wording.Quoted(dir+"-compare"))
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fault.At(dir, err)
	}
	if _, err := ReadPlan(dir); errors.Is(err, errOtherProgram) {
		return err
	}
	p.Schema, p.Results = planSchema, ResultsVersion
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	// The plan comes first: a shard that begins at the same time must never see cells without one.
	err = disk.Write(filepath.Join(dir, PlanFile), func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
	if err != nil {
		return err
	}
	return fault.At(dir, os.MkdirAll(filepath.Join(dir, cellsDir), 0o777))
}

// ReadPlan reads the plan of a comparison's folder.
func ReadPlan(dir string) (Plan, error) {
	path := filepath.Join(dir, PlanFile)
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		thing := "holds no " + PlanFile
		if _, err := os.Stat(dir); err != nil {
			thing = "no such folder"
		}
		return Plan{}, fault.Hint(fmt.Errorf("%s: %s, want the folder of a comparison", dir, thing),
			"actfn compare -o %s makes one", wording.Quoted(dir))
	case err != nil:
		return Plan{}, fault.At(path, err)
	}
	p, err := parsePlan(b)
	if err != nil {
		return Plan{}, fault.At(path, err)
	}
	return p, nil
}

func parsePlan(b []byte) (Plan, error) {
	var p Plan
	var version struct{ Schema, Results int }
	if err := json.Unmarshal(b, &version); err == nil && version.Schema != planSchema {
		return p, otherProgram("schema", version.Schema, planSchema)
	} else if err == nil && version.Results != ResultsVersion {
		return p, otherProgram("results version", version.Results, ResultsVersion)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, err
	}
	if _, err := d.Token(); err != io.EOF {
		return p, errors.New("something follows the JSON object, want the end")
	}
	return p, p.check()
}

// errOtherProgram is why a comparison can be neither gone on with nor joined: its cells may have other results than this
// program would give them.
var errOtherProgram = errors.New("another version of actfn made this comparison")

func otherProgram(what string, is, want int) error {
	return fault.Hint(fmt.Errorf("%s is %d, want %d: %w", what, is, want, errOtherProgram),
		"actfn compare with another -o makes its cells again; its compare.json stays readable")
}

func (p Plan) check() error {
	for name, n := range map[string]int{
		"activations": len(p.Activations), "seeds": len(p.Seeds), "lrs": len(p.LRs), "images": p.Images, "classes": p.Classes,
	} {
		if n < 1 {
			return fmt.Errorf("%s is empty, want at least one", name)
		}
	}
	if err := p.Config.Validate(); err != nil {
		return fault.At("config", err)
	}
	return nil
}

// Read reads the cells of the plan that are done in any of the folders, in its order, and returns those that are
// not.
func (p Plan) Read(dirs ...string) (done []compare.Cell, missing []Cell, err error) {
	for _, c := range p.Cells() {
		at := slices.IndexFunc(dirs, c.Done)
		if at < 0 {
			missing = append(missing, c)
			continue
		}
		dir := dirs[at]
		read, err := c.read(dir)
		read.Run.Data = p.Data // its own is of what was left of the images when some were held out at this seed
		if err != nil {
			return nil, nil, fault.Hint(err, "without %s the cell is made again", wording.Quoted(c.Folder(dir)))
		}
		done = append(done, read)
	}
	return done, missing, nil
}

func (c Cell) read(dir string) (compare.Cell, error) {
	folder := c.Folder(dir)
	run, err := record.ReadSummary(folder)
	if err != nil {
		return compare.Cell{}, err
	}
	predictions, err := record.ReadPredictions(folder)
	if err != nil {
		return compare.Cell{}, err
	}
	if run.Activation != c.Activation || run.Seed != c.Seed || run.Test == nil {
		return compare.Cell{}, fmt.Errorf("%s: run is of %s at seed %d, want a tested one of %s at seed %d",
			filepath.Join(folder, record.SummaryFile), run.Activation, run.Seed, c.Activation, c.Seed)
	}
	return compare.Cell{Activation: c.Activation, Seed: c.Seed, LR: c.LR, Run: run, Predictions: predictions}, nil
}
