package record_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"actfn/internal/record"
)

// health is a layer with every figure, and one with none.
func health() []record.Health {
	full := record.Health{
		Epoch: 0, Layer: "layer1.0.conv1", Function: "leaky_relu(slope=0.01)", Images: 256, Unit: "channel", Units: 16,
		Values:    map[*record.Figure]float64{},
		Quantiles: &[7]float64{-3, -2, -1, 0, 1, 2, 3}, Histogram: &record.Histogram{Low: -3, High: 3, Shares: []float64{0.25, 0.7}},
	}
	for i, f := range record.Figures {
		full.Values[f] = []float64{0, 1e-300, -1.0 / 3, 61.0 / 64}[i%4]
	}
	none := record.Health{
		Epoch: 1, Layer: "fc1", Function: "exp(x)", Images: 1, Unit: "feature", Units: 1,
		Missing: map[string]string{"dead": "inputs are not finite"},
	}
	return []record.Health{full, none}
}

func TestHealthRoundTrip(t *testing.T) {
	dir := t.TempDir()
	if err := record.WriteHealth(dir, health()); err != nil {
		t.Fatal(err)
	}
	wantNames(t, dir, record.HealthFile)
	got, err := record.ReadHealth(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(health(), got); diff != "" {
		t.Errorf("health differs (-want +got):\n%s", diff)
	}
	text, err := os.ReadFile(filepath.Join(dir, record.HealthFile))
	if err != nil {
		t.Fatal(err)
	}
	if first, second, _ := strings.Cut(string(text), "\n"); !strings.Contains(first, `"input_mean":0,`) ||
		!strings.Contains(second, `"dead":null`) || !strings.Contains(second, `"input_quantiles":null`) {
		t.Errorf("lines are\n%s, want numbers in the first and null in the second", text)
	}
}

func TestHealthFaults(t *testing.T) {
	bad := health()
	bad[0].Values[record.Dead] = math.NaN()
	if err := record.WriteHealth(t.TempDir(), bad); err == nil {
		t.Error("NaN was written, want an error: a figure that there is not is left out")
	}
	dir := t.TempDir()
	if err := record.WriteHealth(dir, health()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, record.HealthFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for old, want := range map[string]string{
		`"dead":null,`: "health.jsonl:2: dead is missing",
		`"images":1,`:  "health.jsonl:2: images is missing",
	} {
		if err := os.WriteFile(path, []byte(strings.Replace(string(whole), old, "", 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := record.ReadHealth(dir); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("without %s the error is %v, want …%s", old, err, want)
		}
	}
}
