package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"actfn/internal/compare"
	"actfn/internal/model"
	"actfn/internal/report"
)

// TestDocs runs the commands that README.md and docs show, in the order of a page, in a folder with the files that they
// name. A command with output is run as it stands, and its output compared: times are masked, "…" stands for lines that
// are left out, and lines before the first that is shown do not count. Other commands train a small model for one epoch.
func TestDocs(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []string{"README.md", "docs/reference.md", "docs/comparing.md", "docs/data.md", "docs/health.md"} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join(root, page))
			if err != nil {
				t.Fatal(err)
			}
			shown := shownCommands(string(text))
			if len(shown) == 0 {
				t.Fatal("the page shows no command")
			}
			dir := docsFolder(t, root)
			for _, c := range shown {
				if problem := c.run(t, dir); problem != "" {
					t.Errorf("actfn %s: %s", c.line, problem)
				}
			}
			if page == "docs/data.md" {
				runReaders(t, dir, string(text))
			}
		})
	}
}

// docsFolder is a folder with what the pages speak of.
func docsFolder(t *testing.T, root string) string {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	must(writePets(in("photos")))
	must(writeHalf(in("cat.jpg"), true, 200))
	must(writeIDX(dir))
	for _, name := range []string{"train", "t10k"} {
		must(os.Link(in("images.idx"), in(name+"-images-idx3-ubyte.gz")))
		must(os.Link(in("labels.idx"), in(name+"-labels-idx1-ubyte.gz")))
	}
	must(os.CopyFS(in("configs"), os.DirFS(filepath.Join(root, "configs"))))
	return dir
}

// readers are the programs that read a comparison, by the language of their code in a page.
var readers = map[string][]string{
	"python": {"/usr/bin/python3", "-"}, // python3-pandas installs for this one
	"r":      {"Rscript", "-"},
	"sql":    {"duckdb"},
}

// runReaders runs a page's code for other programs, where these are installed. It wants the mean accuracy of each row of
// the result.
func runReaders(t *testing.T, dir, page string) {
	result, err := compare.ReadFile(filepath.Join(dir, "runs/rates/compare.json"))
	if err != nil {
		t.Fatal(err)
	}
	for language, program := range readers {
		t.Run(language, func(t *testing.T) {
			code := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```").FindStringSubmatch(page)
			if code == nil {
				t.Fatal("the page has no code")
			}
			command := exec.Command(program[0], program[1:]...)
			command.Dir, command.Stdin = dir, strings.NewReader(code[1])
			text, err := command.CombinedOutput()
			output := string(text)
			if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || strings.Contains(output, "No module named") {
				t.Skipf("not here: %v\n%s", err, output)
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			for _, row := range result.Rows {
				line := regexp.MustCompile(`(?m)^(.*[^\w\n])?` + regexp.QuoteMeta(row.Activation) + `[^\w\n].*$`).FindString(output)
				if !slices.ContainsFunc(regexp.MustCompile(`[0-9.]+`).FindAllString(line, -1), func(number string) bool {
					v, err := strconv.ParseFloat(number, 64)
					return err == nil && math.Abs(v-*row.Mean) < 1e-6
				}) {
					t.Errorf("line of %s is %q, want the mean %g:\n%s", row.Activation, line, *row.Mean, output)
				}
			}
		})
	}
}

// shownCommand is a command line of a page, and the output that the page shows below it.
type shownCommand struct {
	line   string
	output []string
}

var console = regexp.MustCompile("(?ms)^```console\n(.*?)^```")

// shownCommands are the commands of actfn in a page.
func shownCommands(page string) []shownCommand {
	var shown []shownCommand
	for _, block := range console.FindAllStringSubmatch(page, -1) {
		ours := false
		for line := range strings.Lines(block[1]) {
			line = strings.TrimRight(line, "\n")
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				if command, ours = strings.CutPrefix(command, "actfn "); ours {
					shown = append(shown, shownCommand{line: command})
				}
			} else if ours {
				last := &shown[len(shown)-1]
				last.output = append(last.output, line)
			}
		}
	}
	return shown
}

// run runs the command in a folder and says what is wrong with it.
func (c shownCommand) run(t *testing.T, dir string) string {
	command := program(t, words(c.line)...)
	var output bytes.Buffer
	command.Dir, command.Stdout, command.Stderr = dir, &output, &output
	if len(c.output) == 0 {
		command.Env = append(command.Env, "ACTFN_TRAIN_EPOCHS=1")
		switch {
		case strings.Contains(c.line, "resnet"):
			command.Env = append(command.Env, "ACTFN_MODEL_WIDTH=4")
		case strings.Contains(c.line, "six.yaml"): // the other lists of which have an entry for each block
			command.Env = append(command.Env, "ACTFN_MODEL_FILTERS=2,2,2,2,2,2", "ACTFN_MODEL_HIDDEN=8")
		default:
			command.Env = append(command.Env, "ACTFN_MODEL_FILTERS=4", "ACTFN_MODEL_HIDDEN=8")
		}
	}
	if err := command.Run(); err != nil {
		return fmt.Sprintf("%v\n%s", err, &output)
	}
	if len(c.output) == 0 || model.Arithmetic() != "avx2" { // other kernels give other last bits
		return ""
	}
	if missing, ok := matchOutput(c.output, strings.Split(strings.TrimRight(output.String(), "\n"), "\n")); !ok {
		return fmt.Sprintf("line %q of the page is not in its output:\n%s", missing, &output)
	}
	return ""
}

// timings are what differs from run to run.
var timings = regexp.MustCompile(`[0-9.]+ images/s|\b[0-9.]+ m?s\b|~?[0-9.]+×( |$)`)

// masked is a line without its timings, with one space where there are several.
func masked(line string) string {
	return strings.Join(strings.Fields(timings.ReplaceAllString(line, "T$1")), " ")
}

// matchOutput finds the lines of a page in an output, and returns the first that is not there.
func matchOutput(page, output []string) (missing string, ok bool) {
	skip := true // lines before the first
	for _, want := range page {
		if want == "…" {
			skip = true
			continue
		}
		for skip && len(output) > 0 && masked(output[0]) != masked(want) {
			output = output[1:]
		}
		if len(output) == 0 || masked(output[0]) != masked(want) {
			return want, false
		}
		output, skip = output[1:], false
	}
	if !skip && len(output) > 0 {
		return "(the end)", false
	}
	return "", true
}

// TestStoredComparisons holds the tables of pages to the results beside them, which scripts in bench make in a quarter of an
// hour and more: that of a command with -o runs/NAME in docs/PAGE.md to docs/PAGE/NAME.json.
func TestStoredComparisons(t *testing.T) {
	folder := regexp.MustCompile(`^compare .*-o runs/(\S+)$`)
	for _, page := range []string{"fashion-mnist", "networks"} {
		text, err := os.ReadFile("../../docs/" + page + ".md")
		if err != nil {
			t.Fatal(err)
		}
		compared := 0
		for _, c := range shownCommands(string(text)) {
			name := folder.FindStringSubmatch(c.line)
			if name == nil {
				continue
			}
			compared++
			result, err := compare.ReadFile("../../docs/" + page + "/" + name[1] + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var table bytes.Buffer
			if err := report.Write(&table, result, nil, "table"); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimRight(table.String(), "\n"), "\n")
			if missing, ok := matchOutput(c.output, lines); len(c.output) == 0 || !ok {
				t.Errorf("%s: line %q is not in the table of its result:\n%s", page, missing, &table)
			}
		}
		if compared == 0 {
			t.Errorf("%s shows no comparison", page)
		}
	}
}

func TestMatchOutput(t *testing.T) {
	output := []string{"cells: 3", "", "relu  85.80   1.00×", "epoch 2  15358 images/s  0.1 s", "tanh  84.76   0.99×", "end"}
	for _, test := range []struct {
		page []string
		want string
	}{
		{[]string{"relu 85.80  1.18×", "…", "end"}, ""},
		{[]string{"", "relu 85.80  1.18×", "epoch 2  9 images/s  12.0 s", "tanh  84.76 1.00×", "end"}, ""},
		{[]string{"relu 85.81  1.18×", "…"}, "relu 85.81  1.18×"},
		{[]string{"relu 85.80  1.18×", "tanh  84.76   0.99×"}, "tanh  84.76   0.99×"},
		{[]string{"relu 85.80  1.18×"}, "(the end)"},
		{[]string{"…", "tanh  84.77 1.00×"}, "tanh  84.77 1.00×"},
	} {
		if missing, ok := matchOutput(test.page, output); missing != test.want || ok != (test.want == "") {
			t.Errorf("%q: missing is %q, want %q", test.page, missing, test.want)
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
