package study

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/gate"
	"actfn/internal/model"
)

// Claim is what the cells are to be evidence for: how they are compared, and the gates that the result must pass.
type Claim struct {
	compare.Options          // its Baseline is a spec; "" is the first activation
	Gates           []string // see gate.Parse
	BaselineFile    string   // an earlier result, for gates; "" is none
	AllowDifferent  []string // see gate.Evidence
	UndecidedPass   bool     // see gate.Evidence
	SelfTest        bool     // show that the gates fire

	gates   []gate.Gate
	earlier *compare.Result // that of BaselineFile
}

// resolve finds the activations that the claim names, before anything is computed.
func (c *Claim) resolve(activations []string, m model.Config) error {
	var faults []error
	for _, err := range fault.Each(c.Options.Validate()) {
		faults = append(faults, fmt.Errorf("--%w", err))
	}
	if c.Baseline == "" {
		c.Baseline = activations[0]
	}
	name, err := canonical(c.Baseline, m)
	if err == nil {
		err = wantCompared("--baseline", name, activations)
	} else {
		err = fault.At("--baseline", err)
	}
	faults = append(faults, err)
	c.Baseline = name
	for _, text := range c.Gates {
		faults = append(faults, c.addGate(text, activations, m))
	}
	for _, key := range c.AllowDifferent {
		known := compare.Setup{Config: config.Default().Values()}.Keys()
		if !slices.Contains(known, key) {
			err := fmt.Errorf("--allow-different: %q decides no result, want a key of the configuration, results, kernel or diverged", key)
			faults = append(faults, fault.Suggest(err, key, known))
		}
	}
	if c.SelfTest && len(c.Gates) == 0 {
		faults = append(faults, errors.New("--gate-selftest: there is no --gate, want one to test"))
	}
	if err := errors.Join(faults...); err != nil || c.BaselineFile == "" {
		return fault.Usage(err)
	}
	earlier, err := compare.ReadFile(c.BaselineFile)
	if err != nil {
		return fault.Hint(err, "actfn compare … --format json makes the file")
	}
	for key, v := range config.Default().Values() { // a key of later decided nothing: it was as its default is
		if _, there := earlier.Setup.Config[key]; !there {
			earlier.Setup.Config[key] = v
		}
	}
	c.earlier = &earlier
	return nil
}

// addGate parses a gate.
func (c *Claim) addGate(text string, activations []string, m model.Config) error {
	g, err := gate.Parse(text, func(spec string) (string, error) { return canonical(spec, m) })
	if err != nil {
		return fault.At("--gate", err)
	}
	var faults []error
	for _, name := range g.Activations() {
		faults = append(faults, wantCompared("--gate", name, activations))
	}
	if g.NeedsBaselineFile() && c.BaselineFile == "" {
		faults = append(faults, fault.Hint(fmt.Errorf("--gate: %q needs an earlier result", text), "--baseline-file FILE names it"))
	}
	c.gates = append(c.gates, g)
	return errors.Join(faults...)
}

// Compare compares the finished cells of a plan. Of several learning rates each activation has its best.
func (c Claim) Compare(p Plan, cells []compare.Cell) (compare.Result, error) {
	o := c.of(p)
	if len(p.LRs) > 1 {
		var err error
		if cells, o.Tuned, err = compare.Tune(cells, o.Diverged); err != nil {
			return compare.Result{}, err
		}
	}
	return compare.Compare(cells, o)
}

// of are the options for the cells of a plan.
func (c Claim) of(p Plan) compare.Options {
	o := c.Options
	o.Seeds, o.Activations, o.Setup = p.Seeds, p.Activations, c.setup(p)
	o.Data = compare.Data{Hash: p.Data, Images: p.Images, Classes: p.Classes}
	if len(p.Looks) > 0 {
		o.Looks, o.Alpha = p.Looks, p.Alpha
	}
	return o
}

// Read reads the cells of a plan as Plan.Read does. Those that no look wants are not missing.
func (c Claim) Read(p Plan, dirs ...string) (done []compare.Cell, missing []Cell, err error) {
	done, missing, err = p.Read(dirs...)
	if err != nil || len(p.Looks) == 0 {
		return done, missing, err
	}
	wanted, err := compare.Wanted(done, c.of(p))
	return done, slices.DeleteFunc(missing, func(cell Cell) bool {
		return slices.Index(p.Seeds, cell.Seed) >= wanted[cell.Activation]
	}), err
}

// setup is what the cells of a plan have in common.
func (c Claim) setup(p Plan) compare.Setup {
	p.Config.Train.Init = p.Init
	return compare.Setup{Version: p.Version, Results: ResultsVersion, Kernel: p.Kernel, LRs: slices.Sorted(slices.Values(p.LRs)),
		Diverged: c.Diverged, Config: p.Config.Values()}
}

// Save compares all finished cells in the folder of a comparison and keeps the result and the cells' figures there.
func (c Claim) Save(dir string) error {
	p, err := ReadPlan(dir)
	if err != nil {
		return err
	}
	cells, _, err := p.Read(dir)
	if err != nil {
		return err
	}
	r, err := c.Compare(p, cells)
	if err != nil {
		return err
	}
	return errors.Join(
		disk.Write(filepath.Join(dir, ResultFile), func(w io.Writer) error { return compare.Write(w, r) }),
		disk.Write(filepath.Join(dir, CellsFile), func(w io.Writer) error { return c.WriteCells(w, p, cells, r) }),
	)
}

// Judgement is what the gates make of a result.
type Judgement struct {
	Gates  []gate.Outcome
	Proofs []gate.Proof // of the self-test, if the claim asks for it
}

// Judge judges the gates.
func (c Claim) Judge(r compare.Result) Judgement {
	e := gate.Evidence{Result: r, Baseline: c.earlier, AllowDifferent: c.AllowDifferent, UndecidedPass: c.UndecidedPass}
	j := Judgement{Gates: gate.Judge(c.gates, e)}
	if c.SelfTest {
		j.Proofs = gate.SelfTest(c.gates, e)
	}
	return j
}

// Merged is a comparison of cells that were made in parts.
type Merged struct {
	Plan    Plan
	Claim   Claim
	Cells   []compare.Cell // that are done
	Missing []Cell
}

// Merge joins comparisons. Unless out is "", it copies the cells there.
func Merge(dirs []string, out string, c Claim) (Merged, error) {
	p, err := Join(dirs)
	if err != nil {
		return Merged{}, err
	}
	if c.Baseline == "" {
		c.Baseline = p.Baseline
	}
	if err := c.resolve(p.Activations, p.Config.Model); err != nil {
		return Merged{}, err
	}
	if len(p.Looks) > 0 && c.Baseline != p.Baseline {
		return Merged{}, fault.Usage(fmt.Errorf("--baseline: value is %s, want %s, that of the looks", c.Baseline, p.Baseline))
	}
	if out != "" {
		if err := p.Collect(dirs, out); err != nil {
			return Merged{}, err
		}
		dirs = []string{out}
	}
	m := Merged{Plan: p, Claim: c}
	m.Cells, m.Missing, err = c.Read(p, dirs...)
	if err == nil && len(m.Cells) == 0 {
		err = noCells(dirs[0])
	}
	return m, err
}

// noCells is the error of a comparison in which nothing is done.
func noCells(dir string) error {
	return fmt.Errorf("%s: has no cell that is done, want at least one", dir)
}
