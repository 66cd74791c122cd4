package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// CITATION.cff is of format 1.2.0 (citation-file-format.github.io) with no key that is unknown, has the licence and the
// authors of LICENSE, and the version of the newest release in CHANGELOG.md, none before the first.
func TestCitation(t *testing.T) {
	read := func(name string) []byte {
		t.Helper()
		text, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var c struct {
		Format   string `yaml:"cff-version"`
		Message  string
		Title    string
		Type     string
		Authors  []struct{ Name string }
		License  string
		Version  string
		Abstract string
		Keywords []string
	}
	d := yaml.NewDecoder(bytes.NewReader(read("CITATION.cff")))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	if c.Format != "1.2.0" || c.Message == "" || c.Title != "actfn" || c.Type != "software" || len(c.Authors) != 1 {
		t.Fatalf("citation is %+v, want format 1.2.0, a message, the title actfn, type software and one author", c)
	}
	licence := string(read("LICENSE"))
	if !strings.HasPrefix(licence, c.License+" License\n") || !strings.Contains(licence, " "+c.Authors[0].Name+"\n") {
		t.Errorf("licence is %q, of %q, want those of LICENSE", c.License, c.Authors[0].Name)
	}
	newest := ""
	if release := regexp.MustCompile(`(?m)^## v?(\d\S*)`).FindSubmatch(read("CHANGELOG.md")); release != nil {
		newest = string(release[1])
	}
	if c.Version != newest {
		t.Errorf("version is %q, want %q, the newest release in CHANGELOG.md", c.Version, newest)
	}
}
