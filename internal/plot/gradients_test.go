package plot

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"actfn/internal/record"
)

func gradients(t *testing.T, runs ...Probed) Gradients {
	t.Helper()
	g, err := NewGradients(runs)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// withGradients is a probe of layers with the gradients of each epoch; NaN is not measured.
func withGradients(layers []string, epochs map[int][]float64) []record.Health {
	var all []record.Health
	for epoch := range 10 {
		for i, v := range epochs[epoch] {
			h := record.Health{Epoch: epoch, Layer: layers[i], Function: "relu", Values: map[*record.Figure]float64{}}
			if h.Values[record.LayerGradientRMS] = v; math.IsNaN(v) {
				delete(h.Values, record.LayerGradientRMS)
				h.Missing = map[string]string{"gradient_rms": "gradients are not finite"}
			}
			all = append(all, h)
		}
	}
	return all
}

// The first, the second and the last epoch are lines; what has no logarithm is left out, and said.
func TestGradients(t *testing.T) {
	all := withGradients([]string{"conv1", "conv2", "fc1"}, map[int][]float64{
		0: {1e-4, 1e-3, 1e-2}, 1: {0, 0, 0.1}, 2: {5, 5, 5}, 7: {1e-5, math.NaN(), 1},
	})
	g := gradients(t, Probed{"relu", "runs/relu", all})
	everyWay(t, g)
	f := g.Figure()
	p := f.panels[0]
	if !p.y.log || p.y.low > -5 || p.y.high < 0 || p.y.high > 1 {
		t.Errorf("y axis is %+v, want logarithms from a little below −5 to a little above 0", p.y)
	}
	for i, want := range []string{"0: -4, 1: -3, 2: -2, ", "0: NaN, 1: NaN, 2: -1, ", "0: -5, 1: NaN, 2: 0, "} {
		got := ""
		for _, at := range p.series[2*i].places {
			got += fmt.Sprintf("%g: %.9g, ", at.x, at.y)
		}
		if got != want {
			t.Errorf("line %d is %s, want %s", i, got, want)
		}
	}
	if want := []string{
		"left out of relu: zero (conv1 after epoch 1, and 1 more)",
		"left out of relu: gradients are not finite (conv2 after epoch 7)",
	}; !slices.Equal(f.notes, want) {
		t.Errorf("notes are %q, want %q", f.notes, want)
	}
	wantTexts(t, g, "relu, epoch 0", "relu, epoch 1", "relu, epoch 7", "conv1", "conv2", "fc1", "layer", "0.001", "1e−5")
}

// Runs stand in one picture, each with its colour; layers that only one has stand where they stand there. Where the
// activation is the same, the folder tells them apart.
func TestGradientsOfRuns(t *testing.T) {
	short := withGradients([]string{"conv1", "fc1"}, map[int][]float64{0: {1, 2}, 1: {3, 4}})
	long := withGradients([]string{"conv1", "conv2", "conv3", "fc1", "fc2"}, map[int][]float64{0: {1, 2, 3, 4, 5}})
	g := gradients(t, Probed{"relu", "a", short}, Probed{"relu", "b", long}, Probed{"tanh", "c", short})
	everyWay(t, g)
	if want := []string{"conv1", "conv2", "conv3", "fc1", "fc2"}; !slices.Equal(g.layers, want) {
		t.Errorf("layers are %v, want %v", g.layers, want)
	}
	f := g.Figure()
	var got []string
	for _, e := range f.legend {
		got = append(got, fmt.Sprint(e.text, " ", slices.Index(palette, e.samples[0].colour), " ", len(e.samples[0].dashes)))
	}
	if want := []string{
		"relu (a), epoch 0 0 2", "relu (a), epoch 1 0 0", "relu (b), epoch 0 1 0", "tanh, epoch 0 2 2", "tanh, epoch 1 2 0",
	}; !slices.Equal(got, want) {
		t.Errorf("legend is %q, want %q", got, want)
	}
	if at := f.panels[0].series[0].places; at[1].x != 3 {
		t.Errorf("the last layer of the short network stands at %g, want 3", at[1].x)
	}
	if got := inTerminal(t, g, 80); !strings.Contains(got, "\na relu (a), epoch 0\n") {
		t.Errorf("terminal lacks the first run:\n%s", got)
	}
}

func TestGradientsRefuse(t *testing.T) {
	all := withGradients([]string{"conv1", "fc1"}, map[int][]float64{0: {0, 0}})
	want := "plot gradients: no layer has a gradient above 0: left out of relu: zero (conv1 after epoch 0, and 1 more)"
	if _, err := NewGradients([]Probed{{"relu", "a", all}}); err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	want = "plot gradients: number of runs is 33, want at most 32"
	if _, err := NewGradients(make([]Probed, 33)); err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

// Names that have no room below the x axis are numbered, and listed.
func TestNumberedNames(t *testing.T) {
	g := gradients(t, Probed{"relu", "a", syntheticHealth("relu", syntheticLayers(3), 0, 0.5)})
	got := inTerminal(t, g, 80)
	for _, want := range []string{
		"\n  1 conv1             2 layer1.0.conv1    3 layer1.0.conv2\n", "\n 19 layer3.2.conv2\n", "  17 18  19\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("terminal lacks %q:\n%s", want, got)
		}
	}
	g = gradients(t, Probed{"relu", "a", syntheticHealth("relu", []string{"conv1", "fc1"}, 0, 0.5)})
	if got := inTerminal(t, g, 80); strings.Contains(got, "1 conv1") || !strings.Contains(got, " conv1  ") {
		t.Errorf("terminal numbers two layers:\n%s", got)
	}
}
