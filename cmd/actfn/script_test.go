package main

import (
	"bytes"
	"errors"
	"flag"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"actfn/internal/checkpoint"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script")

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"actfn": main}) }

// Each script is one topic, run in a folder of its own through the real main.
func TestScript(t *testing.T) {
	t.Parallel()
	configs, err := filepath.Abs("../../configs")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "ruin": ruin},
		Setup: func(env *testscript.Env) error {
			env.Setenv("CONFIGS", configs)
			return errors.Join(writePets(filepath.Join(env.WorkDir, "pets")), writeIDX(env.WorkDir))
		},
	})
}

// exits runs a command line and wants an exit code: exits 2 actfn train --epochs x. A command that
// is refused (1 or 2) has printed nothing on stdout, and never a stack.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code is %d, want %d", code, want)
	}
	if out := ts.ReadFile("stdout"); out != "" && (code == exitFailed || code == exitUsage) {
		ts.Fatalf("stdout of a refused command is %q, want nothing", out)
	}
}

// ruin makes the weights of a file those of a training that diverged: ruin FILE.
func ruin(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	f, err := checkpoint.Read(path)
	ts.Check(err)
	for i := range f.Tensors[0].Data {
		f.Tensors[0].Data[i] = float32(math.NaN())
	}
	ts.Check(checkpoint.Write(path, f))
}

// program runs this test binary as actfn: testscript.Main goes by the name.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &exec.Cmd{Path: self, Args: append([]string{"actfn"}, args...), Stderr: new(bytes.Buffer), Env: os.Environ()}
}

// programIn is the path of the program in a folder: a link to this test binary.
func programIn(t *testing.T, dir string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "actfn")
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}
