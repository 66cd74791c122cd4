package optim

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"testing"

	"actfn/internal/kernel"
	"actfn/internal/worker"
)

// The rows of testdata/reference/optimisers.json, which testdata/reference/pytorch.py makes with these
// settings: an optimiser, and what differs from the defaults.
var rows = map[string]struct {
	optimizer string
	change    func(*Settings)
}{
	"adam": {"adam", func(s *Settings) { s.LR = 0.01 }},
	"adam_decay": {"adam", func(s *Settings) {
		s.LR, s.Beta1, s.Beta2, s.Eps, s.WeightDecay = 0.01, 0.8, 0.95, 1e-6, 0.1
	}},
	"adamw":        {"adamw", func(s *Settings) { s.LR, s.WeightDecay = 0.01, 0.1 }},
	"sgd":          {"sgd", func(s *Settings) { s.LR = 0.1 }},
	"sgd_decay":    {"sgd", func(s *Settings) { s.LR, s.WeightDecay = 0.1, 0.1 }},
	"sgd_momentum": {"sgd", func(s *Settings) { s.LR, s.Momentum = 0.1, 0.9 }},
	"sgd_nesterov": {"sgd", func(s *Settings) { s.LR, s.Momentum, s.Nesterov, s.WeightDecay = 0.1, 0.9, true, 0.1 }},
	"nadam":        {"nadam", func(s *Settings) { s.LR = 0.01 }},
	"nadam_decay": {"nadam", func(s *Settings) {
		s.LR, s.Beta1, s.Beta2, s.Eps, s.MomentumDecay, s.WeightDecay = 0.01, 0.8, 0.95, 1e-6, 0.5, 0.1
	}},
	"rmsprop": {"rmsprop", func(s *Settings) { s.LR = 0.01 }},
	"rmsprop_momentum": {"rmsprop", func(s *Settings) {
		s.LR, s.Alpha, s.Eps, s.Momentum, s.WeightDecay = 0.01, 0.9, 1e-6, 0.5, 0.1
	}},
}

// TestPyTorchValues makes six steps of each row: every weight after every step is within 5e-7 of PyTorch's
// in float64, relative to a weight above 1. The seven weights stand three times, so that vectors of 8 and
// 16 and what they leave over are computed.
func TestPyTorchValues(t *testing.T) {
	text, err := os.ReadFile("../../testdata/reference/optimisers.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Rows []struct {
			Name               string
			Start              []float64
			Gradients, Weights [][]float64
		}
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	pool := worker.New(1)
	defer pool.Close()
	tested := map[string]bool{}
	for _, r := range reference.Rows {
		row, known := rows[r.Name]
		o, err := Named(row.optimizer)
		if !known || err != nil {
			t.Errorf("row %s is not tested: %v", r.Name, err)
			continue
		}
		tested[o.Name] = true
		s := Default()
		row.change(&s)
		w := thrice(r.Start)
		state := New(o, s, []Tensor{{len(w), Group{1, s.WeightDecay}}})
		for step, gradient := range r.Gradients {
			state.Begin(s.LR)
			state.Update(pool, 0, w, thrice(gradient))
			for i, v := range w {
				want := r.Weights[step][i%len(r.Start)]
				if d := math.Abs(float64(v) - want); !(d <= 5e-7*max(1, math.Abs(want))) {
					t.Errorf("%s: after step %d weight %d is %g, want %g", r.Name, step+1, i, v, want)
				}
			}
		}
	}
	for _, name := range Names() {
		if !tested[name] {
			t.Errorf("%s has no row of PyTorch's values", name)
		}
	}
}

// thrice is x, three times, as float32.
func thrice(x []float64) []float32 {
	var all []float32
	for range 3 {
		for _, v := range x {
			all = append(all, float32(v))
		}
	}
	return all
}

// TestOnOtherPaths runs the tests of this package again with the kernels that are not the machine's choice.
func TestOnOtherPaths(t *testing.T) {
	if os.Getenv(kernel.PathVariable) != "" {
		t.Skip("a path is chosen")
	}
	for _, path := range []string{"avx2", "generic"} {
		command := exec.Command(os.Args[0], "-test.count=1")
		command.Env = append(os.Environ(), kernel.PathVariable+"="+path)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", path, err, out)
		}
	}
}
