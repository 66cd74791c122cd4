package plot

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"actfn/internal/compare"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/statistics"
	"actfn/internal/wording"
)

// Training is how runs went, epoch by epoch, those of one activation together.
type Training struct {
	epochs int // of the longest run
	groups []group
	// measures are the panels, and parts the sets of images that there are figures of.
	measures, parts []int
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
		return Training{}, fmt.Errorf("plot curves: %s without a finished epoch, want at least 1 with one",
			wording.Counted(len(runs), "run"))
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

// estimate is that of the values of an epoch. The spread of test accuracies is at least one image, as in compare.Compare.
func (g group) estimate(measure, part, epoch int) estimate {
	least := 0.0
	for _, r := range g.runs {
		if measure == accuracy && part == test && r.Test != nil && r.Test.Images > 0 {
			least = measures[measure].by[train].Shown(1 / float64(r.Test.Images))
		}
	}
	e := statistics.OverSample(g.values(measure, part, epoch), least)
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

// label names a group, with n and the accuracy of the test.
func (g group) label() string {
	text := fmt.Sprintf("%s, n = %d", wording.Printable(g.activation), len(g.runs))
	if g.diverged > 0 {
		text += fmt.Sprintf(", %d diverged", g.diverged)
	}
	if e := g.estimate(accuracy, test, 0); !math.IsNaN(e.mean) {
		text += fmt.Sprintf(", test %.2f%%", e.mean)
		if !math.IsNaN(e.half) {
			text += " " + wording.PlusMinus(e.half/100)
		}
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

// validationDashes distinguish the figures of the validation images from those of training.
var validationDashes = []vg.Length{5, 2.5}

// Figure draws each measure over the epochs: a thin line for each seed, a thick one for the mean over the seeds and
// a band for its interval; at the right the test. Of a single epoch there are points.
func (t Training) Figure() Figure {
	f := Figure{legend: t.legend()}
	columns := t.columns()
	for _, measure := range t.measures {
		p := panel{x: t.xAxis(columns), y: axis{name: measures[measure].title}}
		p.y.low, p.y.high = t.limits(measure)
		for i, g := range t.groups {
			for _, part := range t.parts {
				if part != test && t.epochs > 1 {
					p.series = append(p.series, t.lines(g, measure, part, letterOf(i, len(t.groups)))...)
				}
			}
		}
		for _, g := range t.groups {
			p.series = append(p.series, rings(colourOf(g.look), t.tested(g, measure)))
		}
		for _, c := range columns {
			for i, g := range t.groups {
				x := c.centre + c.width*((float64(i)+0.5)/float64(len(t.groups))-0.5)
				p.series = append(p.series, g.points(measure, c.part, x, markOf(i, len(t.groups)))...)
			}
		}
		for _, g := range t.groups {
			var ends []place
			for _, r := range g.runs {
				if compare.Diverged(r) {
					e := end(r, measure)
					ends = append(ends, place{x: e.X, y: e.Y})
				}
			}
			p.series = append(p.series, crosses(colourOf(g.look), ends))
		}
		f.panels = append(f.panels, p)
	}
	return f
}

func crosses(c colour, at []place) series {
	return series{kind: points, places: at, colour: c, size: 3.5, shape: cross{}, mark: "×"}
}

// tested are the epochs whose weights were tested, each at the mean of the runs that were tested there: of what was
// measured of the validation images, if that was, else of the training images.
func (t Training) tested(g group, measure int) []place {
	if t.epochs == 1 {
		return nil
	}
	values := make([][]float64, t.epochs)
	for _, r := range g.runs {
		if r.Stopped == nil || r.Stopped.TestedEpoch < 1 || r.Stopped.TestedEpoch > len(r.Epochs) {
			continue // older than the record of it, or tested untrained
		}
		i := r.Stopped.TestedEpoch - 1
		v := at(r, measure, validation, i)
		if math.IsNaN(v) {
			v = at(r, measure, train, i)
		}
		if !math.IsNaN(v) {
			values[i] = append(values[i], v)
		}
	}
	var all []place
	for i, v := range values {
		if v != nil {
			mean, _ := statistics.Moments(v)
			all = append(all, place{x: float64(i + 1), y: finite(mean)})
		}
	}
	return all
}

func rings(c colour, at []place) series {
	return series{kind: points, places: at, colour: c, size: 4, shape: hollow{}, mark: "○"}
}

// lines are a group's seeds, interval and mean over the epochs.
func (t Training) lines(g group, measure, part int, letter string) []series {
	colour := colourOf(g.look)
	seeds := series{colour: colour, alpha: 0.4, size: 0.5}
	interval := series{kind: band, colour: colour, alpha: 0.15}
	mean := series{colour: colour, size: 1.75, mark: letter}
	marks := series{kind: points, colour: colour, size: 2.2, shape: shapeOf(g.look)}
	if part == validation {
		seeds.dashes, mean.dashes, mean.mark = validationDashes, validationDashes, ""
	}
	for epoch := range t.epochs {
		x, e := float64(epoch+1), g.estimate(measure, part, epoch)
		interval.places = append(interval.places, place{x: x, y: e.mean - e.half, y2: e.mean + e.half})
		mean.places = append(mean.places, place{x: x, y: e.mean})
		if epoch%(1+t.epochs/12) == 0 {
			marks.places = append(marks.places, place{x: x, y: e.mean})
		}
	}
	if len(g.runs) == 1 {
		return []series{mean, marks}
	}
	for _, r := range g.runs {
		for epoch := range t.epochs {
			seeds.places = append(seeds.places, place{x: float64(epoch + 1), y: at(r, measure, part, epoch)})
		}
		seeds.places = append(seeds.places, place{y: math.NaN()})
	}
	return []series{seeds, interval, mean, marks}
}

// points are a group's seeds, and their mean with its interval, above each other.
func (g group) points(measure, part int, x float64, mark string) []series {
	colour := colourOf(g.look)
	values, e := g.values(measure, part, 0), g.estimate(measure, part, 0)
	all := []series{
		{kind: whiskers, colour: colour, size: 1.25,
			places: []place{{x: x, y: e.mean - e.half, x2: x, y2: e.mean + e.half}}},
		{kind: points, colour: colour, size: 3, shape: shapeOf(g.look), mark: mark, places: []place{{x: x, y: e.mean}}},
	}
	if len(values) > 1 {
		seeds := series{kind: points, colour: colour, alpha: 0.4, size: 1.6, shape: disc}
		for _, v := range values {
			seeds.places = append(seeds.places, place{x: x, y: v})
		}
		all = slices.Insert(all, 1, seeds)
	}
	return all
}

// column is a place beside the epochs, where each group has its own x.
type column struct {
	part          int
	centre, width float64
}

// columns are the test's, and of a single epoch those of training and validation too.
func (t Training) columns() []column {
	var all []column
	for _, part := range t.parts {
		switch {
		case t.epochs == 1:
			all = append(all, column{part, float64(len(all) + 1), 0.8})
		case part == test:
			size := float64(t.epochs-1) * min(0.3, 0.06+0.02*float64(len(t.groups)))
			all = append(all, column{part, float64(t.epochs) + 0.75*size, size})
		}
	}
	return all
}

// xAxis has the epochs, as many as there is room for, and the names of the columns.
func (t Training) xAxis(columns []column) axis {
	x := axis{name: "epoch", low: 1, high: float64(t.epochs)}
	if t.epochs == 1 {
		x.name, x.low = "after one epoch", 0.5
	} else {
		x.ticks = slices.DeleteFunc(x.marks(), func(m plot.Tick) bool { return m.Value != math.Trunc(m.Value) })
		if x.ticks[0].Value > 1 {
			x.ticks = slices.Insert(x.ticks, 0, plot.Tick{Value: 1, Label: "1"})
		}
	}
	for _, c := range columns {
		x.high = c.centre + c.width/2
		x.ticks = append(x.ticks, plot.Tick{Value: c.centre, Label: partNames[c.part]})
	}
	return x
}

// legend has the groups, and what lines and marks mean.
func (t Training) legend() []entry {
	var entries []entry
	several, anyDiverged := false, false
	for i, g := range t.groups {
		mark := series{kind: points, colour: colourOf(g.look), size: 2.5, shape: shapeOf(g.look)}
		mark.mark = letterOf(i, len(t.groups))
		samples := []series{mark}
		if t.epochs > 1 {
			samples = append(samples, series{colour: mark.colour, size: 1.75})
		} else {
			samples[0].mark = markOf(i, len(t.groups))
		}
		entries = append(entries, entry{g.label(), samples})
		several = several || len(g.runs) > 1
		anyDiverged = anyDiverged || g.diverged > 0
	}
	mean, seed := series{colour: darkGray, size: 1.75}, series{colour: darkGray, size: 0.5, alpha: 0.4}
	interval := []series{{kind: band, colour: darkGray, alpha: 0.2}, mean}
	if t.epochs == 1 {
		seed = series{kind: points, colour: darkGray, alpha: 0.4, size: 1.6, shape: disc}
		interval = []series{{kind: whiskers, colour: darkGray, size: 1.25},
			{kind: points, colour: darkGray, size: 3, shape: disc}}
	}
	if t.epochs > 1 && slices.Contains(t.parts, validation) {
		dashed := mean
		dashed.dashes = validationDashes
		entries = append(entries, entry{"train", []series{mean}}, entry{"validation", []series{dashed}})
	}
	if several {
		entries = append(entries, entry{"one seed", []series{seed}},
			entry{fmt.Sprintf("mean, %.0f%% interval", 100*confidence), interval})
	}
	if slices.ContainsFunc(t.groups, func(g group) bool { return t.tested(g, loss) != nil }) {
		entries = append(entries, entry{"epoch whose weights were tested", []series{rings(darkGray, nil)}})
	}
	if anyDiverged {
		entries = append(entries, entry{"diverged; the mean goes on without it", []series{crosses(darkGray, nil)}})
	}
	return entries
}
