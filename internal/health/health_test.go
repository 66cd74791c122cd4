package health

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"actfn/internal/activations"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/worker"
)

func TestImages(t *testing.T) {
	for training, want := range map[int]int{1: 1, 32: 32, 33: 32, 1600: 32, 2000: 40, 12800: 256, 1_000_000: 256} {
		if got := Images(training); got != want {
			t.Errorf("%d images are probed of %d, want %d", got, training, want)
		}
	}
}

// TestChoose wants each class to have its share, every image once, and the same images for the same seed.
func TestChoose(t *testing.T) {
	var labels []int
	for y, n := range []int{50, 0, 30, 17, 3} {
		labels = append(labels, slices.Repeat([]int{y}, n)...)
	}
	for n, want := range map[int][]int{10: {5, 0, 3, 2, 0}, 33: {16, 0, 10, 6, 1}, 100: {50, 0, 30, 17, 3}, 1: {1, 0, 0, 0, 0}} {
		chosen := Choose(labels, n, 4)
		counts := make([]int, 5)
		for _, i := range chosen {
			counts[labels[i]]++
		}
		if !slices.Equal(counts, want) {
			t.Errorf("%d images have classes %v, want %v", n, counts, want)
		}
		if !slices.Equal(chosen, Choose(labels, n, 4)) {
			t.Errorf("%d images are others the second time", n)
		}
		if sorted := slices.Sorted(slices.Values(chosen)); len(slices.Compact(sorted)) != n {
			t.Errorf("%d images are %v, want each once", n, chosen)
		}
	}
	if chosen := Choose(labels, 50, 4); slices.IsSortedFunc(chosen, func(a, b int) int { return labels[a] - labels[b] }) {
		t.Error("classes are not mixed")
	}
	if slices.Equal(Choose(labels, 50, 4), Choose(labels, 50, 5)) {
		t.Error("two seeds choose the same images")
	}
}

// TestSteepest wants M: the largest slope, and near 0 where it has no bound.
func TestSteepest(t *testing.T) {
	for spec, want := range map[string]float64{
		"relu": 1, "sigmoid": 0.25, "tanh": 1, "x^3": 27, "exp(x)": math.Exp(3), "leaky_relu(slope=3)": 3, "step": 0, "relu^2": 6,
	} {
		a, err := activations.Parse(strings.ReplaceAll(strings.ReplaceAll(spec, "relu^2", "max(x, 0)^2"), "step", "where(x > 0, 1, 0)"))
		if err != nil {
			t.Fatal(err)
		}
		if got := steepest(a.Live(1, false), 0); !(math.Abs(got-want) <= 1e-6*want) {
			t.Errorf("M of %s is %v, want %v", spec, got, want)
		}
	}
}

// TestUpdates wants rms(Δw)/rms(w) of each layer, of sampled weights where there are many.
func TestUpdates(t *testing.T) {
	pool := worker.New(1)
	defer pool.Close()
	c := model.Default()
	c.Filters, c.Hidden = []int{4}, []int{64} // fc1 has 64·144 weights, every second of which is looked at
	net, err := model.Declare(c, model.Input{Channels: 3, Height: 12, Width: 12}, 3, pool)
	if err != nil {
		t.Fatal(err)
	}
	net.Initialise(1)
	u := NewUpdates(net)
	u.Before()
	want := map[string]float64{}
	for _, p := range net.Parameters {
		layer, ok := strings.CutSuffix(p.Name, ".weight")
		if !ok || layer == "fc2" {
			continue
		}
		values := p.Export(p.Values())
		var moved, size float64
		for i, w := range values {
			d := float32(0.01 * float64(i%7))
			values[i] += d
			if layer == "conv1" || i%2 == 0 {
				d := float64(values[i]) - float64(w)
				moved, size = moved+d*d, size+float64(w)*float64(w)
			}
		}
		p.Import(p.Values(), values)
		want[layer] = math.Sqrt(moved / size)
	}
	got := u.After()
	if len(want) != 2 || len(got) != len(want) {
		t.Fatalf("layers are %v, want those of %v", got, want)
	}
	for layer, ratio := range want {
		if !(math.Abs(got[layer]-ratio) <= 1e-9) {
			t.Errorf("%s: ratio is %v, want %v", layer, got[layer], ratio)
		}
	}
	for _, p := range net.Parameters {
		clear(p.Values())
	}
	u.Before()
	if got := u.After(); len(got) > 0 {
		t.Errorf("ratios of weights that are 0 are %v, want none", got)
	}
}

// healthy is a run that nothing is wrong with.
func healthy() Run {
	r := Run{Tested: 1, Images: 1000, Chance: 0.1, Epochs: []record.Epoch{{
		N: 1, Values: map[*record.Metric]float64{record.TrainAccuracy: 0.5},
	}}}
	for epoch := range 2 {
		for _, layer := range []string{"conv1", "conv2", "fc1"} {
			h := record.Health{Epoch: epoch, Layer: layer, Function: "sigmoid", Images: 32, Unit: "channel", Units: 64}
			h.Values = map[*record.Figure]float64{
				record.InputMean: 0.1, record.InputStd: 1, record.Dead: 0.01, record.Saturated: 0.1, record.Linear: 0.2,
				record.Sameness: 0.995, record.Gain: 1, record.LayerGradientRMS: 1e-3, record.LayerGradientNorm: 0.1,
				record.UpdateRatio: 0.01,
			}
			r.Health = append(r.Health, h)
		}
	}
	return r
}

// TestRules changes one thing at a time, beyond each threshold and up to it.
func TestRules(t *testing.T) {
	if found := Diagnose(healthy()); len(found) > 0 {
		t.Errorf("a healthy run has %v", found)
	}
	guessing := func(r *Run) { r.Epochs[0].Values[record.TrainAccuracy] = 0.115 }
	set := func(layer int, f *record.Figure, v float64) func(*Run) {
		return func(r *Run) { r.Health[3+layer].Values[f] = v }
	}
	for _, c := range []struct {
		rule, want string // "": nothing
		change     []func(*Run)
	}{
		{"dead", "conv2: 61 of 64 channels get no gradient from any image", []func(*Run){set(1, record.Dead, 61.0/64)}},
		{"dead", "conv1: 32 of 64 channels, fc1: 64 of 64 channels get no gradient from any image",
			[]func(*Run){set(0, record.Dead, 0.5), set(2, record.Dead, 1)}},
		{"some_dead", "conv1: 4 of 64 channels get no gradient from any image", []func(*Run){set(0, record.Dead, 0.0625)}},
		{"", "", []func(*Run){set(0, record.Dead, 0.049)}},
		{"no_gradient", "no gradient reaches fc1", []func(*Run){set(2, record.LayerGradientNorm, 0)}},
		{"vanishing", "the gradient vanishes: in conv1 it is 0.0005 times that in fc1", []func(*Run){set(0, record.LayerGradientNorm, 5e-5)}},
		{"", "", []func(*Run){set(0, record.LayerGradientNorm, 1.1e-4)}},
		{"exploding", "the gradient explodes: in conv1 it is 80 times that in fc1", []func(*Run){set(0, record.LayerGradientNorm, 8)}},
		{"", "", []func(*Run){set(0, record.LayerGradientNorm, 6.9)}},
		{"saturated", "fc1: sigmoid is flat where its inputs lie (mean -7.1)",
			[]func(*Run){set(2, record.Saturated, 0.5), set(2, record.InputMean, -7.1)}},
		{"replaced", "conv2: weights are replaced within ten steps (a step is 20 % of them) (also in 1 other layer)",
			[]func(*Run){set(1, record.UpdateRatio, 0.2), set(0, record.UpdateRatio, 0.11)}},
		{"sameness", "all images look alike after conv1", []func(*Run){guessing}},
		{"", "", []func(*Run){guessing, set(0, record.Sameness, 0.9), set(1, record.Sameness, 0.9), set(2, record.Sameness, 0.9)}},
		{"linear", "fc1: the activation is a straight line here", []func(*Run){set(2, record.Linear, 0.9)}},
		{"gain", "initialization does not fit this function: --initialization matched", []func(*Run){
			guessing, set(0, record.Sameness, 0), set(1, record.Sameness, 0), set(2, record.Sameness, 0),
			func(r *Run) { r.Health[2].Values[record.InputStd] = 3.2 },
		}},
		{"", "", []func(*Run){func(r *Run) { r.Health[2].Values[record.InputStd] = 30 }}},
		{"frozen", "conv2: weights are frozen (a step moves them by 1e-06 of their size)", []func(*Run){
			func(r *Run) { delete(r.Health[1].Values, record.UpdateRatio) }, set(1, record.UpdateRatio, 1e-6),
		}},
		{"", "", []func(*Run){set(1, record.UpdateRatio, 1e-6)}}, // an epoch before moved them
		{"not_finite", "conv2: what the activation receives is not finite", []func(*Run){
			func(r *Run) { clear(r.Health[4].Values) },
		}},
	} {
		r := healthy()
		for _, change := range c.change {
			change(&r)
		}
		found := Diagnose(r)
		if c.rule == "" {
			if len(found) > 0 {
				t.Errorf("a run up to the thresholds has %v", found)
			}
			continue
		}
		if len(found) != 1 || found[0].Rule != c.rule || found[0].Sentence != c.want {
			t.Errorf("found are %v, want %s: %s", found, c.rule, c.want)
		}
	}
	if found := Diagnose(Run{}); found != nil {
		t.Errorf("a run without figures has %v", found)
	}
}

// TestSentences wants three at most, the worst first.
func TestSentences(t *testing.T) {
	r := healthy()
	for i := range 3 {
		v := r.Health[3+i].Values
		v[record.Dead], v[record.Saturated], v[record.UpdateRatio], v[record.Linear] = 0.9, 0.9, 0.9, 0.95
	}
	sentences := Sentences(Diagnose(r))
	if len(sentences) != 3 || !strings.Contains(sentences[0], "no gradient") || !strings.Contains(sentences[2], "replaced") {
		t.Errorf("sentences are %q, want three, the worst first", sentences)
	}
}

func TestCheck(t *testing.T) {
	r := healthy()
	r.Health[4].Values[record.Dead], r.Health[3].Values[record.LayerGradientNorm] = 0.25, 0.02
	delete(r.Health[5].Values, record.Saturated)
	c := Check(Of(r.Health, 1))
	if c.Epoch != 1 || *c.Dead != 0.25 || *c.Saturated != 0.1 || math.Abs(*c.GradientRatio-0.2) > 1e-12 {
		t.Errorf("sum is %+v of %v, %v and %v", c, *c.Dead, *c.Saturated, *c.GradientRatio)
	}
	r.Health[5].Values[record.LayerGradientNorm] = 0
	if c := Check(Of(r.Health, 1)); c.GradientRatio != nil {
		t.Errorf("ratio to 0 is %v, want none", *c.GradientRatio)
	}
	if c := Check(nil); c != nil {
		t.Errorf("sum of no layers is %+v", c)
	}
}

// TestRulesAreDocumented wants a row of docs/health.md for each rule, in their order.
func TestRulesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/health.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, r := range Rules {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", r.Name, r.When, r.Source))
	}
	if table := strings.Join(rows, ""); !strings.Contains(string(page), table) {
		t.Errorf("docs/health.md does not have the rows\n%s", table)
	}
}
