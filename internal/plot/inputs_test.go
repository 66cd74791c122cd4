package plot

import (
	"math"
	"slices"
	"testing"

	"actfn/internal/record"
)

func inputs(t *testing.T, all []record.Health) Inputs {
	t.Helper()
	in, err := NewInputs(all)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// learnt is a probe of three layers: two learn a slope, of which one changes, and one has another function.
func learnt(slope string) []record.Health {
	all := syntheticHealth("prelu(slope=0.25!)", []string{"conv1", "conv2", "fc1"}, 2, 0.5)
	for i := range all {
		switch {
		case all[i].Layer == "fc1":
			all[i].Function = "tanh"
		case all[i].Epoch > 0 && all[i].Layer == "conv2":
			all[i].Function = "prelu(slope=" + slope + "!)"
		}
	}
	return all
}

func TestInputs(t *testing.T) {
	in := inputs(t, learnt("0.5"))
	everyWay(t, in)
	wantTexts(t, in, "prelu(slope=0.25!) → 2 functions", "tanh", "f(z)", "f′(z)", "conv1", "fc1", "epoch 0", "epoch 2",
		"z, what the activation receives; each density to its own height")
	f := in.Figure()
	if len(f.panels) != 6 {
		t.Fatalf("panels are %d, want f, f′ and densities of two functions", len(f.panels))
	}
	for i, p := range f.panels {
		if p.x.low != f.panels[0].x.low || p.x.high != f.panels[0].x.high {
			t.Errorf("x axis of panel %d is %g to %g, want that of the first", i, p.x.low, p.x.high)
		}
	}
	at := func(s series, x float64) float64 { // the height of a line at x
		i := slices.IndexFunc(s.places, func(p place) bool { return math.Abs(p.x-x) < 0.01 })
		return s.places[i].y
	}
	slopes := f.panels[1].series // those of the end, and that of the beginning on top
	if len(slopes) != 3 || at(slopes[0], -2) != 0.25 || at(slopes[1], -2) != 0.5 || at(slopes[2], -2) != 0.25 {
		t.Errorf("slopes at −2 are of %d functions, want 0.25, 0.5 and 0.25", len(slopes))
	}
	if n := len(f.panels[4].series); n != 1 {
		t.Errorf("curves of tanh are %d, want 1: it is not learnt", n)
	}
	in = inputs(t, learnt("0.25"))
	if got := in.Figure().panels[0]; got.title != "prelu(slope=0.25!)" || len(got.series) != 1 {
		t.Errorf("title is %q of %d curves, want a slope that has stayed", got.title, len(got.series))
	}
}

// A density stands on its layer's base, with bins of equal width; the highest is as high as the row.
func TestHistogram(t *testing.T) {
	h := &record.Histogram{Low: -1, High: 3, Shares: []float64{0.2, 0.8}}
	want := []place{
		{x: -1, y: 5, y2: 5}, {x: -1, y: 5.5, y2: 5}, {x: 1, y: 5.5, y2: 5}, {x: 1, y: 7, y2: 5}, {x: 3, y: 7, y2: 5},
		{x: 3, y: 5, y2: 5},
	}
	got := histogram(h, 5, 2)
	if n := len(got) - 1; !slices.Equal(got[:n], want) || got[n].known() {
		t.Errorf("outline is %v, want %v and a gap", got, want)
	}
	for _, none := range []*record.Histogram{nil, {Low: 0, High: 1}, {Low: 0, High: 1, Shares: []float64{0, 0}}} {
		if got := histogram(none, 0, 1); len(got) != 1 || got[0].known() {
			t.Errorf("outline of %v is %v, want a gap", none, got)
		}
	}
}

// The x axis reaches from 1 % to 99 % of the inputs, and at least where the function is usually seen. A layer far
// beyond the others is cut, and said; one without inputs too.
func TestInputsReach(t *testing.T) {
	layers := []string{"conv1", "conv2", "conv3", "fc1"}
	all := syntheticHealth("relu", layers, 0, 0.5)
	if in := inputs(t, all); in.low != -5 || in.high != 5 || in.notes != nil {
		t.Errorf("range is %g to %g, notes %q; want −5 to 5 and none", in.low, in.high, in.notes)
	}
	all[1].Quantiles[0], all[1].Quantiles[6] = -12, 7
	all[2].Quantiles[0], all[2].Quantiles[6] = -3, 5e4
	all[3].Quantiles, all[3].Histogram, all[3].Missing = nil, nil, map[string]string{"input_mean": "inputs are not finite"}
	in := inputs(t, all)
	everyWay(t, in)
	if in.low != -12 || in.high != 100 {
		t.Errorf("range is %g to %g, want −12 to 100, 20 times as far as usual", in.low, in.high)
	}
	if want := []string{
		"no density: inputs are not finite (fc1 after epoch 0)",
		"inputs beyond the picture (conv3 after epoch 0: −3 to 5e4)",
	}; !slices.Equal(in.notes, want) {
		t.Errorf("notes are %q, want %q", in.notes, want)
	}
}

// However far the inputs go, the derivative is seen up to its maximum.
func TestInputsFarAway(t *testing.T) {
	all := syntheticHealth("tanh", []string{"conv1"}, 0, 0.5)
	all[0].Quantiles[0], all[0].Quantiles[6] = -1e4, 1e4
	in := inputs(t, all)
	everyWay(t, in)
	if slopes := in.Figure().panels[1]; slopes.x.high != 1e4 || slopes.y.high < 1 {
		t.Errorf("x goes to %g and f′ to %g, want 1e4 and at least 1", slopes.x.high, slopes.y.high)
	}
}

// Where half of the layers are far away, they are seen.
func TestReach(t *testing.T) {
	for _, test := range []struct {
		all  []float64
		want float64
	}{
		{nil, 5}, {[]float64{-3, 1}, 5}, {[]float64{80, 1, 2}, 80}, {[]float64{1, 1e6, 2}, 100},
		{[]float64{1e3, 1e6, 2}, 1e3},
	} {
		if got := reach(5, slices.Clone(test.all)); got != test.want {
			t.Errorf("reach of %v is %g, want %g", test.all, got, test.want)
		}
	}
}

func TestInputsRefuse(t *testing.T) {
	all := syntheticHealth("rellu", []string{"conv1"}, 0, 1)
	want := `plot inputs: conv1: activation is "rellu", which is unknown`
	if _, err := NewInputs(all); err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}
