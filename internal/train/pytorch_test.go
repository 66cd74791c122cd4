package train

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"actfn/internal/checkpoint"
	"actfn/internal/dataset"
	"actfn/internal/model"
	"actfn/internal/pytorchtest"
	"actfn/internal/record"
)

// python starts a script, or skips the test where there is no PyTorch. ask sends it a line and returns the JSON of its
// next answer.
func python(t *testing.T, script string, args ...string) (ask func(line string, answer any)) {
	t.Helper()
	command := exec.Command(pytorchtest.Interpreter(t), append([]string{script}, args...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		command.Wait()
	})
	answers := json.NewDecoder(out)
	return func(line string, answer any) {
		t.Helper()
		io.WriteString(in, line+"\n")
		if err := answers.Decode(answer); err != nil {
			in.Close()
			command.Wait()
			t.Fatalf("%s: %v\n%s", script, err, &stderr)
		}
	}
}

// TestPyTorch starts from weights that PyTorch drew, trains the seed's model in order on the same
// files as PyTorch, and ends with its weights; PyTorch loads our file and computes our logits.
func TestPyTorch(t *testing.T) {
	const epochs, batch = 2, 4
	root, dir := images(t, 7, 3), t.TempDir()
	initial, theirs := filepath.Join(dir, "initial.safetensors"), filepath.Join(dir, "pytorch.safetensors")
	ask := python(t, "testdata/pytorch.py", root, strconv.Itoa(epochs), strconv.Itoa(batch))
	for _, file := range []string{initial, theirs} {
		var written bool
		ask(file, &written)
	}

	j := job(t, root, func(j *Job, _ *dataset.Config) {
		j.Model = model.Default()
		j.Config = Default()
		j.Config.Epochs, j.Config.BatchSize, j.Config.Shuffle, j.Config.Init = epochs, batch, false, initial
	})
	if _, err := Run(context.Background(), j); err != nil {
		t.Fatal(err)
	}
	ours := filepath.Join(j.Dir, record.LastFile)
	a, err := checkpoint.Read(ours)
	if err != nil {
		t.Fatal(err)
	}
	b, err := checkpoint.Read(theirs)
	if err != nil {
		t.Fatal(err)
	}
	start, err := checkpoint.Read(initial)
	if err != nil {
		t.Fatal(err)
	}
	for i, tensor := range a.Tensors {
		var apart, moved float64
		for k, v := range tensor.Data {
			apart = max(apart, math.Abs(float64(v-b.Tensors[i].Data[k])))
			moved = max(moved, math.Abs(float64(v-start.Tensors[i].Data[k])))
		}
		t.Logf("%s moved by %.1e, differs by %.1e", tensor.Name, moved, apart)
		if tensor.Name != b.Tensors[i].Name || apart > 2e-5 || moved < 1e-4 {
			t.Errorf("%s differs from PyTorch's %s by %g after moving by %g", tensor.Name, b.Tensors[i].Name, apart, moved)
		}
	}

	var want [][]float64
	ask(ours, &want)
	net, _, err := LoadModel(ours, j.Pool)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Logits(context.Background(), net, j.Data.Test)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range want {
		for k, z := range row {
			if d := math.Abs(float64(got[i*len(row)+k]) - z); d > 1e-5 {
				t.Errorf("logit %d of image %d is %g, PyTorch says %g", k, i, got[i*len(row)+k], z)
			}
		}
	}
}
