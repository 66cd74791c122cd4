// Package study is a comparison from what is asked for to what it shows: the plan, a cell for each activation, seed
// and learning rate, how the cells are made, and the claim that the finished ones are evidence for. A cell's
// settings decide the name of its folder, so that a comparison can be stopped, extended, divided and joined: a cell
// that is there is never made again, and none is ever mistaken for another.
package study

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"actfn/internal/config"
	"actfn/internal/model"
)

// format is the version of what a cell computes and keeps: it is part of every cell's name.
const format = 1

// Plan is a comparison that is to be made. Rows are in the order of Activations.
type Plan struct {
	Schema      int       `json:"schema"`
	Activations []string  `json:"activations"` // each as model.Activations prints it
	Baseline    string    `json:"baseline"`
	Seeds       []uint64  `json:"seeds"`
	LRs         []float64 `json:"lrs"`
	// Config is the configuration that all cells share; its activation, seed and learning rate mean nothing.
	Config  config.Config `json:"config"`
	Init    string        `json:"init,omitempty"` // hash of the file of initial weights
	Data    string        `json:"data"`           // hash of the images
	Images  int           `json:"images"`
	Classes int           `json:"classes"`
	Kernel  string        `json:"kernel"`  // see Kernel
	Version string        `json:"version"` // of the program
}

// Kernel names the arithmetic class whose bits a cell's result has: see model.Arithmetic. Of the portable kernels it has
// the architecture too, because compilers fuse multiplications and additions on some.
func Kernel(arch string) string {
	return strings.Replace(model.Arithmetic(), "generic", "generic-"+arch, 1)
}

// Cell is one run of a plan.
type Cell struct {
	ID         string // its folder
	Activation string
	Seed       uint64
	LR         float64
	Config     config.Config
}

// Cells are all cells of the plan: by seed, then by learning rate, then by activation, so that whatever is done
// first can be compared.
func (p Plan) Cells() []Cell {
	var cells []Cell
	for _, seed := range p.Seeds {
		for _, lr := range p.LRs {
			for _, activation := range p.Activations {
				c := Cell{Activation: activation, Seed: seed, LR: lr, Config: p.Config}
				c.Config.Model.Activation, c.Config.Train.Seed, c.Config.Train.LR = activation, seed, lr
				c.ID = p.id(c.Config)
				cells = append(cells, c)
			}
		}
	}
	return cells
}

// id is a hash of everything that decides a cell's result.
func (p Plan) id(c config.Config) string {
	b, err := json.Marshal(struct {
		Format             int
		Data, Init, Kernel string
		Config             config.Config
	}{format, p.Data, p.Init, p.Kernel, decisive(c)})
	if err != nil {
		panic(err) // a valid configuration has finite numbers
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// decisive is the configuration without what changes no result, or is there as a hash.
func decisive(c config.Config) config.Config {
	c.Data.Root, c.Data.CacheMiB, c.Data.SkipBad, c.Train.Init, c.Workers = "", 0, false, "", 0
	return c
}
