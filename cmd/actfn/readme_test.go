package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestReadme runs every actfn command of README.md, in its order, in a folder that has the files it
// speaks of; with a small model for a single epoch where the command does not say otherwise.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	configs, err := filepath.Abs("../../configs")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(writePets("photos"))
	must(writeHalf("cat.jpg", true, 200))
	must(writeIDX("."))
	for _, name := range []string{"train", "t10k"} {
		must(os.Link("images.idx", name+"-images-idx3-ubyte.gz"))
		must(os.Link("labels.idx", name+"-labels-idx1-ubyte.gz"))
	}
	must(os.CopyFS("configs", os.DirFS(configs)))

	commands := regexp.MustCompile(`(?m)^\$ actfn (.*)$`).FindAllStringSubmatch(string(readme), -1)
	if len(commands) < 8 {
		t.Fatalf("README.md shows %d commands, want 8 or more", len(commands))
	}
	for _, c := range commands {
		args := words(c[1])
		command := program(t, args...)
		command.Env = append(command.Env, "ACTFN_TRAIN_EPOCHS=1", "ACTFN_MODEL_FILTERS=4", "ACTFN_MODEL_HIDDEN=8")
		if err := command.Run(); err != nil {
			t.Errorf("actfn %s: %v\n%s", c[1], err, command.Stderr)
		}
	}
}

// words are those of a command line, of which some are quoted.
func words(line string) []string {
	var args []string
	for _, m := range regexp.MustCompile(`'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		args = append(args, m[1]+m[2])
	}
	return args
}
