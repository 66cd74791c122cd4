package actfn_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says which packages of the project each package may import: a new arrow is a visible diff.
// Package graph alone knows Gorgonia; optim makes the optimisers' steps of kernels, and train reaches past model for those
// that clip the gradient. The foundations below the leaves import nothing but number and fault.
var arrows = map[string][]string{
	"cmd/actfn":            {"*"},
	"internal/config":      {"dataset", "model", "train", "setting", "fault"},
	"internal/grid":        {"worker", "config", "setting", "train", "compare", "model", "dataset", "record", "kernel", "disk", "fault", "wording"},
	"internal/train":       {"worker", "setting", "model", "optim", "dataset", "record", "checkpoint", "metrics", "kernel", "rng", "statistics", "disk", "fault", "wording", "number"},
	"internal/optim":       {"worker", "setting", "kernel"},
	"internal/model":       {"setting", "fuse", "graph", "layer", "activations", "kernel", "worker", "rng", "fault"},
	"internal/fuse":        {"layer", "kernel"},
	"internal/graph":       {"layer", "kernel", "worker", "rng", "number"},
	"internal/layer":       {"activations", "kernel", "worker", "number"},
	"internal/plot":        {"compare", "record", "activations", "metrics", "statistics", "wording", "number"},
	"internal/report":      {"gate", "compare", "wording", "fault", "number"},
	"internal/gate":        {"compare", "statistics", "wording", "fault", "number"},
	"internal/compare":     {"statistics", "wording", "record", "metrics", "fault", "number", "strictjson"},
	"internal/activations": {"formula", "kernel", "fault", "wording", "number"},
	"internal/formula":     {"kernel"},

	"internal/kernel":             {"worker"},
	"internal/worker":             {},
	"internal/dataset":            {"dataset/picture", "setting", "rng", "fault", "wording"},
	"internal/dataset/picture":    {"fault"},
	"internal/dataset/sample/gen": {"dataset", "disk"},
	"internal/layer/layertest":    {"layer", "kernel", "worker", "rng", "number"}, // tests import it
	"internal/checkpoint":         {"disk", "fault", "strictjson"},
	"internal/record":             {"statistics", "disk", "number", "strictjson"},
	"internal/metrics":            {"number"},
	"internal/statistics":         {"rng"},

	"internal/setting":    {},
	"internal/rng":        {},
	"internal/number":     {},
	"internal/fault":      {},
	"internal/disk":       {"fault"},
	"internal/wording":    {},
	"internal/strictjson": {"number", "fault"},

	"bench": {}, // its tests import what they measure
}

// owners says which packages may import a module that is not the project's or Go's.
var owners = map[string][]string{
	"github.com/spf13/cobra":            {"cmd/actfn"},
	"github.com/spf13/pflag":            {"cmd/actfn", "internal/config"},
	"github.com/schollz/progressbar/v3": {"cmd/actfn"},
	"golang.org/x/term":                 {"cmd/actfn"},
	"github.com/spf13/viper":            {"internal/config"},
	"go.yaml.in/yaml/v3":                {"internal/config"},
	"gorgonia.org/gorgonia":             {"internal/graph"},
	"gorgonia.org/tensor":               {"internal/graph"},
	"golang.org/x/sys":                  {"cmd/actfn", "internal/train", "internal/kernel"},
	"github.com/chewxy/hm":              {"internal/graph"},
	"golang.org/x/image":                {"internal/dataset/picture", "internal/plot"},
	"github.com/spakin/netpbm":          {"internal/dataset/picture"},
	"gonum.org/v1/gonum":                {"internal/statistics"},
	"gonum.org/v1/plot":                 {"internal/plot"},
}

func TestArchitecture(t *testing.T) {
	command := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for packages := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := packages.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "actfn/")
		if name == "actfn" {
			continue // this test
		}
		seen[name] = true
		allowed, known := arrows[name]
		if !known {
			t.Errorf("%s is not on the map: say what it may import", name)
			continue
		}
		for _, imported := range p.Imports {
			checkImport(t, name, imported, allowed)
		}
	}
	for name := range arrows {
		if !seen[name] {
			t.Errorf("%s is on the map but not in the tree", name)
		}
	}
}

func checkImport(t *testing.T, name, imported string, allowed []string) {
	t.Helper()
	if below, ok := strings.CutPrefix(imported, "actfn/internal/"); ok {
		if !slices.Contains(allowed, below) && !slices.Contains(allowed, "*") {
			t.Errorf("%s imports %s, which the map does not allow", name, imported)
		}
		return
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return // Go's own
	}
	for module, owned := range owners {
		if imported == module || strings.HasPrefix(imported, module+"/") {
			if !slices.Contains(owned, name) {
				t.Errorf("%s imports %s, which belongs to %s", name, imported, strings.Join(owned, ", "))
			}
			return
		}
	}
	t.Errorf("%s imports %s, which has no owner", name, imported)
}
