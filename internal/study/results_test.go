package study

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"actfn/internal/checkpoint"
	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/kernel"
	"actfn/internal/model"
	"actfn/internal/setting"
	"actfn/internal/train"
	"actfn/internal/worker"
)

var update = flag.Bool("update", false, "rewrite testdata/results.json")

// golden is what the program computes at a ResultsVersion.
type golden struct {
	Version  int
	Defaults map[string]string            // of the keys that decide a result, as JSON
	Weights  map[string]map[string]string // by arithmetic class and configuration: SHA-256 of the trained weights
}

const goldenFile = "testdata/results.json"

// small are configurations that together go through what a result depends on.
var small = map[string]func(*config.Config){
	"default": func(*config.Config) {},
	"gelu":    func(c *config.Config) { c.Model.Activation = "gelu" },
	"sgd": func(c *config.Config) {
		c.Train.Optimizer, c.Train.Momentum, c.Train.Nesterov, c.Train.WeightDecay = "sgd", 0.9, true, 1e-3
	},
	"two_blocks": func(c *config.Config) {
		c.Model.Filters, c.Data.Normalize, c.Data.Channels, c.Train.Schedule = []int{8, 16}, "train", 1, "cosine"
	},
	"prelu_resized": func(c *config.Config) {
		c.Model.Activation, c.Data.ImageSize, c.Model.Filters = "prelu(slope=0.1!channel)", 20, []int{16}
	},
	"rrelu": func(c *config.Config) { c.Model.Activation, c.Model.Filters = "rrelu", []int{16} },
	"resnet": func(c *config.Config) {
		m, t := &c.Model, &c.Train
		m.Network, m.Depth, m.Width, m.Norm, m.Head, m.Dropout = "resnet", 8, 4, "batch", "average", 0.1
		m.Hidden = model.Default().Hidden
		t.Optimizer, t.Momentum, c.Data.Augment = "sgd", 0.9, []string{"crop=2", "flip"}
	},
	"norm_after": func(c *config.Config) {
		c.Model.Filters, c.Model.Norm, c.Model.NormOrder, c.Model.Initialization = []int{8}, "batch", "after", "matched"
	},
	"smoothing": func(c *config.Config) {
		c.Train.LabelSmoothing, c.Train.ClipGrad, c.Model.Filters = 0.1, 0.5, []int{16}
	},
}

// TestResults forces ResultsVersion to be raised: a comparison takes cells of the same version for results of this
// program.
func TestResults(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the hashes are of amd64")
	}
	want, got := readGolden(t), golden{ResultsVersion, map[string]string{}, map[string]map[string]string{}}
	for _, k := range config.Keys() {
		if k.Scope != setting.Runtime {
			b, err := json.Marshal(k.Initial())
			if err != nil {
				t.Fatal(err)
			}
			got.Defaults[k.Name] = string(b)
		}
	}
	root := someOfTheSample(t)
	for _, path := range []string{"avx2", "generic"} {
		restore, err := kernel.Use(path)
		if err != nil {
			t.Logf("%v", err)
			continue
		}
		class := Kernel(runtime.GOARCH)
		got.Weights[class] = map[string]string{}
		for name, change := range small {
			got.Weights[class][name] = trained(t, root, change)
		}
		restore()
	}
	if *update {
		writeGolden(t, want, got)
		return
	}
	const update = "go test ./internal/study -run TestResults -update"
	if want.Version != got.Version {
		t.Fatalf("%s is of results version %d, want %d: %s", goldenFile, want.Version, got.Version, update)
	}
	for name, value := range want.Defaults {
		if now, there := got.Defaults[name]; there && now != value {
			t.Errorf("default of %s is %s, was %s: raise ResultsVersion, then %s", name, now, value, update)
		}
	}
	for class, hashes := range got.Weights {
		for name, hash := range hashes {
			if hash != want.Weights[class][name] {
				t.Errorf("%s on %s has other weights than at results version %d: if that is meant, raise ResultsVersion, then %s",
					name, class, want.Version, update)
			}
		}
	}
	for name := range got.Defaults {
		if _, there := want.Defaults[name]; !there {
			t.Errorf("%s is a new key: %s", name, update)
		}
	}
}

// someOfTheSample writes some images of each class of the built-in sample to a folder.
func someOfTheSample(t *testing.T) string {
	t.Helper()
	sample, closer, err := dataset.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	root := t.TempDir()
	for split, n := range map[string]int{"train": 16, "test": 1} {
		paths, err := fs.Glob(sample, split+"/*/*")
		if err != nil || len(paths)%10 != 0 || len(paths) < 10*n {
			t.Fatalf("%d images in %s, %v, want as many in each of 10 classes", len(paths), split, err)
		}
		each := len(paths) / 10
		for class := range 10 {
			for _, path := range paths[class*each : class*each+n] {
				b, err := fs.ReadFile(sample, path)
				to := filepath.Join(root, filepath.FromSlash(path))
				if err := errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o777), os.WriteFile(to, b, 0o666)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return root
}

// trained is the hash of the weights of a small configuration after an epoch.
func trained(t *testing.T, root string, change func(*config.Config)) string {
	t.Helper()
	c := config.Default()
	c.Train.Epochs, c.Data.Root, c.Model.Hidden = 1, root, []int{32}
	change(&c)
	pool := worker.New(2)
	defer pool.Close()
	data, err := dataset.Load(context.Background(), c.Data, 1, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	dir := t.TempDir()
	job := train.Job{Config: c.Train, Model: c.Model, Data: train.Loaded(data), Pool: pool, Dir: dir, Begin: func(*model.Net) error { return nil }}
	if _, err := train.Run(context.Background(), job); err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Read(filepath.Join(dir, "last.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for _, tensor := range f.Tensors {
		fmt.Fprintln(h, tensor.Name, tensor.Shape)
		if err := binary.Write(h, binary.LittleEndian, tensor.Data); err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func readGolden(t *testing.T) golden {
	t.Helper()
	var g golden
	b, err := os.ReadFile(goldenFile)
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	if err != nil && !*update {
		t.Fatal(err)
	}
	return g
}

// writeGolden refuses to hide a change: at one version, hashes and defaults are only added.
func writeGolden(t *testing.T, before, now golden) {
	t.Helper()
	if before.Version == now.Version {
		for name, value := range before.Defaults {
			if v, there := now.Defaults[name]; there && v != value {
				t.Fatalf("default of %s is %s, was %s: raise ResultsVersion first", name, v, value)
			}
		}
		for class, hashes := range now.Weights {
			for name, hash := range hashes {
				if old := before.Weights[class][name]; old != "" && old != hash {
					t.Fatalf("%s on %s has other weights: raise ResultsVersion first", name, class)
				}
			}
		}
	}
	b, err := json.MarshalIndent(now, "", "  ")
	if err == nil {
		err = os.WriteFile(goldenFile, append(b, '\n'), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}
