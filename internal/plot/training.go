package plot

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"actfn/internal/compare"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/statistics"
	"actfn/internal/wording"
)

// Training is how runs went, epoch by epoch, those of one activation together.
type Training struct {
	epochs   int // of the longest run
	groups   []group
	parts    []int // those of which there are figures
	measures []int // those that are drawn, each in a panel
}

// group is the runs of one activation.
type group struct {
	activation string
	look       int
	runs       []record.Run
	diverged   int // how many of the runs
}

// measure is what a panel shows: a metric of the training images, and of the validation images where there is one.
type measure struct {
	title string
	by    [2]*record.Metric // part
}

// What is measured of a run: by number, the metrics that have a panel.
var measures = func() []measure {
	var all []measure
	for _, m := range record.Metrics {
		if m.Panel == "" {
			continue
		}
		panel := measure{m.Panel, [2]*record.Metric{train: m}}
		if m.Unit != "" {
			panel.title += ", " + m.Unit
		}
		for _, v := range record.Metrics {
			if v.Validates == m {
				panel.by[validation] = v
			}
		}
		all = append(all, panel)
	}
	return all
}()

// The measures of every run, and of its test.
const (
	loss = iota
	accuracy
)

// On which images it is measured.
const (
	train = iota
	validation
	test
)

var partNames = []string{"train", "validation", "test"}

// confidence is that of the intervals of means over seeds.
const confidence = 0.95

// NewTraining takes runs of any activations and seeds. Colours that the scheme does not have, or all with nil,
// are dealt out in the order of the runs.
func NewTraining(runs []record.Run, colors Scheme) (Training, error) {
	t := Training{}
	places := map[string]int{}
	seen := [3]bool{}
	for _, r := range runs {
		i, ok := places[r.Activation]
		if !ok {
			i = len(t.groups)
			places[r.Activation] = i
			colors = colors.with(r.Activation)
			t.groups = append(t.groups, group{activation: r.Activation, look: colors[r.Activation]})
		}
		g := &t.groups[i]
		g.runs = append(g.runs, r)
		if compare.Diverged(r) {
			g.diverged++
		}
		t.epochs = max(t.epochs, len(r.Epochs))
		for part := range seen {
			seen[part] = seen[part] || has(r, part)
		}
	}
	if t.epochs == 0 {
		return Training{}, fmt.Errorf("plot curves: %d runs have no epoch, want at least 1 of them with one", len(runs))
	}
	for part := range seen {
		if seen[part] {
			t.parts = append(t.parts, part)
		}
	}
	for measure, m := range measures {
		if !m.by[train].Optional || !slices.ContainsFunc(runs, func(r record.Run) bool { return lacks(r, m.by[train]) }) {
			t.measures = append(t.measures, measure)
		}
	}
	return t, nil
}

// lacks reports that a run has epochs and has not measured the metric in one of them.
func lacks(r record.Run, m *record.Metric) bool {
	return slices.ContainsFunc(r.Epochs, func(e record.Epoch) bool {
		_, ok := e.Values[m]
		return !ok
	})
}

// has reports that a run was measured on the images of a part.
func has(r record.Run, part int) bool {
	if part == test {
		return r.Test != nil
	}
	for i := range r.Epochs {
		if !math.IsNaN(at(r, loss, part, i)) || !math.IsNaN(at(r, accuracy, part, i)) {
			return true
		}
	}
	return false
}

// at is a figure of a run after epoch i, from 0, in its metric's unit: NaN if there is none that is finite. A test has
// no epoch.
func at(r record.Run, measure, part, i int) float64 {
	value, by := math.NaN(), measures[measure].by
	switch {
	case part != test && i < len(r.Epochs):
		if v, ok := r.Epochs[i].Values[by[part]]; ok {
			value = v
		}
	case part != test || r.Test == nil:
	case measure == loss:
		value = float64(r.Test.Loss)
	case measure == accuracy:
		value = r.Test.Accuracy
	}
	return finite(by[train].Shown(value))
}

// finite is v, or NaN for what has no place in a picture: an infinity, and what computing places would make one.
func finite(v float64) float64 {
	if math.Abs(v) < 1e200 {
		return v
	}
	return math.NaN()
}

// values are those of one epoch, of the runs that have one.
func (g group) values(measure, part, i int) []float64 {
	var values []float64
	for _, r := range g.runs {
		if v := at(r, measure, part, i); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	return values
}

// estimate is a mean and half the width of its interval, mean ± t s/√n; both are NaN where they do not exist.
type estimate struct{ mean, half float64 }

func estimateOf(values []float64) estimate {
	e := statistics.OverSample(values, 0)
	return estimate{finite(e.Mean), finite(e.HalfWidth(confidence))}
}

// end is where the line of a run that diverged ends: at its last finite value, or where that would have been, at the
// worst value there is.
func end(r record.Run, measure int) plotter.XY {
	for i := len(r.Epochs) - 1; i >= 0; i-- {
		if v := at(r, measure, train, i); number.Finite(r.Epochs[i].Values[record.TrainLoss]) && !math.IsNaN(v) {
			return plotter.XY{X: float64(i + 1), Y: v}
		}
	}
	return plotter.XY{X: 1, Y: measures[measure].by[train].Worst()}
}

// label names a group, with n.
func (g group) label() string {
	text := fmt.Sprintf("%s, n = %d", wording.Printable(g.activation), len(g.runs))
	if g.diverged > 0 {
		text += fmt.Sprintf(", %d diverged", g.diverged)
	}
	return text
}

// limits are the least and the greatest value that a panel shows: of all figures, but of a run that is far above
// the others, as before it diverges, only the beginning.
func (t Training) limits(measure int) (low, high float64) {
	var spans [][2]float64
	for _, g := range t.groups {
		for _, r := range g.runs {
			var figures []float64
			for i := range r.Epochs {
				figures = append(figures, at(r, measure, train, i), at(r, measure, validation, i))
			}
			figures = append(figures, at(r, measure, test, 0))
			if low, high := extent(figures); low <= high {
				spans = append(spans, [2]float64{low, high})
			}
		}
	}
	low, high = shown(spans)
	low, high = widened(low, high, 0.05)
	if measures[measure].by[train].Unit == "%" {
		low, high = max(low, -1), min(high, 101)
	}
	return low, high
}
