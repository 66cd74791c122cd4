package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"actfn/internal/config"
)

// No text makes the loader panic, and what it accepts survives being written and read again.
func FuzzFile(f *testing.F) {
	for _, name := range []string{"seed.yaml", "quick.yaml", "deep.yaml"} {
		if text, err := os.ReadFile(filepath.Join("..", "..", "configs", name)); err == nil {
			f.Add(text)
		}
	}
	for _, text := range []string{
		"train: {lr: .5, seed: 0x10}", "model: {kernel: 3, filters: 8,16}", "workers: &n 2\ntrain: {epochs: *n}",
		"data:\n  root: |\n    a\n    b\n", "? [a]\n: *x\n", "<<: {workers: 1}", "workers: !!float 1\n---\n", "data: {root: !!binary gIGC}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := config.Load(config.Sources{Files: []string{path}})
		if err == nil {
			reload(t, r, path)
		}
	})
}

// The same for the text of a flag.
func FuzzFlag(f *testing.F) {
	for i, text := range []string{"", "1", "-1", "fast", "1e-3", "[1,2]", "1,2", "true", "a: b", "*x", "!", "\x00", "---", "\xff"} {
		f.Add(uint(i), text)
	}
	f.Fuzz(func(t *testing.T, i uint, text string) {
		keys := config.Keys()
		key := keys[i%uint(len(keys))].Name
		r, err := config.Load(config.Sources{Flags: []config.Flag{{Key: key, Text: text, Origin: "--set"}}})
		if err == nil {
			reload(t, r, filepath.Join(t.TempDir(), "c.yaml"))
		}
	})
}

// reload writes r with its origins and requires to read the same.
func reload(t *testing.T, r config.Resolved, path string) {
	t.Helper()
	var written bytes.Buffer
	if err := r.EncodeWithOrigin(&written); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, written.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := config.Load(config.Sources{Files: []string{path}})
	if err != nil {
		t.Fatalf("%v\n%s", err, &written)
	}
	if diff := cmp.Diff(r.Config, again.Config); diff != "" {
		t.Errorf("%s\n%s", diff, &written)
	}
}
