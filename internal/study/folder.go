package study

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
	"time"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/lock"
	"actfn/internal/record"
	"actfn/internal/wording"
)

// What is in the folder of a comparison.
const (
	PlanFile   = "plan.json"    // Plan
	ResultFile = "compare.json" // compare.Result, of the cells that there are
	CellsFile  = "cells.csv"    // Claim.WriteCells, of the same
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

// Begin makes dir the folder of the plan. The plan of a comparison that is there is extended: it keeps its activations
// and seeds, and gets those of p, which Begin returns in words, "" where there are none. It is a usage fault if dir holds
// anything else, or a comparison whose cells cannot be compared with those of p.
func (p Plan) Begin(dir string) (extended string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", fault.At(dir, err)
	}
	if err := wantComparison(dir); err != nil {
		return "", err
	}
	held, err := take(dir) // other processes extend the plan too
	if err != nil {
		return "", err
	}
	defer held.Release()
	if err := p.clean(dir); err != nil {
		return "", err
	}
	if isComparison(dir) {
		there, err := ReadPlan(dir)
		if errors.Is(err, errOtherProgram) {
			err = fault.Usage(err)
		}
		if err != nil {
			return "", err
		}
		if p, extended, err = there.extended(p, dir); err != nil {
			return "", err
		}
		if extended == "" { // the plan stays as who made it wrote it, with the path of his images
			return "", fault.At(dir, os.MkdirAll(filepath.Join(dir, cellsDir), 0o777))
		}
	}
	p.Schema, p.Results = planSchema, ResultsVersion
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return "", fmt.Errorf("%s: %w", dir, err)
	}
	// The plan comes first: a shard that begins at the same time must never see cells without one.
	err = disk.Replace(filepath.Join(dir, PlanFile), func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
	if err != nil {
		return "", err
	}
	return extended, fault.At(dir, os.MkdirAll(filepath.Join(dir, cellsDir), 0o777))
}

// clean takes away what killed processes left: files that were being written, and the state of cells that are done. Nobody
// writes into the folder of a comparison who has not taken it.
func (p Plan) clean(dir string) error {
	faults := []error{disk.Clean(dir)}
	for _, c := range p.Cells() {
		if !c.Done(dir) {
			continue
		}
		path := filepath.Join(c.Folder(dir), record.ResumeFile)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			faults = append(faults, fault.At(path, err))
		}
	}
	return errors.Join(faults...)
}

// take waits until the folder is this process's. Others have it for a moment only, unless they died in that moment.
func take(dir string) (held *lock.Lock, err error) {
	const wait, pause = 2 * time.Minute, 20 * time.Millisecond
	for range wait / pause {
		if held, err = lock.Try(dir); !errors.Is(err, lock.ErrLocked) {
			break
		}
		time.Sleep(pause)
	}
	return held, err
}

// isComparison reports that a plan is in the folder.
func isComparison(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, PlanFile))
	return err == nil
}

// wantComparison refuses a folder that holds files and no plan. Hidden ones are a lock, or what a killed process left.
func wantComparison(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fault.At(dir, err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !isComparison(dir) { // another process may have begun one just now
			err := fmt.Errorf("%s: output folder holds files and no %s, want a comparison to go on with or a new folder", dir, PlanFile)
			return fault.Usage(fault.Hint(err, "-o %s", wording.Quoted(dir+"-compare")))
		}
	}
	return nil
}

// extended is the plan with what q has beside it, and this in words. dir is where the plan is.
func (p Plan) extended(q Plan, dir string) (Plan, string, error) {
	var faults []error
	refuse := func(key, value, want string) {
		faults = append(faults, fmt.Errorf("%s: %s is %s, want %s as in its plan", dir, key, value, want))
	}
	for _, d := range p.differences(q) {
		refuse(d.Key, config.Shown(d.B), config.Shown(d.A))
	}
	joined := q
	joined.Across = p.withSettings(q).Across
	if joined.Across != nil {
		joined.Shared = joined.Across[0]
		if err := joined.wantDistinct(); err != nil {
			faults = append(faults, fault.At(dir, err))
		}
	}
	joined.Baseline = p.Baseline
	joined.Activations, joined.Seeds, joined.LRs = union(p.Activations, q.Activations), union(p.Seeds, q.Seeds), union(p.LRs, q.LRs)
	if len(joined.LRs) != len(p.LRs) || len(joined.LRs) != len(q.LRs) { // each activation gets the best of the same ones
		refuse("train.lr", config.Shown(q.LRs), config.Shown(p.LRs))
	}
	if err := errors.Join(faults...); err != nil {
		return p, "", fault.Usage(fault.Hint(err, "-o %s keeps this comparison apart", wording.Quoted(dir+"-2")))
	}
	var words []string
	if more := joined.Activations[len(p.Activations):]; len(more) > 0 {
		words = append(words, strings.Join(more, ", "))
	}
	if more := joined.Seeds[len(p.Seeds):]; len(more) > 0 {
		words = append(words, wording.Seeds(more))
	}
	for _, more := range joined.Across[len(p.Across):] {
		words = append(words, more.Setting)
	}
	return joined, strings.Join(words, ", "), nil
}

// maxPlan is more than any plan takes.
const maxPlan = 16 << 20

// ReadPlan reads the plan of a comparison's folder.
func ReadPlan(dir string) (Plan, error) {
	path := filepath.Join(dir, PlanFile)
	b, err := disk.Read(path, maxPlan)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(dir); err == nil {
			return Plan{}, fmt.Errorf("%s: holds no %s, want the folder of a comparison", dir, PlanFile)
		}
		return Plan{}, fault.Hint(fmt.Errorf("%s: no such folder, want the folder of a comparison", dir),
			"actfn compare -o %s makes one", wording.Quoted(dir))
	case err != nil:
		return Plan{}, err
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
		"actfn compare with another -o trains the cells again; actfn plot compare still draws this result")
}

func (p Plan) check() error {
	for _, q := range p.Settings() {
		for _, part := range []struct {
			name string
			n    int
		}{
			{"activations", len(q.Activations)}, {"seeds", len(q.Seeds)}, {"lrs", len(q.LRs)}, {"images", q.Images}, {"classes", q.Classes},
		} {
			if part.n < 1 {
				return q.at(fmt.Errorf("%s is empty, want at least one", part.name))
			}
		}
		if err := q.Config.Validate(); err != nil {
			return q.at(fault.At("config", err))
		}
	}
	return p.wantDistinct()
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
		read.Run.Data = c.data // its own is of what was left of the images when some were held out at this seed
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
	return compare.Cell{ID: c.ID, Setting: c.Setting, Activation: c.Activation, Seed: c.Seed, LR: c.LR, Run: run, Predictions: predictions}, nil
}
