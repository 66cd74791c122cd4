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
	"reflect"
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
	"actfn/internal/wording"
)

// Options are what a comparison is asked for.
type Options struct {
	Config      config.Config // that all cells share; its activation and seed mean nothing
	Across      []Shared      // the settings, each with its configuration: see Grid; in place of Config, if there are any
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
	images []*imageSet // each that a setting has
}

// imageSet is the images that a part of the configuration asks for.
type imageSet struct {
	config dataset.Config
	images *dataset.Images
	data   *dataset.Data // of the first seed
	loaded train.Data    // the same, as train sees it
}

// Open checks the options and loads the images. Nothing is written.
func Open(ctx context.Context, o Options, progress func(split string, done, total int)) (*Study, error) {
	p, err := o.plan()
	if err == nil {
		err = o.Claim.resolve(p)
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
	err = s.Plan.each(func(in *Shared) error { return s.look(ctx, in, progress) })
	if err == nil {
		err = fault.Usage(fault.At("--across", s.Plan.wantDistinct()))
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.Dir = cmp.Or(s.Dir, filepath.Join("runs", "compare-"+s.Plan.Name()))
	return s, nil
}

// look loads the images of a setting, unless another has the same, completes the setting by what they are, and checks that
// they are what the plan needs.
func (s *Study) look(ctx context.Context, in *Shared, progress func(split string, done, total int)) error {
	set := s.of(in.Config)
	if set == nil {
		images, err := dataset.LoadImages(ctx, in.Config.Data, dataset.Options{Workers: in.Config.Workers, Progress: progress})
		if err != nil {
			return err
		}
		set = &imageSet{config: in.Config.Data, images: images}
		s.images = append(s.images, set)
		if set.data, err = images.Data(s.Plan.Seeds[0]); err != nil {
			return err
		}
		set.loaded = train.Loaded(set.data)
	}
	if len(s.Plan.LRs) > 1 && set.data.Val == nil {
		return fault.Usage(errors.New("--lr: several rates are chosen from on validation images, of which there are none, want --val-split or a val folder"))
	}
	if err := in.Config.Train.Needs(set.loaded); err != nil {
		return err
	}
	if len(s.Plan.Confirm) > 0 && set.data.Val != nil {
		s.Plan.Held = set.data.Val.Len()
	}
	in.Data, in.Images, in.Classes = set.images.Hash(), set.data.Test.Len(), len(set.data.Test.Classes())
	return nil
}

// of are the images of a configuration, nil where they are not loaded.
func (s *Study) of(c config.Config) *imageSet {
	for _, set := range s.images {
		if reflect.DeepEqual(set.config, c.Data) {
			return set
		}
	}
	return nil
}

// DataSet is the images of the first seed, and where they are: "" is the built-in sample.
type DataSet struct {
	Root string
	*dataset.Data
}

// Data are the images of the settings, each once.
func (s *Study) Data() []DataSet {
	var all []DataSet
	for _, set := range s.images {
		all = append(all, DataSet{set.config.Root, set.data})
	}
	return all
}

// Close closes the images.
func (s *Study) Close() {
	for _, set := range s.images {
		set.images.Close()
	}
}

// plan is what the options ask for, but for the images.
func (o Options) plan() (Plan, error) {
	seeds := o.Seeds
	if len(seeds) == 0 {
		seeds = firstSeeds(o.Looks)
	}
	p := Plan{
		Seeds: seeds, LRs: o.LRs, Shared: Shared{Config: o.Config}, Across: slices.Clone(o.Across),
		Kernel: Kernel(runtime.GOARCH), Version: o.Environment.Version,
	}
	if len(p.LRs) == 0 {
		p.LRs = []float64{o.Config.Train.LR}
	}
	err := p.each(func(in *Shared) error {
		activations, err := canonicalEach(o.Activations, in.Config.Model)
		if err == nil && p.Activations != nil && !slices.Equal(activations, p.Activations) {
			err = fmt.Errorf("--activations: they are %s, want %s as in the other settings",
				strings.Join(activations, ", "), strings.Join(p.Activations, ", "))
		}
		if err != nil {
			return fault.Usage(err)
		}
		p.Activations = activations
		setting.Reset(setting.Cell.Of(in.Config.Keys())) // each cell sets its own
		if path := in.Config.Train.Init; path != "" {
			b, err := os.ReadFile(path)
			if err != nil {
				return fault.At(path, err)
			}
			sum := sha256.Sum256(b)
			in.Init = hex.EncodeToString(sum[:])
		}
		return nil
	})
	return p, err
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
	if p.Across != nil {
		return errStaged
	}
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

// Steps are those of training some cells.
func (s *Study) Steps(cells []Cell) int {
	steps := 0
	for _, c := range cells {
		steps += c.Config.Train.Epochs * c.Config.Train.Steps(s.of(c.Config).data.Train.Len())
	}
	return steps
}

// Work is what is to be made, and how.
type Work struct {
	Own, Missing  []Cell // of this shard: all, with looks those wanted so far, and those that are not done
	Jobs, Workers int    // cells at a time, and processors for each
	Memory        int64  // what they take together, in bytes, about
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
	w.Memory = memory.All(w.Jobs)
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
		if seen[c.Name()] {
			continue
		}
		seen[c.Name()] = true
		m, err := train.Need(c.Config.Train, c.Config.Model, s.of(c.Config).loaded)
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

// Begin makes the folder that of the plan, or extends the plan in it: see Plan.Begin. cautions say what it does to
// verdicts if seeds were added, or activations left out, because of a result.
func (s *Study) Begin() (extended string, cautions []string, err error) {
	if there, err := ReadPlan(s.Dir); err == nil && !s.Plan.staged() {
		seen := len(there.Seeds) + len(s.Plan.Seeds) - len(union(there.Seeds, s.Plan.Seeds))
		if n := len(s.Plan.Seeds); 2 <= seen && seen < n {
			cautions = append(cautions, fmt.Sprintf("if you add seeds because of a result with %d of them, "+
				"a verdict is false with a probability of up to %g, not %g: "+
				"--looks %d,%d plans for both, in a new folder", seen, 2*s.Claim.Alpha, s.Claim.Alpha, seen, n))
		}
		if k, all := len(s.Plan.Activations), len(union(there.Activations, s.Plan.Activations)); k < all {
			cautions = append(cautions, fmt.Sprintf("%s has %d activations, of which %d are compared here: "+
				"if they were chosen by a result, their intervals "+
				"are too narrow; actfn compare merge %s judges all", s.Dir, all, k, wording.Quoted(s.Dir)))
		}
	}
	extended, err = s.Plan.Begin(s.Dir)
	return extended, cautions, err
}

// Make makes the cells that are missing.
func (s *Study) Make(ctx context.Context, w Work, observer Observer) error {
	s.Environment.Workers = w.Workers
	return Run(ctx, Job{
		Dir: s.Dir, Cells: w.Missing, Images: func(c Cell) *dataset.Images { return s.of(c.Config).images },
		Jobs: w.Jobs, Workers: w.Workers,
		KeepWeights: s.KeepWeights, FailFast: s.FailFast, Environment: s.Environment, Observer: observer,
	})
}
