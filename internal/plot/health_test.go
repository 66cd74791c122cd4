package plot

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"actfn/internal/record"
)

func health(t *testing.T, all []record.Health, figure *record.Figure) Health {
	t.Helper()
	h, err := NewHealth(all, figure)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// sick is two layers over two epochs: a name that must be escaped, shares of exactly and of nearly all units, figures
// that are the same everywhere, and some that are missing.
func sick() []record.Health {
	layer := func(name string, epoch int, dead, sameness, step, saturated float64) record.Health {
		h := record.Health{Epoch: epoch, Layer: name, Function: "relu", Missing: map[string]string{},
			Values: map[*record.Figure]float64{record.Linear: 0.5}}
		for f, v := range map[*record.Figure]float64{
			record.Dead: dead, record.Sameness: sameness, record.UpdateRatio: step, record.Saturated: saturated,
		} {
			if h.Values[f] = v; math.IsNaN(v) {
				delete(h.Values, f)
				h.Missing[f.Name] = "inputs are not finite"
			}
		}
		return h
	}
	nan := math.NaN()
	return []record.Health{
		layer("conv1", 0, 0, 0.3, nan, 0), layer("fc\x1b1", 0, 1.0/64, 0.3, nan, 0),
		layer("conv1", 1, 1, 0.99995, 0.00029, nan), layer("fc\x1b1", 1, 0.99999, nan, 1.2e-5, nan),
	}
}

func TestHealth(t *testing.T) {
	h := health(t, sick(), nil)
	everyWay(t, h)
	wantTexts(t, h, "dead, %: units that get no gradient from any image", "conv1", `fc\x1b1`, "2.9e−4", "100.0", "–",
		"epoch")
	want := `saturated: 0% everywhere
linear: 50.0% everywhere
saturated –: inputs are not finite (conv1 after epoch 1, and 1 more)
sameness –: inputs are not finite (fc\x1b1 after epoch 1)

dead, %: units that get no gradient from any image
epoch        0      1
conv1        0    100
fc\x1b1    1.6  100.0

sameness: mean cosine of outputs of images of different classes
epoch        0      1
conv1    0.300  1.000
fc\x1b1  0.300      –

update_ratio: size of a step over that of the weights
epoch         1
conv1    2.9e−4
fc\x1b1  1.2e−5
`
	if got := inTerminal(t, h, 80); got != want {
		t.Errorf("terminal is\n%s\nwant\n%s", got, want)
	}
	var b bytes.Buffer
	if err := h.Figure().WriteTerminal(&b, 80, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"conv1        0 \x1b[48;5;21;38;5;231m   100 \x1b[0m\n", // nothing behind 0
		"\x1b[90m     – \x1b[0m",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("terminal with colours lacks %q:\n%q", want, b.String())
		}
	}
}

// One figure is drawn even where it is the same everywhere, or nowhere.
func TestHealthOfOneFigure(t *testing.T) {
	for figure, want := range map[*record.Figure]string{
		record.Linear: `linear, %: units for which the function is a straight line
epoch       0     1
conv1    50.0  50.0
fc\x1b1  50.0  50.0
`,
		record.Gain: `gain –: not measured (conv1 after epoch 0, and 3 more)

gain: standard deviation over that of the layer before
epoch    0  1
conv1    –  –
fc\x1b1  –  –
`,
	} {
		h := health(t, sick(), figure)
		everyWay(t, h)
		if got := inTerminal(t, h, 80); got != want {
			t.Errorf("%s: terminal is\n%s\nwant\n%s", figure, got, want)
		}
	}
}

// Of many epochs there are as many as there is room for, the first and the last always.
func TestHealthOfManyEpochs(t *testing.T) {
	h := health(t, syntheticHealth("relu", syntheticLayers(3), 200, 0.5), record.Dead)
	everyWay(t, h)
	for width, n := range map[int]int{60: 9, 80: 13, 130: 23} {
		want := fmt.Sprintf("%d of 201 epochs are shown", n)
		lines := strings.Split(strings.TrimSuffix(inTerminal(t, h, width), "\n"), "\n")
		epochs := strings.Fields(lines[1])
		if last := lines[len(lines)-1]; last != want || epochs[1] != "0" || epochs[len(epochs)-1] != "200" {
			t.Errorf("width %d: epochs are %v, %s; want 0 to 200, %s", width, epochs, last, want)
		}
		if len(lines) != 2+19+1 {
			t.Errorf("width %d: lines are %d, want one for each of 19 layers", width, len(lines))
		}
	}
	p := h.Figure().panels[0]
	n := len(p.x.ticks)
	if want := fmt.Sprintf("epoch, %d of 201 are shown", n); p.x.name != want || p.size.X > widestMap {
		t.Errorf("axis is %q of %v points, want %q of at most %v", p.x.name, p.size.X, want, widestMap)
	}
	if p.x.ticks[0].Label != "0" || p.x.ticks[n-1].Label != "200" {
		t.Errorf("epochs are %v, want 0 to 200", p.x.ticks)
	}
	for i := range p.x.ticks[1:] { // even to one
		step := h.maps[0].shown(n)[i+1] - h.maps[0].shown(n)[i]
		if least := 200 / (n - 1); step != least && step != least+1 {
			t.Errorf("step is %d, want %d or one more", step, least)
		}
	}
}

// The shades of a figure: what is in no cell has none, and more is darker.
func TestLevels(t *testing.T) {
	for _, test := range []struct {
		figure *record.Figure
		values []float64
		want   []float64
	}{
		{record.Dead, []float64{0, 0.04, 1}, []float64{0, 0.2, 1}},
		{record.Sameness, []float64{-0.1, 0.5, 1}, []float64{0, 0.25, 1}},
		{record.UpdateRatio, []float64{0, 1e-7, 1e-3, 1e-2, 1e1}, []float64{0, 0, 0.5, 0.625, 1}},
		{record.UpdateRatio, []float64{1e-3, 1e-2}, []float64{0.25, 0.75}}, // over two powers of ten at least
		{record.InputMean, []float64{-3, 0, 1}, []float64{0, 0.75, 1}},
		{record.InputMean, []float64{0, 0}, []float64{0, 0}},
	} {
		level := levels(test.figure, test.values)
		for i, v := range test.values {
			if got := level(v); math.Abs(got-test.want[i]) > 1e-12 {
				t.Errorf("%s: level of %g among %v is %g, want %g", test.figure, v, test.values, got, test.want[i])
			}
		}
		if !math.IsNaN(level(math.NaN())) {
			t.Errorf("%s: level of NaN is %g, want NaN", test.figure, level(math.NaN()))
		}
	}
}

// Every figure of every kind of run, in every picture.
func TestHealthOfAnyRun(t *testing.T) {
	bare := syntheticHealth("relu", []string{"conv1", "fc1"}, 2, 0.5)
	for i := range bare {
		bare[i].Values, bare[i].Quantiles, bare[i].Histogram, bare[i].Missing = nil, nil, nil, nil
	}
	huge := syntheticHealth("exp(x)", []string{"conv1", strings.Repeat("long", 40)}, 2, 1e-9)
	for i := range huge {
		for _, f := range []*record.Figure{record.InputMean, record.Gain, record.LayerGradientRMS, record.UpdateRatio} {
			huge[i].Values[f] *= math.Pow(1e30, float64(i))
		}
		*huge[i].Histogram = record.Histogram{Low: -1e37, High: 3e38, Shares: []float64{0.5, 0, 0.25}}
		huge[i].Quantiles = nil
	}
	point := syntheticHealth("sin(40*x)", []string{"conv1"}, 1, 1)
	for i := range point { // constant inputs
		*point[i].Histogram = record.Histogram{Low: 7, High: 7, Shares: []float64{1}}
		point[i].Quantiles = &[7]float64{7, 7, 7, 7, 7, 7, 7}
	}
	partial := syntheticHealth("relu", []string{"conv1", "fc1", "fc2"}, 3, 0.5)
	partial = slices.DeleteFunc(partial, func(h record.Health) bool {
		return h.Layer == "fc1" && h.Epoch%3 == 0 || h.Epoch == 1
	})
	for name, all := range map[string][]record.Health{
		"bare": bare, "huge": huge, "point": point, "partial": partial,
		"one layer":        syntheticHealth("relu", []string{"conv1"}, 3, 0.5),
		"before training":  syntheticHealth("relu", syntheticLayers(3), 0, 0.5),
		"one of each":      syntheticHealth("relu", []string{"conv1"}, 0, 0.5),
		"deep, vanishing":  syntheticHealth("sigmoid", syntheticLayers(9), 4, 0.1),
		"only after epoch": syntheticHealth("relu", []string{"conv1"}, 4, 0.5)[3:],
	} {
		t.Run(name, func(t *testing.T) {
			for _, f := range []*record.Figure{nil, record.Dead, record.InputMean, record.UpdateRatio} {
				everyWay(t, health(t, all, f))
			}
			everyWay(t, inputs(t, all))
			if name != "bare" {
				everyWay(t, gradients(t, Probed{"relu", "runs/relu", all}))
			}
		})
	}
}

func TestProbeRefuses(t *testing.T) {
	const want = "number of layers is 0, want at least 1"
	_, noHealth := NewHealth(nil, nil)
	_, noInputs := NewInputs(nil)
	_, noGradients := NewGradients([]Probed{{"relu", "runs/relu", nil}})
	for place, err := range map[string]error{
		"plot health: ": noHealth, "plot inputs: ": noInputs, "plot gradients: runs/relu: ": noGradients,
	} {
		if err == nil || err.Error() != place+want {
			t.Errorf("error is %v, want %s%s", err, place, want)
		}
	}
}
