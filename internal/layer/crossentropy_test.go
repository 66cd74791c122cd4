package layer_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

// losses are the rows of losses.json: a batch of 5 images and 4 classes.
func losses(t testing.TB) map[string]*layertest.Row {
	t.Helper()
	text, err := os.ReadFile("../../testdata/reference/losses.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Rows []struct {
			Name                     string
			Logits, Labels, Gradient []float64
			Loss                     float64
		}
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	rows := map[string]*layertest.Row{}
	for _, r := range all.Rows {
		of := func(data []float64, shape ...int) *layertest.Array { return &layertest.Array{Shape: shape, Data: data} }
		rows[r.Name] = &layertest.Row{
			Name: r.Name, Mode: "train", Inputs: []*layertest.Array{of(r.Logits, 5, 4), of(r.Labels, 5)},
			Y: of([]float64{r.Loss, 0, 0, 0, 0}, 5), DY: of([]float64{1, 0, 0, 0, 0}, 5), // of which only the first is the loss
			DInputs: []*layertest.Array{of(r.Gradient, 5, 4), nil},
		}
	}
	return rows
}

func init() {
	weights := []float64{0.5, 2, 1, 0.25}
	for name, l := range map[string]layer.CrossEntropy{
		"plain":    {},
		"smoothed": {Smoothing: 0.1},
		"weighted": {Weights: weights},
		"both":     {Smoothing: 0.3, Weights: weights},
	} {
		l.Classes = 4
		cases = append(cases, func(t testing.TB) layertest.Case {
			return layertest.Case{
				Name: "cross entropy " + name, Layer: l, In: []layer.Shape{{4}, {}}, Out: layer.Shape{}, Row: losses(t)[name],
				Refuse: [][]layer.Shape{{{4}}, {{3}, {}}, {{4}, {1}}},
				Fill: func(x []float32, input, image int) {
					switch s := rng.New(1, "labels", image); {
					case input == 0:
						layertest.Spread(x, s)
					case image < 0:
						x[0] = -1
					default:
						x[0] = float32(s.Intn(0, 4))
					}
				},
				Constant: []int{1}, Coupled: true, Step: 1. / 16,
			}
		})
	}
}

// A label that is no class, and a loss that is not finite, end the run.
func TestCrossEntropyFails(t *testing.T) {
	pool := worker.New(1)
	defer pool.Close()
	op := layer.CrossEntropy{Classes: 2}.New(layer.Build{In: []layer.Shape{{2}, {}}, Columns: 8, Training: true, WantDX: []bool{true, false}, Pool: pool})
	for want, input := range map[string]struct{ logit, label float32 }{
		"label 3 is 2, want below 2":         {0, 2},
		"loss is +Inf, want a finite number": {3e38, 1},
	} {
		x := [][]float32{make([]float32, 16), make([]float32, 8)}
		for n := range x[1] {
			x[1][n] = -1 // no image
		}
		x[0][3], x[0][8+3], x[1][3] = input.logit, -input.logit, input.label
		c := &layer.Context{Images: 8, Mode: layer.Train}
		if op.Forward(c, make([]float32, 8), x); c.Err == nil || !strings.Contains(c.Err.Error(), want) {
			t.Errorf("error is %v, want %s", c.Err, want)
		}
	}
}
