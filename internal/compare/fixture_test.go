package compare

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/rng"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// outcome is what an activation comes to at the seeds 0, 1, …: the number of 10 000 test images that are right at the
// best of three learning rates, none where there is no run, less than none where it diverged with so many right.
type outcome struct {
	activation string
	rate       float64 // the best
	parameters int
	step       float64
	correct    []int
}

// madeUp are the cells of outcomes, synthetic runs. Of the images some are easier by nature, some to an activation and
// some at a seed, so that runs that are close have most but not all images in common.
func madeUp(rates []float64, outcomes ...outcome) []Cell {
	const images, classes = 10_000, 10
	labels := make([]int, images)
	for i := range labels {
		labels[i] = i % classes
	}
	ease := normals(rng.New(3, "ease", 0), 0, images)
	var cells []Cell
	for _, o := range outcomes {
		own := normals(rng.New(3, o.activation, 0), 0, images)
		for seed, correct := range o.correct {
			if correct == 0 {
				continue
			}
			luck := normals(rng.New(3, o.activation+" luck", seed), 0, images)
			order := make([]int, images) // the surest first
			for i := range order {
				order[i] = i
			}
			slices.SortFunc(order, func(a, b int) int {
				return cmp.Compare(ease[b]+own[b]+luck[b], ease[a]+own[a]+luck[a])
			})
			for _, lr := range rates {
				right := max(correct, -correct)
				if lr != o.rate {
					right = max(right-40, images/classes)
				}
				predicted := make([]int, images)
				for k, i := range order {
					if predicted[i] = labels[i]; k >= right {
						predicted[i] = (labels[i] + 1) % classes
					}
				}
				accuracy := float64(right) / images
				run := record.Run{Parameters: o.parameters, Classes: make([]string, classes),
					Test:   &record.Test{Loss: number.Float(3 * (1 - accuracy)), Accuracy: accuracy, Images: images, Correct: right},
					Epochs: []record.Epoch{{N: 1, Values: map[*record.Metric]float64{record.ValLoss: 3 * (1 - accuracy), record.ValAccuracy: accuracy}}}}
				run.Health, run.Diagnosis = checkup(o.activation, seed)
				if correct < 0 {
					run.Diverged = &record.Diverged{Epoch: 1}
				}
				cells = append(cells, Cell{Activation: o.activation, Seed: uint64(seed), LR: lr, Run: run,
					Predictions: record.Predictions{Labels: labels, Predicted: predicted}})
			}
		}
	}
	return cells
}

var (
	outcomes = []outcome{
		{"relu", 0.001, 3215882, 0.00666, []int{9015, 9021, 8990, 9033, 9011}},
		{"leaky_relu(slope=0.01)", 0.001, 3215882, 0.00669, []int{9026, 9032, 9003, 9044, 9024}},
		{"mish", 0.003, 3215882, 0.00871, []int{9101, 9119, 9090, 9127, 9108}},
		{"x*sigmoid(1.5*x)", 0.001, 3215882, 0.0101, []int{9074, 8960, 9045, 9000, 9051}},
		{`where(x < 0, "|"*x, x)`, 0.001, 3215890, 0.0132, []int{8911, 8920, 0, 8932, 8905}},
		{"sigmoid", 0.001, 3215882, 0.0069, []int{1000, 1000, 1000, 1000, 1000}},
		{"exp", 0.0003, 3215882, 0, []int{8711, 1000, 8745, -8702, 1000}},
		{"cube", 0.0003, 3215882, 0, []int{-1000, -1000, -1000, -1000, -1000}},
		{"one_seed", 0.001, 3215882, 0, []int{0, 0, 9017}},
		{"\x1b[31mred\x1b[0m", 0.001, 3215882, 0, nil},
	}
	madeUpSetup = Setup{Version: "v1.2.3", Results: 1, Kernel: "avx2", LRs: []float64{0.001}, Diverged: Exclude, Config: map[string]any{
		"train.epochs": 3, "train.optimizer": "adam", "train.batch_size": 32, "model.network": "plain", "model.filters": []any{64},
		"model.hidden": []any{256}, "model.norm": "none", "model.dropout": 0.1, "model.initialization": "pytorch"}}
)

// checkup is the health of a made-up run: of some it was not measured, some lack a figure, and some are ill.
func checkup(activation string, seed int) (*record.Checkup, []string) {
	c := &record.Checkup{Epoch: 1, Dead: new(0.0), Saturated: new(0.0), GradientRatio: new(1.2 + 0.1*float64(seed))}
	var diagnosis []string
	switch activation {
	case "relu":
		c.Dead = new(float64(1+seed) / 64)
	case "mish":
		if seed == 2 {
			c.GradientRatio = nil
		}
	case "x*sigmoid(1.5*x)":
		if seed%2 > 0 {
			return nil, nil
		}
	case `where(x < 0, "|"*x, x)`:
		if c.Dead = new(0.75); seed < 2 {
			diagnosis = []string{"fc1: 192 of 256 features get no gradient from any image", "more"}
		}
	case "sigmoid":
		c.Saturated, c.GradientRatio = new(0.9), new(2e-5)
		diagnosis = []string{fmt.Sprintf("fc1: sigmoid is flat where its inputs lie (mean -7.%d)", seed)}
	default:
		return nil, nil
	}
	return c, diagnosis
}

// normals are draws of a standard normal (Box and Muller 1958).
func normals(s rng.Stream, from uint64, n int) []float64 {
	z := make([]float64, n)
	for i := range z {
		u, v := s.Float64(from+2*uint64(i)), s.Float64(from+2*uint64(i)+1)
		z[i] = math.Sqrt(-2*math.Log1p(-u)) * math.Cos(2*math.Pi*v)
	}
	return z
}

// everything is a comparison in which everything happens that can happen to a row.
func everything(t testing.TB) Result { return compared(t, outcomes, []float64{0.0003, 0.001, 0.003}) }

// plain is what most comparisons are: few rows, no surprises.
func plain(t testing.TB) Result { return compared(t, outcomes[:4], []float64{0.001}) }

// timed are the steps of outcomes, but for those that take no time.
func timed(outcomes []outcome) *Timed {
	blocks := func(step float64, spread ...float64) []float64 {
		for i := range spread {
			spread[i] *= step
		}
		return spread
	}
	t := Timed{Timing{"relu", 32, record.Environment{Version: "v1.2.3", Workers: 2}}, map[string]Step{}}
	for _, o := range outcomes {
		if o.step > 0 {
			t.Steps[o.activation] = NewStep(blocks(o.step, 1, 1.02, 1.01, 0.99), blocks(outcomes[0].step, 0.99, 1.01, 1.02, 1))
		}
	}
	t.Steps["relu"] = NewStep(blocks(outcomes[0].step, 1, 1.02, 1.01, 0.99), blocks(outcomes[0].step, 1, 1.02, 1.01, 0.99))
	return &t
}

func compared(t testing.TB, outcomes []outcome, rates []float64) Result {
	t.Helper()
	o := Defaults()
	o.Baseline, o.Diverged, o.Timed = "relu", Exclude, timed(outcomes)
	o.Seeds, o.Setup = []uint64{0, 1, 2, 3, 4}, madeUpSetup
	o.Data = Data{"5d1f0c2e9a1bffee", 10_000, 10}
	for i := range outcomes {
		o.Activations = append(o.Activations, outcomes[i].activation)
		if len(rates) == 1 {
			outcomes = slices.Clone(outcomes)
			outcomes[i].rate = rates[0]
		}
	}
	cells := madeUp(rates, outcomes...)
	if len(rates) > 1 {
		var err error
		if cells, o.Tuned, err = Tune(cells, o.Diverged); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Compare(cells, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// written is a result as Write writes it.
func written(t *testing.T, r Result) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sameResult compares results up to what another machine's arithmetic adds to a figure. A number of the configuration
// is read as it was written, without a type.
var sameResult = gocmp.Options{
	gocmp.Transformer("text", func(config map[string]any) string { return fmt.Sprint(config) }),
	gocmp.Transformer("float", func(f number.Float) float64 { return float64(f) }),
	cmpopts.EquateApprox(1e-9, 1e-300), cmpopts.EquateNaNs(), cmpopts.EquateEmpty(),
}

// TestGolden holds what Compare makes of both, and its text, which the tests of package report read.
func TestGolden(t *testing.T) {
	for name, r := range map[string]Result{"everything.json": everything(t), "plain.json": plain(t)} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, written(t, r), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, r, sameResult); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
