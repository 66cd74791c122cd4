package actfn_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// arrows says which packages of the project each package may import, on every system: a new arrow is a visible diff.
// Package graph alone knows Gorgonia; optim makes the optimisers' steps of kernels, and train reaches past model for those
// that clip the gradient. The foundations below the leaves import nothing but number and fault.
var arrows = map[string][]string{
	"cmd/actfn": {
		"study", "run", "evaluate", "export", "train", "config", "setting", "model", "activations", "dataset", "plot", "report", "gate", "compare",
		"record", "metrics", "fuse", "kernel", "worker", "disk", "fault", "wording", "number",
	},
	"internal/study": {
		"run", "train", "config", "setting", "model", "dataset", "gate", "compare", "statistics", "record", "worker", "disk", "lock", "fault", "wording", "number",
	},
	"internal/run":         {"config", "setting", "model", "record", "disk", "lock", "fault", "wording"},
	"internal/evaluate":    {"run", "train", "config", "model", "dataset", "metrics", "record", "worker", "disk", "fault", "number"},
	"internal/export":      {"train", "model", "layer", "activations", "formula", "dataset", "fault"},
	"internal/config":      {"dataset", "model", "train", "setting", "fault"},
	"internal/train":       {"health", "worker", "setting", "model", "layer", "optim", "dataset", "record", "checkpoint", "metrics", "kernel", "rng", "statistics", "disk", "fault", "wording", "number"},
	"internal/health":      {"model", "layer", "activations", "dataset", "record", "metrics", "kernel", "rng", "worker", "wording", "number"},
	"internal/optim":       {"worker", "setting", "kernel"},
	"internal/model":       {"setting", "fuse", "graph", "layer", "activations", "kernel", "worker", "rng", "fault", "number"},
	"internal/fuse":        {"layer", "kernel"},
	"internal/graph":       {"layer", "kernel", "worker", "rng", "number"},
	"internal/layer":       {"activations", "kernel", "worker", "number"},
	"internal/plot":        {"compare", "record", "activations", "metrics", "statistics", "wording", "number"},
	"internal/report":      {"gate", "compare", "wording", "fault", "number"},
	"internal/gate":        {"record", "compare", "statistics", "wording", "fault", "number"},
	"internal/compare":     {"statistics", "wording", "record", "metrics", "fault", "number", "strictjson"},
	"internal/activations": {"formula", "kernel", "fault", "wording", "number"},
	"internal/formula":     {"kernel"},

	"internal/kernel":             {"worker"},
	"internal/worker":             {},
	"internal/dataset":            {"dataset/augment", "dataset/picture", "setting", "disk", "rng", "fault", "wording"},
	"internal/dataset/augment":    {"dataset/picture", "setting", "rng", "fault"},
	"internal/dataset/picture":    {"kernel", "fault"},
	"internal/dataset/sample/gen": {"dataset", "disk"},
	"internal/layer/layertest":    {"layer", "kernel", "worker", "rng", "number"}, // tests import it
	"internal/pytorchtest":        {},                                             // and this
	"internal/checkpoint":         {"disk", "fault", "strictjson"},
	"internal/record":             {"statistics", "disk", "number", "strictjson"},
	"internal/metrics":            {"number"},
	"internal/statistics":         {"rng"},

	"internal/setting":    {},
	"internal/rng":        {},
	"internal/number":     {},
	"internal/fault":      {},
	"internal/disk":       {"fault"},
	"internal/lock":       {"fault"},
	"internal/wording":    {},
	"internal/strictjson": {"disk", "number", "fault"},

	"bench": {}, // its tests import what they measure
}

// testArrows says what their tests may import beside that; those of "*" all tests.
var testArrows = map[string][]string{
	"*":               {"rng", "fault", "pytorchtest"},
	"cmd/actfn":       {"checkpoint"},
	"internal/export": {"checkpoint", "metrics", "worker", "number"},
	"internal/health": {"export", "train", "checkpoint"},
	"internal/train":  {"graph"},
	"internal/fuse":   {"graph", "model", "activations", "layer/layertest", "worker"},
	"internal/layer":  {"layer/layertest"},
	"internal/study":  {"checkpoint", "kernel"},
	"bench":           {"train", "model", "statistics", "record", "fuse", "graph", "layer", "activations", "kernel", "worker", "dataset", "checkpoint"},
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
	"golang.org/x/sys":                  {"cmd/actfn", "internal/train", "internal/kernel", "internal/lock"},
	"github.com/chewxy/hm":              {"internal/graph"},
	"golang.org/x/image":                {"internal/dataset/picture", "internal/plot"},
	"github.com/gen2brain/jpegn":        {"internal/dataset/picture"},
	"github.com/spakin/netpbm":          {"internal/dataset/picture"},
	"gonum.org/v1/gonum":                {"internal/statistics"},
	"gonum.org/v1/plot":                 {"internal/plot"},
}

// testOwners says whose tests may import a module beside those.
var testOwners = map[string][]string{
	"github.com/google/go-cmp":        {"*"},
	"github.com/rogpeppe/go-internal": {"cmd/actfn"},
	"go.yaml.in/yaml/v3":              {"cmd/actfn"},
	"gonum.org/v1/gonum":              {"internal/rng", "internal/metrics"},
}

func TestArchitecture(t *testing.T) {
	seen := map[string]bool{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		command := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
		command.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		for packages := json.NewDecoder(bytes.NewReader(out)); packages.More(); {
			var p struct {
				ImportPath                         string
				Imports, TestImports, XTestImports []string
			}
			if err := packages.Decode(&p); err != nil {
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
				checkImport(t, name, imported, allowed, owners)
			}
			allowed = slices.Concat(allowed, testArrows["*"], testArrows[name], []string{strings.TrimPrefix(name, "internal/")})
			for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
				checkImport(t, name, imported, allowed, owners, testOwners)
			}
		}
	}
	for name := range arrows {
		if !seen[name] {
			t.Errorf("%s is on the map but not in the tree", name)
		}
	}
}

func checkImport(t *testing.T, name, imported string, allowed []string, owners ...map[string][]string) {
	t.Helper()
	if below, ok := strings.CutPrefix(imported, "actfn/internal/"); ok {
		if !slices.Contains(allowed, below) {
			t.Errorf("%s imports %s, which the map does not allow", name, imported)
		}
		return
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return // Go's own
	}
	for _, owned := range owners {
		for module, packages := range owned {
			within := imported == module || strings.HasPrefix(imported, module+"/")
			if within && (slices.Contains(packages, name) || slices.Contains(packages, "*")) {
				return
			}
		}
	}
	t.Errorf("%s imports %s, which it does not own", name, imported)
}

// Every arrow in the picture of docs/design.md is one of the map.
func TestDesignPicture(t *testing.T) {
	page, err := os.ReadFile("docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	_, picture, _ := strings.Cut(string(page), "```mermaid\n")
	picture, _, _ = strings.Cut(picture, "```")
	picture = regexp.MustCompile(`\["[^"]*"\]`).ReplaceAllString(picture, "")
	names := map[string]string{"cmd": "cmd/actfn", "augment": "internal/dataset/augment", "picture": "internal/dataset/picture"}
	count := 0
	for line := range strings.Lines(picture) {
		stages := strings.Split(strings.TrimSpace(line), " --> ")
		for i := range len(stages) - 1 {
			for _, from := range strings.Split(stages[i], " & ") {
				for _, to := range strings.Split(stages[i+1], " & ") {
					from := cmp.Or(names[from], "internal/"+from)
					to := strings.TrimPrefix(cmp.Or(names[to], "internal/"+to), "internal/")
					if count++; !slices.Contains(arrows[from], to) {
						t.Errorf("the picture has an arrow from %s to %s, which the map does not allow", from, to)
					}
				}
			}
		}
	}
	if count < 30 {
		t.Errorf("the picture has %d arrows, want 30 or more", count)
	}
}
