package plot

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"actfn/internal/record"
	"actfn/internal/wording"
)

// Gradients is how large the gradient is in each layer of runs, before training, after the first epoch and at the end.
type Gradients struct {
	layers []string
	lines  []gradientLine
	values []float64 // of all lines
	notes  []string
}

// gradientLine is a run after an epoch.
type gradientLine struct {
	text   string
	run    int
	stage  int     // 0: before training, 1: after the first epoch, 2: after the last
	places []place // x is the position of the layer, y the logarithm of the gradient, or NaN where there is none above 0
}

// Probed is what was measured of a run. It goes by its activation, or by its folder too where others have the same.
type Probed struct {
	Activation, Folder string
	Health             []record.Health
}

// NewGradients takes runs of any networks. Runs without a gradient that is above 0 are an error.
func NewGradients(runs []Probed) (Gradients, error) {
	if len(runs) > MaxCurves {
		return Gradients{}, fmt.Errorf("plot gradients: number of runs is %d, want at most %d", len(runs), MaxCurves)
	}
	var g Gradients
	var probes []probe
	for _, r := range runs {
		p, err := newProbe(r.Health)
		if err != nil {
			return Gradients{}, fmt.Errorf("plot gradients: %s: %w", r.Folder, err)
		}
		probes = append(probes, p)
		g.layers = joined(g.layers, p.layers)
	}
	for i, p := range probes {
		name, last := runs[i].Activation, p.epochs[len(p.epochs)-1]
		for j, other := range runs {
			if i != j && other.Activation == runs[i].Activation {
				name = fmt.Sprintf("%s (%s)", runs[i].Activation, runs[i].Folder)
			}
		}
		name = wording.Printable(name)
		var drawn []int
		for stage, epoch := range []int{0, 1, last} {
			if !slices.Contains(p.epochs, epoch) || stage < 2 && epoch == last {
				continue
			}
			drawn = append(drawn, epoch)
			line := gradientLine{text: fmt.Sprintf("%s, epoch %d", name, epoch), run: i, stage: stage}
			for _, layer := range p.layers {
				at := place{x: float64(slices.Index(g.layers, layer)), y: math.NaN()}
				if v := p.value(layer, epoch, record.LayerGradientRMS); v > 0 {
					at.y = math.Log10(v)
					g.values = append(g.values, at.y)
				}
				line.places = append(line.places, at)
			}
			g.lines = append(g.lines, line)
		}
		for _, reason := range p.reasons(record.LayerGradientRMS, drawn, func(v float64) bool { return v > 0 }) {
			g.notes = append(g.notes, fmt.Sprintf("left out of %s: %s", name, reason))
		}
	}
	if g.values == nil {
		return Gradients{}, fmt.Errorf("plot gradients: no layer has a gradient above 0: %s", g.notes[0])
	}
	return g, nil
}

// joined is a list of layers with those of another network, each behind the one that it follows there.
func joined(all, layers []string) []string {
	next := 0
	for _, layer := range layers {
		i := slices.Index(all, layer)
		if i < 0 {
			i = next
			all = slices.Insert(all, i, layer)
		}
		next = i + 1
	}
	return all
}

// Figure draws a line for each run and epoch over the layers, from the first to the last.
func (g Gradients) Figure() Figure {
	n := len(g.layers)
	p := panel{
		x:    axis{name: "layer", low: -0.5, high: float64(n) - 0.5, named: true},
		y:    axis{name: "root mean square of ∂loss/∂z", log: true},
		size: vg.Point{X: panelWidth, Y: 1.5 * panelHeight},
		rows: 16,
	}
	low, high := extent(g.values)
	p.y.low, p.y.high = widened(low, high, 0.05)
	for i, layer := range g.layers {
		p.x.ticks = append(p.x.ticks, plot.Tick{Value: float64(i), Label: narrowed(wording.Printable(layer), longestName)})
	}
	f := Figure{notes: g.notes}
	several := g.lines[len(g.lines)-1].run > 0
	for i, l := range g.lines {
		look := l.stage
		if several {
			look = l.run
		}
		s := series{places: l.places, colour: colourOf(look), size: 1.5, dashes: stageDashes[l.stage]}
		s.mark = letterOf(i, len(g.lines))
		marks := series{kind: points, places: l.places, colour: s.colour, size: 2.2, shape: shapeOf(look)}
		p.series = append(p.series, s, marks)
		f.legend = append(f.legend, entry{l.text, []series{s, marks}})
	}
	f.panels = []panel{p}
	return f
}

// stageDashes distinguish the stages of a run.
var stageDashes = [][]vg.Length{{1.5, 2}, {6, 3}, nil}
