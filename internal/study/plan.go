// Package study is a comparison from what is asked for to what it shows: the plan, a cell for each activation, seed
// and learning rate, how the cells are made, and the claim that the finished ones are evidence for. A cell's
// settings decide the name of its folder, so that a comparison can be stopped, extended, divided and joined: a cell
// that is there is never made again, and none is ever mistaken for another.
package study

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/model"
	"actfn/internal/setting"
	"actfn/internal/wording"
)

// ResultsVersion is raised whenever equal settings give other bits than before, by a changed default, decoder, layer or
// step: cells of different versions are never mixed. TestResults tells when.
const ResultsVersion = 2

// Plan is a comparison that is to be made. Rows are in the order of Activations.
type Plan struct {
	Schema      int       `json:"schema"`
	Results     int       `json:"results"`     // ResultsVersion
	Activations []string  `json:"activations"` // each as model.Activations prints it
	Baseline    string    `json:"baseline"`
	Seeds       []uint64  `json:"seeds"`
	LRs         []float64 `json:"lrs"`
	// Looks are the times at which rows are judged, each by its first seeds in their order, until it is decided. What they
	// spend sums to Alpha. A plan with looks declares its activations, seeds, baseline and alpha, and never changes.
	Looks []compare.Look `json:"looks,omitempty"`
	Alpha float64        `json:"alpha,omitempty"`
	// Confirm are the seeds of a second stage, which Seeds lacks: at them, the baseline and what may be the best by the first
	// stage are trained at the rates that it chose, and these runs alone are compared: see compare.Candidates. It never
	// changes either. Held is the number of validation images.
	Confirm []uint64 `json:"confirm,omitempty"`
	Held    int      `json:"held,omitempty"`
	Shared           // of the first setting, where there are several
	Across  []Shared `json:"across,omitempty"` // of each setting, where --across names some
	Kernel  string   `json:"kernel"`           // see Kernel
	Version string   `json:"version"`          // of the program
}

// Kernel names the arithmetic class whose bits a cell's result has: see model.Arithmetic. Of the portable kernels it has
// the architecture too, because compilers fuse multiplications and additions on some.
func Kernel(arch string) string {
	return strings.Replace(model.Arithmetic(), "generic", "generic-"+arch, 1)
}

// Cell is one run of a plan.
type Cell struct {
	ID         string // its folder
	Setting    string // its name, "" where there is only one
	Activation string
	Seed       uint64
	LR         float64
	Config     config.Config
	data       string // hash of the images
	classes    int
}

// Cells are all cells that the plan may need: by seed, then by setting, by learning rate and by activation, so that
// whatever is done first can be compared.
func (p Plan) Cells() []Cell {
	var cells []Cell
	for _, seed := range slices.Concat(p.Seeds, p.Confirm) {
		for _, in := range p.Settings() {
			for _, lr := range p.LRs {
				for _, activation := range p.Activations {
					c := Cell{Setting: in.Setting, Activation: activation, Seed: seed, LR: lr, Config: in.Config, data: in.Data, classes: in.Classes}
					c.Config.Model.Activation, c.Config.Train.Seed, c.Config.Train.LR = activation, seed, lr
					c.ID = in.id(c.Config)
					cells = append(cells, c)
				}
			}
		}
	}
	return cells
}

// Name is what the cell is of, for people: relu, norm=batch.
func (c Cell) Name() string { return Shared{Setting: c.Setting}.named(c.Activation) }

// id is the name of a cell: a hash of everything that decides its result.
func (p Plan) id(c config.Config) string {
	c.Train.Init = p.Init
	return p.hash(c.Keys())
}

// Name is the same for all plans whose cells can be compared and have the same learning rates, and for no others. With
// looks it is the same for equal plans alone.
func (p Plan) Name() string {
	if p.Across != nil {
		var names []string
		for _, q := range p.Settings() {
			names = append(names, q.Name())
		}
		return p.hash(nil, names...)[:8]
	}
	c := p.Config
	c.Train.Init = p.Init
	more := []string{fmt.Sprint("lrs=", p.LRs)}
	for _, d := range p.declared() {
		more = append(more, d[0]+"="+d[1])
	}
	return p.hash(setting.Result.Of(c.Keys()), more...)[:8]
}

// staged reports that which cells the plan needs depends on what came of others.
func (p Plan) staged() bool { return len(p.Looks) > 0 || len(p.Confirm) > 0 }

// declared is what a plan in stages must keep to, by name; nothing of another.
func (p Plan) declared() [][2]string {
	if !p.staged() {
		return nil
	}
	return [][2]string{
		{"activations", strings.Join(slices.Sorted(slices.Values(p.Activations)), ", ")}, {"baseline", p.Baseline},
		{"seeds", wording.Ranges(p.Seeds, ",")}, {"looks", lookText(p.Looks)}, {"alpha", fmt.Sprint(p.Alpha)},
		{"confirm", cmp.Or(wording.Ranges(p.Confirm, ","), "none")},
	}
}

// lookText is the looks as --looks takes them; none where there are none.
func lookText(looks []compare.Look) string {
	if len(looks) == 0 {
		return "none"
	}
	var seeds []string
	for _, look := range looks {
		seeds = append(seeds, fmt.Sprint(look.Seeds))
	}
	return strings.Join(seeds, ",")
}

func (p Plan) hash(keys []setting.Key, more ...string) string {
	lines := []string{fmt.Sprint("results=", ResultsVersion), "data=" + p.Data, "kernel=" + p.Kernel}
	lines = slices.Concat(lines, setting.Identity(keys), more)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:8])
}
