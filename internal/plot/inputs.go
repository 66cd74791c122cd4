package plot

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"actfn/internal/activations"
	"actfn/internal/record"
	"actfn/internal/wording"
)

// Inputs is what the activations of a run receive, z, below what they make of it: before training and at the end.
type Inputs struct {
	probe
	stages    []int // the epochs that are drawn
	low, high float64
	groups    []*inputGroup
	notes     []string
}

// inputGroup is the layers that begin with the same function. What they learn may make it several.
type inputGroup struct {
	layers    []string
	functions [][]activations.Activation // those of each stage
}

// NewInputs parses the functions. A run of which nothing was measured, and a function that is none, are errors.
func NewInputs(all []record.Health) (Inputs, error) {
	p, err := newProbe(all)
	if err != nil {
		return Inputs{}, fmt.Errorf("plot inputs: %w", err)
	}
	in := Inputs{probe: p, stages: slices.Compact([]int{p.epochs[0], p.epochs[len(p.epochs)-1]})}
	groups := map[string]*inputGroup{}
	var functions []activations.Activation
	for _, layer := range p.layers {
		var g *inputGroup
		for stage, epoch := range in.stages {
			h, ok := p.at[spot{layer, epoch}]
			if !ok {
				continue
			}
			f, err := activations.Parse(h.Function)
			if err != nil {
				return Inputs{}, fmt.Errorf("plot inputs: %s: %w", wording.Printable(layer), err)
			}
			if g == nil {
				if g = groups[f.String()]; g == nil {
					g = &inputGroup{functions: make([][]activations.Activation, len(in.stages))}
					groups[f.String()], in.groups = g, append(in.groups, g)
				}
				g.layers = append(g.layers, layer)
			}
			same := func(other activations.Activation) bool { return other.String() == f.String() }
			if !slices.ContainsFunc(g.functions[stage], same) {
				g.functions[stage] = append(g.functions[stage], f)
			}
			functions = append(functions, f)
		}
	}
	in.low, in.high = Range(functions)
	in.reach()
	return in, nil
}

// reach widens the range to where the inputs are, but for their utmost hundredths.
func (in *Inputs) reach() {
	var all []place // x to x2: where the inputs of a layer are
	var below, above []float64
	var reasons, missing []string
	for _, epoch := range in.stages {
		for _, layer := range in.layers {
			h := in.at[spot{layer, epoch}]
			name := fmt.Sprintf("%s after epoch %d", wording.Printable(layer), epoch)
			if h.Histogram == nil {
				reason := cmp.Or(h.Missing["input_quantiles"], h.Missing[record.InputMean.Name], "not measured")
				reasons, missing = append(reasons, wording.Printable(reason)), append(missing, name)
				continue
			}
			at := place{x: h.Histogram.Low, x2: h.Histogram.High, text: name}
			if q := h.Quantiles; q != nil {
				at.x, at.x2 = q[0], q[len(q)-1]
			}
			all, below, above = append(all, at), append(below, -at.x), append(above, at.x2)
		}
	}
	for _, reason := range grouped(reasons, missing) {
		in.notes = append(in.notes, "no density: "+reason)
	}
	in.low, in.high = -reach(-in.low, below), reach(in.high, above)
	var beyond, where []string
	for _, at := range all {
		if at.x < in.low || at.x2 > in.high {
			beyond = append(beyond, "inputs beyond the picture")
			from, to := short(fmt.Sprintf("%.3g", at.x)), short(fmt.Sprintf("%.3g", at.x2))
			where = append(where, fmt.Sprintf("%s: %s to %s", at.text, from, to))
		}
	}
	in.notes = append(in.notes, grouped(beyond, where)...)
}

// reach is how far an axis goes where the function is usually seen that far, and inputs go as far as all do: not so far
// that nothing is seen of the function, unless half of the layers do.
func reach(usual float64, all []float64) float64 {
	if len(all) == 0 {
		return usual
	}
	slices.Sort(all)
	return max(usual, min(slices.Max(all), max(20*usual, all[len(all)/2])))
}

// Figure draws, for each function, f and f′ and below them a row for each of its layers with the densities of z, each
// as high as its row.
func (in Inputs) Figure() Figure {
	f := Figure{notes: in.notes, below: true}
	for _, g := range in.groups {
		curves := in.curves(g)
		curves[0].title = g.title()
		f.panels = append(append(f.panels, curves...), in.densities(g))
	}
	for stage, epoch := range in.stages {
		f.legend = append(f.legend, entry{fmt.Sprintf("epoch %d", epoch), []series{in.stageStyle(stage)}})
	}
	return f
}

// title says the function and, if it is learnt, what it has become.
func (g *inputGroup) title() string {
	first, last := g.functions[0], g.functions[len(g.functions)-1]
	if len(first) == 0 {
		first = last
	}
	text := first[0].String()
	switch {
	case len(last) == 1 && last[0].String() != text:
		text += " → " + last[0].String()
	case len(last) > 1:
		text += fmt.Sprintf(" → %d functions", len(last))
	}
	return text
}

// stageStyle is that of the lines of a stage.
func (in Inputs) stageStyle(stage int) series {
	s := series{colour: colourOf(0), size: 1.5, mark: letterOf(stage, len(in.stages))}
	if stage < len(in.stages)-1 {
		s.colour, s.size = colourOf(1), 1
	}
	return s
}

// curves are panels of f and f′. A function that has stayed what it was is drawn once.
func (in Inputs) curves(g *inputGroup) []panel {
	var functions []activations.Activation
	var styles []series
	for stage, of := range slices.Backward(g.functions) { // what was before lies on top, and is thinner
		style := in.stageStyle(stage)
		style.size, style.mark = 2*style.size-0.5, ""
		for _, f := range of {
			functions, styles = append(functions, f), append(styles, style)
		}
	}
	if len(functions) == 2 && functions[0].String() == functions[1].String() {
		functions, styles[0] = functions[:1], series{colour: black, size: 1.5}
	}
	c := NewCurves(functions, in.low, in.high)
	from, to := Range(functions)
	near := NewCurves(functions, from, to) // far away, all that happens near 0 would count as a pole
	var panels []panel
	for which, name := range []string{value: "f(z)", slope: "f′(z)"} {
		low, high := c.limits(which)
		nearLow, nearHigh := near.limits(which)
		low, high = min(low, nearLow), max(high, nearHigh)
		margin := (high - low) / 20
		p := panel{
			x:    axis{low: in.low, high: in.high},
			y:    axis{name: name, low: low - margin, high: high + margin},
			size: vg.Point{X: panelWidth, Y: panelHeight / 2},
			rows: 7,
		}
		for i, k := range c.curves {
			styles[i].places = k.places(which, low, high)
			p.series = append(p.series, styles[i])
		}
		panels = append(panels, p)
	}
	return panels
}

// densities is a panel with a row for each layer, row i around the height −i.
func (in Inputs) densities(g *inputGroup) panel {
	n := len(g.layers)
	height, rows := vg.Length(40), 4 // of a layer
	if n > 6 {
		height, rows = 24, 3
	}
	p := panel{
		x:    axis{name: "z, what the activation receives; each density to its own height", low: in.low, high: in.high},
		y:    axis{low: 0.5 - float64(n), high: 0.5, named: true},
		size: vg.Point{X: panelWidth, Y: vg.Length(n) * height},
		rows: n * rows,
	}
	for stage, epoch := range in.stages {
		outline := in.stageStyle(stage)
		filled := series{kind: band, colour: outline.colour, alpha: 0.15}
		for i, layer := range g.layers {
			h := in.at[spot{layer, epoch}].Histogram
			outline.places = append(outline.places, histogram(h, -float64(i)-0.48, 0.92)...)
		}
		filled.places = outline.places
		p.series = append(p.series, filled, outline)
	}
	for i, layer := range g.layers {
		name := narrowed(wording.Printable(layer), longestName)
		p.y.ticks = append(p.y.ticks, plot.Tick{Value: -float64(i) - 0.2, Label: name})
	}
	return p
}

// histogram is the outline of a histogram that stands on a base, and a gap.
func histogram(h *record.Histogram, base, height float64) []place {
	gap := place{y: math.NaN()}
	if h == nil || len(h.Shares) == 0 || !(slices.Max(h.Shares) > 0) {
		return []place{gap}
	}
	width, most := (h.High-h.Low)/float64(len(h.Shares)), slices.Max(h.Shares)
	all := []place{{x: h.Low, y: base, y2: base}}
	for i, share := range h.Shares {
		top := base + height*share/most
		left := h.Low + float64(i)*width
		all = append(all, place{x: left, y: top, y2: base}, place{x: left + width, y: top, y2: base})
	}
	return append(all, place{x: h.High, y: base, y2: base}, gap)
}
