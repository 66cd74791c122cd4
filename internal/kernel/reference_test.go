package kernel

import (
	"encoding/json"
	"math"
	"os"
	"testing"
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
