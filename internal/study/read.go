package study

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"actfn/internal/compare"
	"actfn/internal/fault"
	"actfn/internal/record"
	"actfn/internal/run"
	"actfn/internal/wording"
)

// Runs are the runs of a folder, one or a comparison's, and the order of their activations: the baseline is first. Of a
// comparison at several learning rates they are those at the best.
func Runs(dir string) (runs []record.Run, activations []string, err error) {
	if !isComparison(dir) {
		r, err := run.Read(dir)
		return []record.Run{r}, []string{r.Activation}, err
	}
	p, err := ReadPlan(dir)
	if err != nil {
		return nil, nil, err
	}
	cells, _, err := p.Read(dir)
	if err == nil && len(p.LRs) > 1 {
		cells, _, err = compare.Tune(cells, compare.LastFinite)
	}
	if err == nil && len(cells) == 0 {
		err = noCells(dir)
	}
	for _, c := range cells {
		runs = append(runs, c.Run)
	}
	return runs, slices.Insert(slices.Clone(p.Activations), 0, p.Baseline), err
}

// FirstRuns are those of Runs, of each activation that of its first seed.
func FirstRuns(dir string) ([]record.Run, error) {
	all, _, err := Runs(dir)
	first := map[string]record.Run{}
	for _, r := range all {
		if so, known := first[r.Activation]; !known || r.Seed < so.Seed {
			first[r.Activation] = r
		}
	}
	return slices.DeleteFunc(all, func(r record.Run) bool { return first[r.Activation].Seed != r.Seed }), err
}

// Result reads the result of a comparison: that in its folder, or a file as a report writes it.
func Result(path string) (compare.Result, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return compare.Result{}, fmt.Errorf("%s: no such file or folder, want a comparison's folder or its result", path)
	}
	if err != nil || !info.IsDir() {
		return compare.ReadFile(path)
	}
	// The result of another version of actfn can be shown, though its cells cannot be used.
	if _, err := ReadPlan(path); err != nil && !errors.Is(err, errOtherProgram) {
		return compare.Result{}, err
	}
	r, err := compare.ReadFile(filepath.Join(path, ResultFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = fault.Hint(err, "actfn compare merge %s -o %[1]s makes the result of the cells that there are", wording.Quoted(path))
	}
	return r, err
}
