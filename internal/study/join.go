package study

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"actfn/internal/config"
	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/record"
	"actfn/internal/wording"
)

// Join is the plan of several comparisons together: the activations, seeds and learning rates of all, in the
// order in which they come. All must be of the same images, settings, kernels and results version; every difference is
// named.
func Join(dirs []string) (Plan, error) {
	joined, err := ReadPlan(dirs[0])
	if err != nil {
		return Plan{}, err
	}
	var faults []error
	for _, dir := range dirs[1:] {
		p, err := ReadPlan(dir)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		for _, d := range joined.differences(p) {
			faults = append(faults, fmt.Errorf("%s: %s is %s, want %s as in %s", dir, d.Key, config.Shown(d.B), config.Shown(d.A), dirs[0]))
		}
		joined.Activations = union(joined.Activations, p.Activations)
		joined.Seeds = union(joined.Seeds, p.Seeds)
		joined.LRs = union(joined.LRs, p.LRs)
		joined = joined.withSettings(p)
	}
	return joined, errors.Join(append(faults, joined.wantDistinct())...)
}

// differences are those that make cells of two plans incomparable.
func (p Plan) differences(q Plan) []config.Difference {
	if p.Across == nil != (q.Across == nil) {
		return []config.Difference{{Key: "across", A: p.settingNames(), B: q.settingNames()}}
	}
	found := []config.Difference{{Key: "kernel", A: p.Kernel, B: q.Kernel}}
	if a, b := p.declared(), q.declared(); len(a) == len(b) {
		for i := range a {
			found = append(found, config.Difference{Key: a[i][0], A: a[i][1], B: b[i][1]})
		}
	} else {
		found = append(found, config.Difference{Key: "looks", A: lookText(p.Looks), B: lookText(q.Looks)},
			config.Difference{Key: "confirm", A: wording.Ranges(p.Confirm, ","), B: wording.Ranges(q.Confirm, ",")})
	}
	plans := p.Settings()
	for _, b := range q.Settings() {
		if at := slices.IndexFunc(plans, func(a Plan) bool { return a.Setting == b.Setting }); at >= 0 { // else p may get it
			found = append(found, plans[at].Shared.differences(b.Shared)...)
		}
	}
	return slices.DeleteFunc(found, func(d config.Difference) bool { return reflect.DeepEqual(d.A, d.B) })
}

func union[T comparable](a, b []T) []T {
	for _, v := range b {
		if !slices.Contains(a, v) {
			a = append(slices.Clip(a), v)
		}
	}
	return a
}

// Collect copies the plan's cells that are done in dirs to out, which becomes the folder of the plan. A cell
// that is already there stays.
func (p Plan) Collect(dirs []string, out string) error {
	if _, err := p.Begin(out); err != nil {
		return err
	}
	for _, dir := range dirs {
		for _, c := range p.Cells() {
			if !c.Done(dir) || c.Done(out) {
				continue
			}
			if err := copyCell(c.Folder(dir), c.Folder(out)); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyCell copies the files of a cell, the summary last: a folder that has one lacks nothing.
func copyCell(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return fault.At(from, err)
	}
	if err := os.MkdirAll(to, 0o777); err != nil {
		return fault.At(to, err)
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") && e.Name() != record.SummaryFile {
			names = append(names, e.Name())
		}
	}
	for _, name := range append(names, record.SummaryFile) {
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	f, _, err := disk.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return disk.Replace(to, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}
