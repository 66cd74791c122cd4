package study

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/setting"
	"actfn/internal/train"
)

// Options are what a comparison is asked for.
type Options struct {
	Config      config.Config // that all cells share; its activation and seed mean nothing
	Activations []string      // specs
	Seeds       []uint64      // if there are none, as many as the looks take, or DefaultSeeds without looks
	Looks       []int         // numbers of seeds at which rows are judged: see compare.Looks
	Confirm     int           // number of seeds of a second stage: see Plan.Confirm
	LRs         []float64     // that of Config if there are none
	Claim       Claim
	Dir         string // the comparison's folder; "" is one that the same command finds again
	Jobs        int    // cells at a time; 0 is as many as there are processors and memory for
	Shard       Shard
	KeepWeights bool // of every cell
	FailFast    bool // stop when a cell fails
	Environment record.Environment
}

// Study is a comparison whose options have been checked and whose images are loaded. Close it.
type Study struct {
	Options
	Plan   Plan
	Data   *dataset.Data // of the first seed
	loaded train.Data    // the same, as train sees it
	images *dataset.Images
}

// Open checks the options and loads the images. Nothing is written.
func Open(ctx context.Context, o Options, progress func(split string, done, total int)) (*Study, error) {
	p, err := o.plan()
	if err == nil {
		err = o.Claim.resolve(p.Activations, o.Config.Model)
	}
	if err != nil {
		return nil, err
	}
	p.Baseline = o.Claim.Baseline
	if len(o.Looks) > 0 || o.Confirm != 0 {
		if err := p.declare(o.Looks, o.Confirm, o.Claim.Alpha); err != nil {
			return nil, fault.Usage(err)
		}
	}
	s := &Study{Options: o, Plan: p}
	s.images, err = dataset.LoadImages(ctx, o.Config.Data, dataset.Options{Workers: o.Config.Workers, Progress: progress})
	if err != nil {
		return nil, err
	}
	if err := s.look(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// look completes the plan by what the images are, and checks that they are what it needs.
func (s *Study) look() (err error) {
	if s.Data, err = s.images.Data(s.Plan.Seeds[0]); err != nil {
		return err
	}
	s.loaded = train.Loaded(s.Data)
	if len(s.Plan.LRs) > 1 && s.Data.Val == nil {
		return fault.Usage(errors.New("--lr: several rates are chosen from on validation images, of which there are none, want --val-split or a val folder"))
	}
	if err := s.Config.Train.Needs(s.loaded); err != nil {
		return err
	}
	if len(s.Plan.Confirm) > 0 && s.Data.Val != nil {
		s.Plan.Held = s.Data.Val.Len()
	}
	s.Plan.Data, s.Plan.Images, s.Plan.Classes = s.images.Hash(), s.Data.Test.Len(), len(s.Data.Test.Classes())
	s.Dir = cmp.Or(s.Dir, filepath.Join("runs", "compare-"+s.Plan.Name()))
	return nil
}

// Close closes the images.
func (s *Study) Close() { s.images.Close() }

// plan is what the options ask for, but for the images.
func (o Options) plan() (Plan, error) {
	activations, err := canonicalEach(o.Activations, o.Config.Model)
	if err != nil {
		return Plan{}, fault.Usage(err)
	}
	seeds := o.Seeds
	if len(seeds) == 0 {
		seeds = firstSeeds(o.Looks)
	}
	p := Plan{
		Activations: activations, Seeds: seeds, LRs: o.LRs, Config: o.Config,
		Kernel: Kernel(runtime.GOARCH), Version: o.Environment.Version,
	}
	if len(p.LRs) == 0 {
		p.LRs = []float64{o.Config.Train.LR}
	}
	setting.Reset(setting.Cell.Of(p.Config.Keys())) // each cell sets its own
	if path := o.Config.Train.Init; path != "" {
		b, err := os.ReadFile(path)
		if err != nil {
			return p, fault.At(path, err)
		}
		sum := sha256.Sum256(b)
		p.Init = hex.EncodeToString(sum[:])
	}
	return p, nil
}

// DefaultSeeds is the number of seeds of a comparison that is not looked at before it is complete.
const DefaultSeeds = 5

// AutoLooks are the looks of a comparison that is to find out how many seeds it takes.
var AutoLooks = []int{5, 10, 20}

// firstSeeds are the seeds 0, 1, … up to the last look, or DefaultSeeds without looks.
func firstSeeds(looks []int) []uint64 {
	n := DefaultSeeds
	if len(looks) > 0 {
		n = looks[len(looks)-1]
	}
	seeds := make([]uint64, max(0, n))
	for i := range seeds {
		seeds[i] = uint64(i)
	}
	return seeds
}

// DefaultConfirm is the number of seeds of a second stage where none is asked for: as many as in the first with several
// learning rates, because the runs that choose a rate are too good by luck at it.
func (o Options) DefaultConfirm() int {
	if len(o.LRs) < 2 || len(o.Looks) > 0 {
		return 0
	}
	return max(2, cmp.Or(len(o.Seeds), DefaultSeeds))
}

// declare makes a plan one that is judged with these numbers of seeds, or one whose second stage has so many.
func (p *Plan) declare(looks []int, confirm int, alpha float64) (err error) {
	p.Alpha = alpha
	if confirm != 0 {
		if len(looks) > 0 {
			return errors.New("--confirm: the second stage has no looks, want --confirm or --looks")
		}
		if confirm < 2 {
			return fmt.Errorf("--confirm: number of seeds is %d, want at least 2", confirm)
		}
		for fresh := slices.Max(p.Seeds) + 1; len(p.Confirm) < confirm; fresh++ {
			p.Confirm = append(p.Confirm, fresh)
		}
		return nil
	}
	if p.Looks, err = compare.Looks(alpha, looks); err != nil {
		return fmt.Errorf("--%w", err)
	}
	if len(p.LRs) > 1 {
		return errors.New("--looks: the best of several learning rates would be chosen anew at each look, want one rate")
	}
	if last := looks[len(looks)-1]; len(p.Seeds) != last {
		return fmt.Errorf("--seeds: number is %d, want %d as at the last look", len(p.Seeds), last)
	}
	return nil
}

// canonicalEach are the canonical specs of the activations, in order.
func canonicalEach(specs []string, m model.Config) ([]string, error) {
	if len(specs) == 0 {
		return nil, fault.Hint(errors.New("--activations: list is empty, want what to compare"), "actfn compare --activations relu,leakyrelu,gelu")
	}
	var names []string
	for _, spec := range specs {
		name, err := canonical(spec, m)
		if err != nil {
			return nil, err
		}
		if slices.Contains(names, name) {
			return nil, fmt.Errorf("--activations: %s is there twice, want each once", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// canonical is a spec as every record has it.
func canonical(spec string, m model.Config) (string, error) {
	m.Activation = spec
	all, err := m.Activations()
	if err != nil {
		return "", err
	}
	return all.String(), nil
}

// wantCompared refuses the name of an activation that is not compared.
func wantCompared(flag, name string, activations []string) error {
	if slices.Contains(activations, name) {
		return nil
	}
	return fmt.Errorf("%s: %s is not compared, want one of %s", flag, name, strings.Join(activations, ", "))
}

// Steps are those of training one cell.
func (s *Study) Steps() int {
	return s.Config.Train.Epochs * s.Config.Train.Steps(s.Data.Train.Len())
}

// Work is what is to be made, and how.
type Work struct {
	Own, Missing  []Cell // of this shard: all, with looks those wanted so far, and those that are not done
	Jobs, Workers int    // cells at a time, and processors for each
}

// Done is the number of cells that are.
func (w Work) Done() int { return len(w.Own) - len(w.Missing) }

// Work looks at what is done, and divides processors and memory among the cells that are left.
func (s *Study) Work() (Work, error) {
	w := Work{Own: s.Shard.Of(s.Plan.Cells())}
	w.Missing = slices.DeleteFunc(slices.Clone(w.Own), func(c Cell) bool { return c.Done(s.Dir) })
	if s.Plan.staged() {
		_, missing, err := s.Read()
		if err != nil {
			return w, err
		}
		later := func(c Cell) bool {
			return !slices.ContainsFunc(missing, func(m Cell) bool { return m.ID == c.ID })
		}
		w.Missing = slices.DeleteFunc(w.Missing, later)
		w.Own = slices.DeleteFunc(w.Own, func(c Cell) bool { return later(c) && !c.Done(s.Dir) })
	}
	memory, err := s.memory(w.Missing)
	if err != nil {
		return w, err
	}
	processors := cmp.Or(s.Config.Workers, runtime.GOMAXPROCS(0))
	w.Jobs, w.Workers, err = divide(processors, len(w.Missing), s.Jobs, memory.Fits)
	return w, err
}

// divide says how many of the cells are made at a time and on how many processors each: as many as asked, or as there are
// processors and memory for if 0 are. fits is an error if so many do not fit into memory.
func divide(processors, cells, asked int, fits func(models int) error) (jobs, workers int, err error) {
	jobs = max(1, min(cmp.Or(asked, processors), cells))
	for asked == 0 && jobs > 1 && fits(jobs) != nil {
		jobs--
	}
	if err := fits(jobs); err != nil && jobs > 1 { // if one does not fit, its training says so
		err = fault.Hint(fault.At("--jobs", err), "without --jobs as many are trained at a time as fit")
		return jobs, 0, fault.Usage(err)
	}
	return jobs, max(1, processors/jobs), nil
}

// memory is what the largest of the cells takes.
func (s *Study) memory(cells []Cell) (most train.Memory, err error) {
	seen := map[string]bool{}
	for _, c := range cells {
		if seen[c.Activation] {
			continue
		}
		seen[c.Activation] = true
		m, err := train.Need(c.Config.Train, c.Config.Model, s.loaded)
		if err != nil {
			return most, err
		}
		if m.Model > most.Model {
			most = m
		}
	}
	return most, nil
}

// Read reads the cells that are done: see Claim.Read.
func (s *Study) Read() (done []compare.Cell, missing []Cell, err error) {
	return s.Claim.Read(s.Plan, s.Dir)
}

// Begin makes the folder that of the plan, or extends the plan in it: see Plan.Begin. caution says what it does to
// verdicts that the result was seen with fewer of the seeds; "" where that is not so.
func (s *Study) Begin() (extended, caution string, err error) {
	if there, err := ReadPlan(s.Dir); err == nil && !s.Plan.staged() {
		seen := len(there.Seeds) + len(s.Plan.Seeds) - len(union(there.Seeds, s.Plan.Seeds))
		if n := len(s.Plan.Seeds); 2 <= seen && seen < n {
			caution = fmt.Sprintf("if you add seeds because of a result with %d of them, a verdict is false with a probability of up to %g, not %g: "+
				"--looks %d,%d plans for both, in a new folder", seen, 2*s.Claim.Alpha, s.Claim.Alpha, seen, n)
		}
	}
	extended, err = s.Plan.Begin(s.Dir)
	return extended, caution, err
}

// Make makes the cells that are missing.
func (s *Study) Make(ctx context.Context, w Work, observer Observer) error {
	s.Environment.Workers = w.Workers
	return Run(ctx, Job{
		Dir: s.Dir, Cells: w.Missing, Images: s.images, Jobs: w.Jobs, Workers: w.Workers,
		KeepWeights: s.KeepWeights, FailFast: s.FailFast, Environment: s.Environment, Observer: observer,
	})
}
