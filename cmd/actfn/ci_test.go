package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"actfn/internal/study"
)

// TestCIScript runs deploy/ci/compare.sh in a clean clone: its gates pass, and cannot be decided when the settings are
// no longer those of its baseline.
func TestCIScript(t *testing.T) {
	t.Parallel()
	if study.Kernel(runtime.GOARCH) != "avx2" {
		t.Skip("deploy/ci/baseline.json is of the kernels avx2")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	clone := filepath.Join(t.TempDir(), "clone")
	if out, err := exec.Command("git", "clone", "-q", filepath.Join("..", ".."), clone).CombinedOutput(); err != nil {
		t.Skipf("the tests run in no clone: %v\n%s", err, out)
	}
	actfn := programIn(t, t.TempDir())
	judge := func(want int, says string) {
		t.Helper()
		c := exec.Command("sh", "deploy/ci/compare.sh")
		c.Dir, c.Env = clone, append(os.Environ(), "ACTFN="+actfn, "GITHUB_STEP_SUMMARY=")
		out, _ := c.CombinedOutput()
		if c.ProcessState.ExitCode() != want || !strings.Contains(string(out), says) {
			t.Errorf("exit code is %d, want %d, and %q in\n%s", c.ProcessState.ExitCode(), want, says, out)
		}
	}
	judge(0, "gate passed: relu vs baseline-file < -0.5pp is regression: ")
	quick := filepath.Join(clone, "configs", "quick.yaml")
	b, err := os.ReadFile(quick)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(quick, []byte(strings.Replace(string(b), "epochs: 2", "epochs: 1", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	judge(4, "baseline file: train.epochs is 1, was 2: ")
}
