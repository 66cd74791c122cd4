package kernel

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"actfn/internal/worker"
)

// rows reads the rows of a file of testdata/reference.
func rows[T any](t *testing.T, file string) []T {
	t.Helper()
	text, err := os.ReadFile("../../testdata/reference/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var content struct{ Rows []T }
	if err := json.Unmarshal(text, &content); err != nil {
		t.Fatal(err)
	}
	if len(content.Rows) == 0 {
		t.Fatalf("%s has no rows", file)
	}
	return content.Rows
}

func float32s(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// TestOptimisersEqualPyTorch makes six steps of each; testdata/reference/pytorch.py has the settings.
func TestOptimisersEqualPyTorch(t *testing.T) { onEachPath(t, testOptimisersEqualPyTorch) }

func testOptimisersEqualPyTorch(t *testing.T) {
	updates := map[string]func(t int) Update{
		"adam":             Adam{LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}.Update,
		"adam_decay":       Adam{LR: 0.01, Beta1: 0.8, Beta2: 0.95, Eps: 1e-6, Decay: 0.1}.Update,
		"adamw":            Adam{LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.1, Decoupled: true}.Update,
		"sgd":              func(int) Update { return SGD{LR: 0.1}.Update() },
		"sgd_decay":        func(int) Update { return SGD{LR: 0.1, Decay: 0.1}.Update() },
		"sgd_momentum":     func(int) Update { return SGD{LR: 0.1, Momentum: 0.9}.Update() },
		"sgd_nesterov":     func(int) Update { return SGD{LR: 0.1, Momentum: 0.9, Nesterov: true, Decay: 0.1}.Update() },
		"rmsprop":          func(int) Update { return RMSprop{LR: 0.01, Alpha: 0.99, Eps: 1e-8}.Update() },
		"rmsprop_momentum": func(int) Update { return RMSprop{LR: 0.01, Alpha: 0.9, Eps: 1e-6, Momentum: 0.5, Decay: 0.1}.Update() },
	}
	type row struct {
		Name               string
		Start              []float64
		Gradients, Weights [][]float64
	}
	p := worker.New(1)
	for _, r := range rows[row](t, "optimisers.json") {
		update := updates[r.Name]
		if update == nil {
			t.Errorf("%s is not tested", r.Name)
			continue
		}
		w := float32s(r.Start)
		a, b := make([]float32, len(w)), make([]float32, len(w))
		for s := range r.Gradients {
			update(s+1).Run(p, w, a, b, float32s(r.Gradients[s]))
			for i, want := range r.Weights[s] {
				if d := math.Abs(float64(w[i]) - want); !(d <= 5e-7*math.Max(1, math.Abs(want))) {
					t.Errorf("%s: after step %d weight %d is %g, want %g", r.Name, s+1, i, w[i], want)
				}
			}
		}
	}
}

func TestCrossEntropyEqualsPyTorch(t *testing.T) {
	type row struct {
		Name                      string
		Weights, Logits, Gradient []float64
		Smoothing, Loss           float64
		Labels                    []float32
	}
	for _, r := range rows[row](t, "losses.json") {
		const k = 4
		images := len(r.Labels)
		n := images + 2 // two columns of padding
		z, d, labels := noise(k*n, "no image"), noise(k*n, "old"), make([]float32, n)
		for i := range labels {
			labels[i] = -1
			if i < images {
				labels[i] = r.Labels[i]
				for j := range k {
					z[j*n+i] = float32(r.Logits[i*k+j])
				}
			}
		}
		s := SoftmaxCrossEntropy{K: k, N: n, Smoothing: r.Smoothing, Weights: r.Weights}
		if loss := s.Forward(d, z, labels); math.Abs(loss-r.Loss) > 1e-6 {
			t.Errorf("%s: loss is %g, want %g", r.Name, loss, r.Loss)
		}
		for i := range n {
			for j := range k {
				want := 0.0
				if i < images {
					want = r.Gradient[i*k+j]
				}
				if got := float64(d[j*n+i]); math.Abs(got-want) > 1e-7 {
					t.Errorf("%s: gradient of logit %d of image %d is %g, want %g", r.Name, j, i, got, want)
				}
			}
		}
	}
}

func TestCrossEntropyOfNoImages(t *testing.T) {
	s := SoftmaxCrossEntropy{K: 2, N: 1}
	d := []float32{1, 1}
	if loss := s.Forward(d, []float32{3, 4}, []float32{-1}); loss != 0 || d[0] != 0 || d[1] != 0 {
		t.Errorf("loss %g, gradient %v, want zeros", loss, d)
	}
}

func TestCrossEntropyOfExtremes(t *testing.T) {
	s := SoftmaxCrossEntropy{K: 3, N: 1}
	d := make([]float32, 3)
	if loss := s.Forward(d, []float32{3e38, -3e38, 0}, []float32{1}); !(loss > 5.9e38) || math.IsNaN(loss) {
		t.Errorf("loss of a certain mistake is %g, want the difference of the logits, 6e38", loss)
	}
	if want := []float32{1, -1, 0}; d[0] != want[0] || d[1] != want[1] || d[2] != want[2] {
		t.Errorf("gradient is %v, want %v", d, want)
	}
	for _, v := range []float64{math.NaN(), math.Inf(1)} {
		if loss := s.Forward(d, []float32{0, float32(v), 1}, []float32{0}); !math.IsNaN(loss) && !math.IsInf(loss, 1) {
			t.Errorf("loss with a logit of %g is %g, want it not finite", v, loss)
		}
	}
}
