package config_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"actfn/internal/config"
	"actfn/internal/fault"
	"actfn/internal/setting"
)

// write puts text into a file called c.yaml and goes to its folder, so that messages say c.yaml:3.
func write(t *testing.T, text string) config.Sources {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("c.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Sources{Files: []string{"c.yaml"}}
}

func load(t *testing.T, src config.Sources) config.Resolved {
	t.Helper()
	r, err := config.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNothingSaidIsTheDefault(t *testing.T) {
	r := load(t, config.Sources{})
	if diff := cmp.Diff(config.Default(), r.Config); diff != "" {
		t.Error(diff)
	}
	for _, k := range config.Keys() {
		if r.Origin[k.Name] != "default" {
			t.Errorf("origin of %s is %q, want default", k.Name, r.Origin[k.Name])
		}
	}
}

func TestEachSourceOverridesTheOneBefore(t *testing.T) {
	src := write(t, "train:\n  lr: 0.1\n  epochs: 2\n  batch_size: 64\n")
	if err := os.WriteFile("d.yaml", []byte("train: {epochs: 3, seed: 7}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	src.Files = append(src.Files, "d.yaml")
	src.Env = []string{"ACTFN_TRAIN_LR=0.2", "ACTFN_TRAIN_BATCH_SIZE=", "ACTFN_KERNEL=generic", "HOME=/", "ACTFN_WORKERS=3"}
	src.Flags = []config.Flag{{"train.lr", "0.3", "--lr"}, {"train.lr", "0.4", "--set"}}
	r := load(t, src)
	for key, want := range map[string]struct {
		value  any
		origin string
	}{
		"train.lr":         {0.4, "--set"},
		"train.epochs":     {3, "d.yaml:1"},
		"train.seed":       {uint64(7), "d.yaml:1"},
		"train.batch_size": {64, "c.yaml:4"},
		"workers":          {3, "ACTFN_WORKERS"},
		"train.beta1":      {0.9, "default"},
	} {
		if got := value(t, r.Config, key); got != want.value || r.Origin[key] != want.origin {
			t.Errorf("%s is %v from %s, want %v from %s", key, got, r.Origin[key], want.value, want.origin)
		}
	}
}

func all(setting.Key) bool { return true }

func value(t *testing.T, c config.Config, key string) any {
	t.Helper()
	zero := config.Config{}
	for _, d := range config.Diff(c, zero, all) {
		if d.Key == key {
			return d.A
		}
	}
	t.Fatalf("%s is zero or unknown", key)
	return nil
}

func TestWaysToWriteAValue(t *testing.T) {
	none := []int{}
	for _, test := range []struct {
		text string
		want func(*config.Config)
	}{
		{"model: {kernel: 5}", func(c *config.Config) { c.Model.Kernel = []int{5} }},
		{"model: {filters: [8, 16]}", func(c *config.Config) { c.Model.Filters = []int{8, 16} }},
		{"model: {filters: 8, hidden: []}", func(c *config.Config) { c.Model.Filters, c.Model.Hidden = []int{8}, none }},
		{"model:\n  filters: 8, 16\n", func(c *config.Config) { c.Model.Filters = []int{8, 16} }},
		{"model:\n  filters:\n    - 8\n    - 16\n", func(c *config.Config) { c.Model.Filters = []int{8, 16} }},
		{"data: {augment: [flip, crop=2]}", func(c *config.Config) { c.Data.Augment = []string{"crop=2", "flip=0.5"} }},
		{"data: {augment: erase}", func(c *config.Config) { c.Data.Augment = []string{"erase=0.25"} }},
		{"model: {activation: {name: leaky_relu, slope: 0.2}}", func(c *config.Config) { c.Model.Activation = "leaky_relu(slope=0.2)" }},
		{"model: {activation: {name: tanh}}", func(c *config.Config) { c.Model.Activation = "tanh" }},
		{"model: {activation: {b: 1!, formula: x*sigmoid(b*x)}}", func(c *config.Config) { c.Model.Activation = "x*sigmoid(b*x); b=1!" }},
		{"model: {activation: {fc1: 'x*sigmoid(b*x); b=1!', default: {name: prelu, slope: 0.1!channel}}}", func(c *config.Config) {
			c.Model.Activation = "prelu(slope=0.1!channel), fc1=x*sigmoid(b*x); b=1!"
		}},
		{"model: {activation: leaky_relu(slope=0.2)}", func(c *config.Config) { c.Model.Activation = "leaky_relu(slope=0.2)" }},
		{"train: {seed: 010, lr: 08}", func(c *config.Config) { c.Train.Seed, c.Train.LR = 10, 8 }},
		{"train: {lr: 1}", func(c *config.Config) { c.Train.LR = 1 }},
		{"train: {lr: 1e-3}", func(c *config.Config) { c.Train.LR = 1e-3 }},
		{"train: {seed: 18446744073709551615}", func(c *config.Config) { c.Train.Seed = math.MaxUint64 }},
		{"train: {shuffle: no}", func(c *config.Config) { c.Train.Shuffle = false }},
		{"data: {root: 2024}", func(c *config.Config) { c.Data.Root = "2024" }},
		{"data: {root: \"a: b #c\"}", func(c *config.Config) { c.Data.Root = "a: b #c" }},
		{"workers: &n 2\ntrain: {epochs: *n}", func(c *config.Config) { c.Workers, c.Train.Epochs = 2, 2 }},
		{"train:\n  # lr: 1\n", func(*config.Config) {}},
		{"# nothing\n", func(*config.Config) {}},
		{"", func(*config.Config) {}},
		{"\ufeffworkers: 2\n", func(c *config.Config) { c.Workers = 2 }},
	} {
		want := config.Default()
		test.want(&want)
		if diff := cmp.Diff(want, load(t, write(t, test.text)).Config); diff != "" {
			t.Errorf("%s:\n%s", test.text, diff)
		}
	}
}

func TestTextOfFlagsAndVariables(t *testing.T) {
	for _, test := range []struct {
		key, text string
		want      func(*config.Config)
	}{
		{"model.filters", "32,64", func(c *config.Config) { c.Model.Filters = []int{32, 64} }},
		{"model.filters", "[32, 64]", func(c *config.Config) { c.Model.Filters = []int{32, 64} }},
		{"data.augment", "flip, crop=2", func(c *config.Config) { c.Data.Augment = []string{"crop=2", "flip=0.5"} }},
		{"data.augment", "flip=.50", func(c *config.Config) { c.Data.Augment = []string{"flip=0.5"} }},
		{"data.augment", "", func(c *config.Config) { c.Data.Augment = []string{} }},
		{"model.hidden", "", func(c *config.Config) { c.Model.Hidden = []int{} }},
		{"train.shuffle", "0", func(c *config.Config) { c.Train.Shuffle = false }},
		{"data.root", "#odd: *name", func(c *config.Config) { c.Data.Root = "#odd: *name" }},
		{"data.root", "true", func(c *config.Config) { c.Data.Root = "true" }},
		{"model.filters", "08,0x10", func(c *config.Config) { c.Model.Filters = []int{8, 16} }},
		{"train.seed", "010", func(c *config.Config) { c.Train.Seed = 10 }},
		{"train.lr", ".5", func(c *config.Config) { c.Train.LR = 0.5 }},
	} {
		want := config.Default()
		test.want(&want)
		r := load(t, config.Sources{Flags: []config.Flag{{test.key, test.text, "--x"}}})
		if diff := cmp.Diff(want, r.Config); diff != "" {
			t.Errorf("%s=%s:\n%s", test.key, test.text, diff)
		}
		key, _ := config.KeyNamed(test.key)
		if test.text == "" {
			continue
		}
		r = load(t, config.Sources{Env: []string{key.Env() + "=" + test.text}})
		if diff := cmp.Diff(want, r.Config); diff != "" {
			t.Errorf("%s=%s:\n%s", key.Env(), test.text, diff)
		}
	}
}

func TestRefusedFile(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"train:\n  lr: fast\n", `c.yaml:2: train.lr: value is "fast", want a number`},
		{"train:\n  lr: \"0.1\"\n", `c.yaml:2: train.lr: value is "0.1", want a number`},
		{"train:\n  lr:\n", `c.yaml:2: train.lr: value is empty, want a number`},
		{"train:\n  lr: [1, 2]\n", `c.yaml:2: train.lr: value is a list, want a number`},
		{"train:\n  epochs: 2.5\n", `c.yaml:2: train.epochs: value is 2.5, want a whole number`},
		{"train:\n  epochs: true\n", `c.yaml:2: train.epochs: value is true, want a whole number`},
		{"train:\n  epochs: 99999999999999999999\n", `c.yaml:2: train.epochs: value is 99999999999999999999, want a whole number`},
		{"train:\n  seed: -1\n", `c.yaml:2: train.seed: value is -1, want a whole number of 0 or more`},
		{"train:\n  shuffle: 7\n", `c.yaml:2: train.shuffle: value is 7, want true or false`},
		{"data:\n  root:\n", `c.yaml:2: data.root: value is empty, want text`},
		{"data:\n  root: [a]\n", `c.yaml:2: data.root: value is a list, want text`},
		{"data:\n  augment: [crop, erase=2]\n", `c.yaml:2: data.augment: erase: value is 2, want above 0 to 1`},
		{"data:\n  augment: {crop: 4}\n", `c.yaml:2: data.augment: value is a section, want a list of texts`},
		{"data:\n  augment: [{crop: 4}]\n", `c.yaml:2: data.augment: value is a section, want a list of texts`},
		{"model:\n  filters: many\n", `c.yaml:2: model.filters: value is "many", want a list of whole numbers`},
		{"model:\n  filters: {a: 1}\n", `c.yaml:2: model.filters: value is a section, want a list of whole numbers`},
		{"model:\n  filters: [8, x]\n", `c.yaml:2: model.filters: entry 2 is "x", want a list of whole numbers`},
		{"model:\n  filters: [[8]]\n", `c.yaml:2: model.filters: value is a list, want a list of whole numbers`},
		{"model:\n  activation: {}\n", `c.yaml:2: model.activation: mapping is empty, want an activation`},
		{"model:\n  activation: {slope: 1}\n", `c.yaml:2: model.activation: layer is "slope", want default, a layer as conv1 or layer1.0, a kind of layer as conv, or name or formula with parameters`},
		{"model:\n  activation: {name: prelu, slope: [1]}\n", `c.yaml:2: model.activation: slope is a list, want a number or text`},
		{"model:\n  activation: {conv: relu, fc: {slope: 1}}\n", `c.yaml:2: model.activation: fc: activation has no name, want name or formula`},
		{"model:\n  activation: {conv: relu, conv: tanh}\n", `c.yaml:2: model.activation: conv is given twice`},
		{"model:\n  activation: {conv: relu, fc: }\n", `c.yaml:2: model.activation: fc is empty, want an activation`},
		{"train:\n  learning_rat: 1\n", `c.yaml:2: unknown key "train.learning_rat"`},
		{"train:\n  epoch: 1\n", `c.yaml:2: unknown key "train.epoch", did you mean train.epochs?`},
		{"train:\n  LR: 1\n", `c.yaml:2: unknown key "train.LR", did you mean train.lr?`},
		{"model:\n  lr: 1\n", `c.yaml:2: unknown key "model.lr", did you mean train.lr?`},
		{"batch-size: 1\n", `c.yaml:1: unknown key "batch-size", did you mean train.batch_size?`},
		{"trian:\n  lr: 1\n", `c.yaml:1: unknown key "trian", did you mean train?`},
		{"train: 3\n", `c.yaml:1: train: value is 3, want a section of keys`},
		{"train:\n- lr\n", `c.yaml:2: train: value is a list, want a section of keys`},
		{"- train\n", `c.yaml:1: value is a list, want a section of keys`},
		{"hello\n", `c.yaml:1: value is "hello", want a section of keys`},
		{"? [a]\n: 1\n", `c.yaml:1: a list is no key`},
		{"workers: 1\nworkers: 2\n", `c.yaml:2: workers: key is set twice, first on line 1`},
		{"train: {lr: 1}\ntrain: {lr: 1}\n", `c.yaml:2: train: key is set twice, first on line 1`},
		{"workers: 1\n---\nworkers: 2\n", `c.yaml:2: is a second document, want one`},
		{"train: {\n", `c.yaml:1: not YAML: did not find expected node content`},
		{"train:\n\tlr: 1\n", `c.yaml:2: not YAML: found character that cannot start any token`},
		{"workers: *x\n", `c.yaml: not YAML: unknown anchor 'x' referenced`},
		{"workers: -1\n", `c.yaml:1: workers: value is -1, want 0 (one per processor) to 1024`},
		{strings.Repeat("#\n", 1<<19) + "\n", `c.yaml: is over 1024 KiB, want a configuration in YAML`},
	} {
		_, err := config.Load(write(t, test.text))
		if err == nil || err.Error() != test.want {
			t.Errorf("%.60q: error is\n\t%v\nwant\n\t%s", test.text, err, test.want)
		}
	}
}

func TestUnreadableFile(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "none.yaml")
	_, err := config.Load(config.Sources{Files: []string{missing}})
	if err == nil || !os.IsNotExist(unwrapped(err)) || !strings.HasPrefix(err.Error(), missing+": ") {
		t.Errorf("error of a missing file is %v", err)
	}
	if _, err := config.Load(config.Sources{Files: []string{dir}}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error of a folder is %v", err)
	}
}

// unwrapped goes down to the error that os.IsNotExist knows.
func unwrapped(err error) error {
	for {
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			err = e.Unwrap()[0]
		default:
			return err
		}
	}
}

func TestRefusedVariablesAndFlags(t *testing.T) {
	for _, test := range []struct {
		src  config.Sources
		want string
	}{
		{config.Sources{Env: []string{"ACTFN_TRAIN_LR=fast"}}, `ACTFN_TRAIN_LR: train.lr: value is "fast", want a number`},
		{config.Sources{Env: []string{"ACTFN_LR=1"}}, `environment: unknown variable ACTFN_LR, did you mean ACTFN_TRAIN_LR?`},
		{config.Sources{Env: []string{"ACTFN_NOTHING=1"}}, `environment: unknown variable ACTFN_NOTHING`},
		{config.Sources{Env: []string{"ACTFN_TRAIN_LRR=1"}}, `environment: unknown variable ACTFN_TRAIN_LRR, did you mean ACTFN_TRAIN_LR?`},
		{config.Sources{Env: []string{"ACTFN_KERNELS=1"}}, `environment: unknown variable ACTFN_KERNELS, did you mean ACTFN_KERNEL?`},
		{config.Sources{Flags: []config.Flag{{"train.lr", "fast", "--lr"}}}, `--lr: train.lr: value is "fast", want a number`},
		{config.Sources{Flags: []config.Flag{{"train.lr", "a: [", "--lr"}}}, `--lr: train.lr: value is "a: [", want a number`},
		{config.Sources{Flags: []config.Flag{{"train.epoch", "1", "--set"}}}, `--set: unknown key "train.epoch", did you mean train.epochs?`},
		{config.Sources{Flags: []config.Flag{{"train", "1", "--set"}}}, `--set: train: key is a section, want one of its keys`},
		{config.Sources{Flags: []config.Flag{{"workers", "100000", "-j"}}}, `-j: workers: value is 100000, want 0 (one per processor) to 1024`},
		{config.Sources{Flags: []config.Flag{{"workers", "-2", "--workers"}}}, `--workers: workers: value is -2, want 0 (one per processor) to 1024`},
	} {
		_, err := config.Load(test.src)
		if err == nil || err.Error() != test.want {
			t.Errorf("error is\n\t%v\nwant\n\t%s", err, test.want)
		}
	}
}

func TestAllFaultsTogether(t *testing.T) {
	src := write(t, "train:\n  lr: fast\n  foo: 1\nworkers: -1\n")
	src.Env = []string{"ACTFN_TRAIN_EPOCHS=x"}
	src.Flags = []config.Flag{{"train.seed", "y", "--seed"}}
	_, err := config.Load(src)
	want := `c.yaml:2: train.lr: value is "fast", want a number
c.yaml:3: unknown key "train.foo"
ACTFN_TRAIN_EPOCHS: train.epochs: value is "x", want a whole number
--seed: train.seed: value is "y", want a whole number of 0 or more
c.yaml:4: workers: value is -1, want 0 (one per processor) to 1024`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(err.Error(), "\n")); diff != "" {
		t.Error(diff)
	}
	if hints := fault.Hints(err); !slices.Equal(hints, []string{"actfn config show lists every key"}) {
		t.Errorf("hints are %q", hints)
	}
}

func TestHintAtTheNearestChoice(t *testing.T) {
	for _, test := range []struct{ key, text, hint string }{
		{"train.optimizer", "Adam", "did you mean adam?"},
		{"train.optimizer", "rmspop", "did you mean rmsprop?"},
		{"train.schedule", "cos", "did you mean cosine?"},
		{"train.class_weights", "BALANCED", "did you mean balanced?"},
		{"data.normalize", "trian", "did you mean train?"},
		{"train.optimizer", "xylophone", ""},
		{"model.norm_order", "after", ""}, // which is a choice, but not without a norm
	} {
		_, err := config.Load(config.Sources{Flags: []config.Flag{{test.key, test.text, "--x"}}})
		if got := strings.Join(fault.Hints(err), " "); err == nil || got != test.hint {
			t.Errorf("%s=%s: %v with hint %q, want %q", test.key, test.text, err, got, test.hint)
		}
	}
}

func TestParseSet(t *testing.T) {
	for arg, want := range map[string]config.Flag{
		"train.lr=0.1":               {"train.lr", "0.1", "--set"},
		"train.init=":                {"train.init", "", "--set"},
		"data.root=a=b":              {"data.root", "a=b", "--set"},
		`model.activation="relu"`:    {"model.activation", "relu", "--set"},
		`data.root='it''s here'`:     {"data.root", "it's here", "--set"},
		`data.root="not closed`:      {"data.root", `"not closed`, "--set"},
		"model.activation=elu(a=1)":  {"model.activation", "elu(a=1)", "--set"},
		" model.filters = [32, 64] ": {"model.filters", " [32, 64] ", "--set"},
	} {
		if got, err := config.ParseSet(arg); err != nil || got != want {
			t.Errorf("%s is %v, %v, want %v", arg, got, err, want)
		}
	}
	if _, err := config.ParseSet("train.lr"); err == nil || err.Error() != `value is "train.lr", want key=value` {
		t.Errorf("error is %v", err)
	}
}

func TestResolvedConfigLoadsBackEqual(t *testing.T) {
	c := config.Default()
	c.Data.Root, c.Data.Mean, c.Data.Std, c.Data.Normalize = "été: #1", []float64{0.1, 1e-9, 3}, []float64{1, 2, 0.25}, "fixed"
	c.Model.Hidden, c.Model.Activation = []int{}, "leaky_relu(slope=0.01)"
	c.Train.Seed, c.Train.LR, c.Train.Shuffle = math.MaxUint64, 1.0/3, false
	c.Workers = 5
	var text bytes.Buffer
	if err := c.Encode(&text); err != nil {
		t.Fatal(err)
	}
	r := load(t, write(t, text.String()))
	if diff := cmp.Diff(c, r.Config); diff != "" {
		t.Error(diff)
	}

	var again, annotated bytes.Buffer
	if err := r.Encode(&again); err != nil || again.String() != text.String() {
		t.Errorf("written twice (%v):\n%s", err, cmp.Diff(text.String(), again.String()))
	}
	if err := r.EncodeWithOrigin(&annotated); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(annotated.String(), "\nworkers: 5 # c.yaml:") {
		t.Errorf("origins are missing:\n%s", &annotated)
	}
	if diff := cmp.Diff(c, load(t, write(t, annotated.String())).Config); diff != "" {
		t.Error(diff)
	}
}

func TestDiffNamesEveryKeyThatDiffers(t *testing.T) {
	a, b := config.Default(), config.Default()
	if d := config.Diff(a, b, all); d != nil {
		t.Errorf("equal configurations differ in %v", d)
	}
	b.Train.LR, b.Model.Filters, b.Workers, b.Train.Init = 0.1, []int{8}, 2, "a"
	var got []string
	for _, d := range config.Diff(a, b, all) {
		got = append(got, fmt.Sprintf("%s: %s → %s", d.Key, config.Shown(d.A), config.Shown(d.B)))
	}
	want := []string{"model.filters: [64] → [8]", "train.lr: 0.001 → 0.1", `train.init: "" → a`, "workers: 0 → 2"}
	if !slices.Equal(got, want) {
		t.Errorf("differences are %q, want %q", got, want)
	}
}

// A whole configuration stands in place of the defaults, but for what is each cell's and each machine's.
func TestBase(t *testing.T) {
	src := write(t, "train: {epochs: 5}\n")
	base := config.Default()
	base.Train.Epochs, base.Train.BatchSize, base.Train.Seed, base.Workers, base.Model.Filters = 3, 7, 9, 2, []int{4, 5}
	src.Base, src.Of = &base, "plan.json"
	want := config.Default()
	want.Train.Epochs, want.Train.BatchSize, want.Model.Filters = 5, 7, []int{4, 5}
	want.Model.Kernel, want.Model.Stride = base.Model.Kernel, base.Model.Stride
	r := load(t, src)
	if diff := cmp.Diff(want, r.Config); diff != "" {
		t.Error(diff)
	}
	for key, origin := range map[string]string{
		"train.epochs": "c.yaml:1", "train.batch_size": "plan.json", "train.seed": "default", "workers": "default",
	} {
		if r.Origin[key] != origin {
			t.Errorf("origin of %s is %q, want %q", key, r.Origin[key], origin)
		}
	}
}
