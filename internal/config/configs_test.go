package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"actfn/internal/config"
)

const configs = "../../configs"

func TestSeedFileIsTheDefaultWithEveryKey(t *testing.T) {
	r := load(t, config.Sources{Files: []string{filepath.Join(configs, "seed.yaml")}})
	if diff := cmp.Diff(config.Default(), r.Config); diff != "" {
		t.Error(diff)
	}
	for _, k := range config.Keys() {
		if r.Origin[k.Name] == "default" {
			t.Errorf("seed.yaml does not say %s", k.Name)
		}
	}
}

func TestReadyConfigurationsLoad(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(configs, "*.yaml"))
	if err != nil || len(files) < 3 {
		t.Fatalf("files are %q, %v", files, err)
	}
	for _, path := range files {
		if _, err := config.Load(config.Sources{Files: []string{path}}); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			t.Errorf("%s is executable", path)
		}
	}
}
