package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"actfn/internal/number"
	"actfn/internal/record"
)

// texts are the pieces of text of an SVG picture, which must be XML.
func texts(t *testing.T, d drawn) []string {
	t.Helper()
	var all []string
	inText := false
	for decoder := xml.NewDecoder(strings.NewReader(picture(t, d, "svg"))); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inText = token.Name.Local == "text"
			for _, a := range token.Attr {
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Fatalf("%s of %s is %.200s, want it finite", a.Name.Local, token.Name.Local, a.Value)
				}
			}
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); inText && text != "" {
				all = append(all, text)
			}
		}
	}
}

// wantTexts says which of the texts a picture lacks.
func wantTexts(t *testing.T, d drawn, want ...string) {
	t.Helper()
	all := strings.Join(texts(t, d), "\n") + "\n"
	for _, w := range want {
		if !strings.Contains(all, w+"\n") {
			t.Errorf("text %q is missing, there are\n%s", w, all)
		}
	}
}

// keepsToWidth draws in many widths; no line is wider than it may be.
func keepsToWidth(t *testing.T, d drawn) {
	t.Helper()
	figure := d.Figure()
	for _, width := range []int{leastWidth, 31, 37, 50, 80, sideBySide - 1, sideBySide, 121, 200} {
		var b strings.Builder
		if err := figure.WriteTerminal(&b, width, false); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Fatalf("width %d: line of %d: %s", width, n, line)
			}
		}
	}
}

func inTerminal(t *testing.T, d drawn, width int) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.Figure().WriteTerminal(&b, width, false); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// everyWay draws a thing as SVG, whose numbers must be finite, and in the terminal.
func everyWay(t *testing.T, d drawn) {
	t.Helper()
	texts(t, d)
	keepsToWidth(t, d)
}

func training(t *testing.T, runs []record.Run, colors Scheme) Training {
	t.Helper()
	tr, err := NewTraining(runs, colors)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestTraining(t *testing.T) {
	runs := syntheticRuns(outcomes, 5, 10, true)
	tr := training(t, runs, nil)
	everyWay(t, tr)
	wantTexts(t, tr, "relu, n = 5, test 90.89% ±0.27", "leaky_relu(slope=0.01), n = 5, test 91.10% ±0.38", "validation", "one seed", "mean, 95% interval", "test", "loss", "accuracy, %", "epoch", "10")
	if strings.Contains(strings.Join(texts(t, tr), "\n"), "diverged") {
		t.Error("a run is said to have diverged, want none")
	}
	if got := inTerminal(t, tr, 80); !strings.Contains(got, "a relu, n = 5, test ") || !strings.Contains(got, "┄ validation") {
		t.Errorf("terminal lacks the test or the validation:\n%s", got)
	}
	dashed := strings.Count(picture(t, tr, "svg"), "stroke-dasharray:5,2.5")
	if want := 2 * (len(outcomes)*6 + 1); dashed < want-2 || dashed > want {
		t.Errorf("dashed lines are %d, want %d: in both panels the seeds and the mean of each, one in the legend", dashed, want-1)
	}
}

// Each measure has a panel.
func TestTrainingHasAPanelForEachMeasure(t *testing.T) {
	tr := training(t, syntheticRuns(outcomes[:2], 2, 3, false), nil)
	tr.measures = []int{accuracy, loss, accuracy}
	f := tr.Figure()
	var names []string
	for _, p := range f.panels {
		names = append(names, p.y.name)
	}
	if got := strings.Join(names, "; "); got != "accuracy, %; loss; accuracy, %" {
		t.Errorf("panels are %s, want one for each measure", got)
	}
	everyWay(t, f)
}

// R: t.test(c(1, 2, 3, 4, 5)) has the mean 3 and the interval 1.036757 to 4.963243.
func TestEstimate(t *testing.T) {
	of := func(values ...float64) estimate {
		var g group
		for _, v := range values {
			g.runs = append(g.runs, record.Run{Test: &record.Test{Accuracy: v / 100, Images: 200}})
		}
		return g.estimate(accuracy, test, 0)
	}
	if e := of(1, 2, 3, 4, 5); math.Abs(e.mean-3) > 1e-12 || math.Abs(e.half-1.963243) > 1e-6 {
		t.Errorf("estimate is %v, want 3 ± 1.963243", e)
	}
	// qt(0.975, 2)/sqrt(3) of half a point, one of 200 images
	if e := of(7, 7, 7); math.Abs(e.half-0.5*2.484138) > 1e-6 {
		t.Errorf("estimate of equal values is %v, want an image's spread", e)
	}
	if e := of(7); math.Abs(e.mean-7) > 1e-12 || !math.IsNaN(e.half) {
		t.Errorf("estimate of one value is %v, want 7 without an interval", e)
	}
	if e := of(); !math.IsNaN(e.mean) {
		t.Errorf("estimate of nothing is %v, want NaN", e)
	}
}

func TestOneEpochHasPoints(t *testing.T) {
	tr := training(t, syntheticRuns(outcomes[:3], 4, 1, true), nil)
	everyWay(t, tr)
	wantTexts(t, tr, "after one epoch", "train", "validation", "test", "relu, n = 4, test 57.87% ±1.43")
	for _, letter := range []string{"a", "b", "c"} {
		if strings.Count(inTerminal(t, tr, 80), letter) < 2 {
			t.Errorf("letter %s is not in both panels", letter)
		}
	}
	everyWay(t, training(t, syntheticRuns(outcomes[:1], 1, 1, false), nil))
}

// A run that diverged ends where its loss was finite last, and is no part of the mean from there on.
func TestDiverged(t *testing.T) {
	runs := syntheticRuns(outcomes[:2], 3, 6, false)
	runs[1].Epochs[4].Values[record.TrainLoss] = math.Inf(1)
	runs[1].Epochs = runs[1].Epochs[:5]
	runs[4].Epochs, runs[4].Test, runs[4].Diverged = nil, nil, &record.Diverged{Epoch: 1}
	tr := training(t, runs, nil)
	everyWay(t, tr)
	wantTexts(t, tr, "relu, n = 3, 1 diverged, test 89.36% ±0.11", "leaky_relu(slope=0.01), n = 3, 1 diverged, test 88.55% ±4.80", "diverged; the mean goes on without it")
	if e := end(runs[1], loss); e.X != 4 || e.Y != runs[1].Epochs[3].Values[record.TrainLoss] {
		t.Errorf("end is %v, want epoch 4", e)
	}
	if e := end(runs[4], loss); e.X != 1 || !math.IsInf(e.Y, 1) {
		t.Errorf("end of a run without epochs is %v, want the upper edge at epoch 1", e)
	}
	if n := len(tr.groups[0].values(loss, train, 4)); n != 2 {
		t.Errorf("values at the epoch that is not finite are %d, want 2", n)
	}
	if !strings.Contains(inTerminal(t, tr, 80), "× diverged; the mean goes on without it") {
		t.Error("the terminal does not say that runs diverged")
	}
}

// The epochs whose weights were tested are marked: on the validation line if there is one, where runs were tested after
// the same epoch at their mean.
func TestTestedEpochs(t *testing.T) {
	const words = "epoch whose weights were tested"
	for _, validated := range []bool{true, false} {
		runs := syntheticRuns(outcomes[:1], 4, 6, validated)
		tr := training(t, runs, nil)
		if tr.tested(tr.groups[0], loss) != nil || strings.Contains(inTerminal(t, tr, 80), words) {
			t.Error("runs that do not say what was tested have a mark")
		}
		for i, epoch := range []int{3, 5, 3, 0} { // 0: the initial weights
			runs[i].Stopped = &record.Stopped{TestedEpoch: epoch}
		}
		tr = training(t, runs, nil)
		everyWay(t, tr)
		wantTexts(t, tr, words)
		by := measures[accuracy].by[train]
		if validated {
			by = measures[accuracy].by[validation]
		}
		value := func(run, epoch int) float64 { return 100 * runs[run].Epochs[epoch-1].Values[by] }
		want := []place{{x: 3, y: (value(0, 3) + value(2, 3)) / 2}, {x: 5, y: value(1, 5)}}
		got := tr.tested(tr.groups[0], accuracy)
		if len(got) != 2 || math.Abs(got[0].y-want[0].y) > 1e-9 || got[0].x != want[0].x || got[1] != want[1] {
			t.Errorf("validated %v: marks are at %v, want %v", validated, got, want)
		}
		// In each panel two, and one in the legend.
		if text := inTerminal(t, tr, 80); strings.Count(text, "○") != 5 || !strings.Contains(text, "○ "+words) {
			t.Errorf("validated %v: terminal lacks a mark:\n%s", validated, text)
		}
	}
	runs := syntheticRuns(outcomes[:1], 1, 1, false)
	runs[0].Stopped = &record.Stopped{TestedEpoch: 1}
	if strings.Contains(inTerminal(t, training(t, runs, nil), 80), words) {
		t.Error("of one epoch, which has no line, a mark is explained")
	}
}

// One that explodes leaves the others to be seen; one that only learns nothing stays in sight.
func TestTrainingLimits(t *testing.T) {
	runs := syntheticRuns(outcomes[:3], 3, 6, false)
	_, usual := training(t, runs, nil).limits(loss)
	runs[2].Epochs[3].Values[record.TrainLoss] = 1e30
	if _, high := training(t, runs, nil).limits(loss); high > 2*usual {
		t.Errorf("limit beside 1e30 is %g, want less than 2 × %g", high, usual)
	}
	if _, high := training(t, syntheticRuns(outcomes, 3, 6, false), nil).limits(loss); high < 2.3 {
		t.Errorf("limit is %g, want that a loss of 2.3 is in sight", high)
	}
}

func TestTrainingOfOddRuns(t *testing.T) {
	if _, err := NewTraining(nil, nil); err == nil {
		t.Error("no runs are no error")
	}
	if _, err := NewTraining([]record.Run{{Activation: "relu"}}, nil); err == nil {
		t.Error("a run without epochs is no error")
	}
	odd := []string{"a<b>&\"'\x00\n\t\x1b[31m", strings.Repeat("x*", 100) + "x", "激活函数 β ∂", "\xff\xfe", ""}
	for i, loss := range []float64{math.NaN(), math.Inf(1), math.MaxFloat64, 0, -1e199, 1e16} {
		runs := syntheticRuns(outcomes[:5], 2, 3, true)
		for j := range runs {
			runs[j].Activation = odd[j%len(odd)]
			runs[j].Epochs[i%3].Values[record.TrainLoss] = loss
			runs[j].Epochs[i%3].Values[record.ValLoss] = loss
			runs[j].Test.Loss = number.Float(loss)
		}
		everyWay(t, training(t, runs, nil))
		for j := range runs {
			for k := range runs[j].Epochs {
				for m := range runs[j].Epochs[k].Values {
					runs[j].Epochs[k].Values[m] = loss
				}
			}
		}
		everyWay(t, training(t, runs, nil))
	}
	if strings.ContainsAny(inTerminal(t, training(t, []record.Run{{Activation: odd[0], Epochs: make([]record.Epoch, 2)}}, nil), 80), "\x00\x1b\t") {
		t.Error("a name acts on the terminal")
	}
}

func TestHundredRuns(t *testing.T) {
	var many []outcome
	for i := range 50 {
		many = append(many, outcome{fmt.Sprintf("swish_beta(beta=%d)", i), 0.7 + 0.004*float64(i), 1})
	}
	tr := training(t, syntheticRuns(many, 2, 4, false), nil)
	everyWay(t, tr)
	wantTexts(t, tr, "swish_beta(beta=9), n = 2, test 68.07% ±0.43", "swish_beta(beta=49), n = 2, test 83.03% ±0.86")
}

// A metric that not every run measures has a panel where all of the runs have it.
func TestOptionalPanel(t *testing.T) {
	norm := &record.Metric{Name: "norm", Optional: true, Panel: "norm of it"}
	measures = append(measures, measure{norm.Panel, [2]*record.Metric{train: norm}})
	defer func() { measures = measures[:len(measures)-1] }()
	for _, epochs := range []int{1, 5} {
		runs := syntheticRuns(outcomes[:2], 2, epochs, true)
		for i, r := range runs {
			if text := inTerminal(t, training(t, runs, nil), 120); strings.Contains(text, norm.Panel) {
				t.Errorf("%d of %d runs are measured: there is a panel\n%s", i, len(runs), text)
			}
			for _, e := range r.Epochs {
				e.Values[norm] = 3 + float64(e.N)
			}
		}
		runs[1].Epochs[0].Values[norm] = math.NaN()
		runs[2].Diverged = &record.Diverged{Epoch: epochs}
		drawn := training(t, runs, nil)
		everyWay(t, drawn)
		for _, width := range []int{40, 120} {
			text := inTerminal(t, drawn, width)
			for _, title := range []string{"loss", "accuracy, %", norm.Panel} {
				if !strings.Contains(text, title) {
					t.Errorf("%d epochs, %d columns: there is no panel of %s\n%s", epochs, width, title, text)
				}
			}
		}
	}
}
