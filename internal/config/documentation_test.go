package config_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"actfn/internal/config"
	"actfn/internal/setting"
)

var update = flag.Bool("update", false, "rewrite configs/seed.yaml and the settings in docs/reference.md")

const (
	seedFile      = "../../configs/seed.yaml"
	referenceFile = "../../docs/reference.md"
	tableStart    = "<!-- settings: go test ./internal/config -update -->\n"
	tableEnd      = "<!-- end of settings -->\n"
)

const seedHead = `# The program that actfn is modelled on, every key spelled out. These are also the defaults:
# "actfn train" and "actfn train -c configs/seed.yaml" do the same.
#
#   ImageFolder('train', ToTensor()), DataLoader(batch_size=32, shuffle=True)
#   Conv2d(3, 64, 3, stride=1, padding=1) → activation → MaxPool2d(2, 2) → flatten
#   → Linear(…, 256) → activation → Linear(256, classes)
#   CrossEntropyLoss, Adam(lr=0.001), 10 epochs
#
# A flag (--lr 0.01, --set train.lr=0.01) or a variable (ACTFN_TRAIN_LR=0.01) overrides a line.
# Written from the settings: go test ./internal/config -update
`

// seed is the default configuration with what each key does as a comment above it.
func seed(t *testing.T) string {
	t.Helper()
	var plain bytes.Buffer
	if err := config.Default().Encode(&plain); err != nil {
		t.Fatal(err)
	}
	text := strings.Builder{}
	text.WriteString(seedHead)
	section := ""
	for line := range strings.Lines(plain.String()) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		if !strings.HasPrefix(line, " ") {
			section = ""
			text.WriteString("\n")
		}
		if key, known := config.KeyNamed(section + word); known {
			lines := wrapped(sentences(key), 90)
			if key.Rule.Want != "" {
				lines = append(lines, "Values: "+key.Rule.Want)
			}
			for _, words := range lines {
				fmt.Fprintf(&text, "%s# %s\n", line[:strings.Index(line, word)], words)
			}
		} else {
			section = word + "."
		}
		text.WriteString(line)
	}
	return text.String()
}

// sentences is what a key does.
func sentences(k setting.Key) string {
	return strings.TrimSpace(strings.ToUpper(k.Help[:1]) + k.Help[1:] + ". " + k.More)
}

// wrapped cuts text into lines of at most some characters.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len([]rune(line+" "+word)) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

func TestSeedFileIsWrittenFromTheKeys(t *testing.T) {
	compare(t, seedFile, seed(t))
}

// The reference says of each key what its row says.
func TestReference(t *testing.T) {
	b, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(b), tableStart)
	_, after, ended := strings.Cut(rest, tableEnd)
	if !found || !ended {
		t.Fatalf("%s has no lines %q and %q, want the settings between them", referenceFile, tableStart, tableEnd)
	}
	table := strings.Builder{}
	table.WriteString("| key | flag | default | values | scope | what it does |\n|---|---|---|---|---|---|\n")
	for _, k := range config.Keys() {
		var flags []string
		if k.Flag != "" {
			flags = append(flags, code("--"+k.Flag))
		}
		if k.Short != "" {
			flags = append(flags, code("-"+k.Short))
		}
		scope := k.Scope.String()
		if k.MayChange {
			scope += ", resume"
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s | %s | %s |\n",
			code(k.Name), strings.Join(flags, ", "), code(k.InitialText()), k.Rule.Want, scope, sentences(k))
	}
	compare(t, referenceFile, before+tableStart+table.String()+tableEnd+after)
}

// code is text as Markdown shows code, nothing for none.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// compare wants a file to hold a text, and writes it with -update.
func compare(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if diff := cmp.Diff(want, string(got)); err != nil || diff != "" {
		t.Errorf("%s is not what the settings say, want go test ./internal/config -update: %v\n%s", path, err, diff)
	}
}
