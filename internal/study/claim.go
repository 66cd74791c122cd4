package study

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/gate"
	"actfn/internal/model"
	"actfn/internal/wording"
)

// Claim is what the cells are to be evidence for: how they are compared, and the gates that the result must pass.
type Claim struct {
	compare.Options          // its Baseline is a spec; "" is the first activation
	Gates           []string // see gate.Parse
	BaselineFile    string   // an earlier result, for gates; "" is none
	AllowDifferent  []string // see gate.Evidence
	UndecidedPass   bool     // see gate.Evidence
	SelfTest        bool     // show that the gates fire
	Timing          bool     // times are wanted: of the steps, and of the runs in cells.csv

	gates   []gate.Gate
	earlier *compare.Across // that of BaselineFile
}

// resolve finds the activations that the claim names, before anything is computed.
func (c *Claim) resolve(p Plan) error {
	activations, m := p.Activations, p.Config.Model
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
	earlier, err := compare.ReadAcross(c.BaselineFile)
	if err != nil {
		return fault.Hint(err, "actfn compare … --format json makes the file")
	}
	for _, s := range earlier.Settings {
		for key, v := range config.Default().Values() { // a key of later decided nothing: it was as its default is
			if _, there := s.Result.Setup.Config[key]; !there {
				s.Result.Setup.Config[key] = v
			}
		}
	}
	for _, q := range p.Settings() {
		if _, there := earlier.In(q.Setting); !there {
			faults = append(faults, fmt.Errorf("%s: has no result in %s, want one in each setting of this comparison",
				c.BaselineFile, cmp.Or(q.Setting, "one setting alone")))
		}
	}
	c.earlier = &earlier
	return fault.Usage(errors.Join(faults...))
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
	if len(p.Confirm) > 0 {
		return c.confirm(p, cells, o)
	}
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
	if p.staged() {
		o.Looks, o.Alpha = p.Looks, p.Alpha
	}
	return o
}

// Read reads the cells of a plan as Plan.Read does. Those that no look or second stage wants are not missing.
func (c Claim) Read(p Plan, dirs ...string) (done []compare.Cell, missing []Cell, err error) {
	done, missing, err = p.Read(dirs...)
	switch {
	case err != nil:
	case len(p.Looks) > 0:
		var wanted map[string]int
		wanted, err = compare.Wanted(done, c.of(p))
		missing = slices.DeleteFunc(missing, func(cell Cell) bool {
			return slices.Index(p.Seeds, cell.Seed) >= wanted[cell.Activation]
		})
	case len(p.Confirm) > 0:
		first := func(cell Cell) bool { return slices.Contains(p.Seeds, cell.Seed) }
		if slices.ContainsFunc(missing, first) {
			return done, slices.DeleteFunc(missing, func(cell Cell) bool { return !first(cell) }), nil
		}
		var s second
		s, err = c.second(p, done)
		missing = slices.DeleteFunc(missing, func(cell Cell) bool { return !s.wants(cell.Activation, cell.LR) })
	}
	return done, missing, err
}

// second is the second stage of a plan.
type second struct {
	activations []string // in the plan's order
	tuned       map[string]compare.Tuned
}

func (s second) wants(activation string, lr float64) bool {
	return slices.Contains(s.activations, activation) && s.tuned[activation].Chosen == lr
}

// second finds what the cells of the first stage leave to the second.
func (c Claim) second(p Plan, cells []compare.Cell) (s second, err error) {
	images := p.Images
	if len(p.LRs) > 1 {
		images = p.Held
	}
	first := slices.DeleteFunc(slices.Clone(cells), func(cell compare.Cell) bool { return !slices.Contains(p.Seeds, cell.Seed) })
	candidates, tuned, err := compare.Candidates(first, p.Alpha, 1/float64(images), c.Diverged)
	if err != nil {
		return s, err
	}
	for _, a := range p.Activations {
		if a == p.Baseline || slices.Contains(candidates, a) {
			s.activations = append(s.activations, a)
		}
	}
	s.tuned = tuned
	return s, nil
}

// confirm compares the cells of the second stage, and says what it left out.
func (c Claim) confirm(p Plan, cells []compare.Cell, o compare.Options) (compare.Result, error) {
	s, err := c.second(p, cells)
	if err != nil {
		return compare.Result{}, err
	}
	o.Seeds, o.Activations = p.Confirm, s.activations
	if len(p.LRs) > 1 {
		o.Tuned = map[string]compare.Tuned{}
		for a, tuned := range s.tuned {
			tuned.SharedMean = nil // it is of other seeds
			o.Tuned[a] = tuned
		}
	}
	r, err := compare.Compare(slices.DeleteFunc(slices.Clone(cells), func(cell compare.Cell) bool {
		return !slices.Contains(p.Confirm, cell.Seed) || !s.wants(cell.Activation, cell.LR)
	}), o)
	if out := slices.DeleteFunc(slices.Clone(p.Activations), func(a string) bool { return slices.Contains(s.activations, a) }); len(out) > 0 {
		r.Warnings = append(r.Warnings, compare.Warning{Code: compare.NotConfirmed, Text: fmt.Sprintf(
			"%s got no seeds of the second stage: not the best by %s of the first", strings.Join(out, ", "),
			wording.Counted(len(p.Seeds), "seed"))})
	}
	return r, err
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
	r, err := c.Across(p, cells)
	if err != nil {
		return err
	}
	held, err := take(dir)
	if err != nil {
		return err
	}
	defer held.Release()
	return errors.Join(
		disk.Replace(filepath.Join(dir, ResultFile), func(w io.Writer) error { return compare.WriteAcross(w, r) }),
		disk.Replace(filepath.Join(dir, CellsFile), func(w io.Writer) error { return c.WriteCells(w, p, cells, r) }),
	)
}

// Judgement is what the gates make of a result.
type Judgement struct {
	Gates  []gate.Outcome
	Proofs []gate.Proof // of the self-test, if the claim asks for it
}

// Judge judges each gate in each setting, whose name it then has.
func (c Claim) Judge(a compare.Across) Judgement {
	var j Judgement
	for _, s := range a.Settings {
		e := gate.Evidence{Result: s.Result, AllowDifferent: c.AllowDifferent, UndecidedPass: c.UndecidedPass}
		if c.earlier != nil {
			if earlier, there := c.earlier.In(s.Name); there {
				e.Baseline = &earlier
			}
		}
		in := ""
		if s.Name != "" {
			in = " in " + s.Name
		}
		for _, outcome := range gate.Judge(c.gates, e) {
			outcome.Gate += in
			j.Gates = append(j.Gates, outcome)
		}
		if !c.SelfTest {
			continue
		}
		for _, proof := range gate.SelfTest(c.gates, e) {
			proof.Gate += in
			j.Proofs = append(j.Proofs, proof)
		}
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
	if err := c.resolve(p); err != nil {
		return Merged{}, err
	}
	if p.staged() && c.Baseline != p.Baseline {
		return Merged{}, fault.Usage(fmt.Errorf("--baseline: value is %s, want %s as was declared", c.Baseline, p.Baseline))
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
