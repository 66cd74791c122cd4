package plot

import (
	"actfn/internal/compare"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// validationDashes part the figures of the validation images from those of training.
var validationDashes = []vg.Length{5, 2.5}

// WritePicture draws the loss above the accuracy, in one of Formats: a thin line for each seed, a thick one for
// the mean over the seeds and a band for its interval; at the right the test. Of a single epoch there are points.
func (t Training) WritePicture(w io.Writer, format string) error {
	legend := newKeys(t.keys(), width-2*border)
	height := legend.height() + vg.Length(len(t.measures))*panelHeight + 4*border
	return writePage(w, format, width, height, func(all draw.Canvas) error {
		legend.draw(all)
		var plots [][]*plot.Plot
		for _, measure := range t.measures {
			plots = append(plots, []*plot.Plot{t.plot(measure)})
		}
		stack(draw.Crop(all, 0, 0, 0, -legend.height()-border), plots)
		return nil
	})
}

// plot is one panel.
func (t Training) plot(measure int) *plot.Plot {
	p := newPanel("epoch", measures[measure].title)
	p.Y.Min, p.Y.Max = t.limits(measure)
	if t.epochs > 1 {
		for i := range t.groups {
			t.addLines(p, measure, i)
		}
	} else {
		p.X.Label.Text = "after one epoch"
	}
	columns := t.columns()
	for _, column := range columns {
		for i := range t.groups {
			t.addPoints(p, measure, column, i)
		}
	}
	for _, g := range t.groups {
		for _, r := range g.runs {
			if compare.Diverged(r) {
				e := end(r, measure)
				if t.epochs == 1 {
					e.X = columns[0].centre
				}
				p.Add(inside{e, draw.GlyphStyle{Color: colourOf(g.look).paper, Radius: 3.5, Shape: cross{}}})
			}
		}
	}
	p.X.Min, p.X.Max = t.xRange()
	p.Y.Min, p.Y.Max = t.limits(measure)
	p.X.Tick.Marker = t.xTicks()
	return p
}

// addLines draws the seeds, mean and interval of a group over the epochs.
func (t Training) addLines(p *plot.Plot, measure, i int) {
	g := t.groups[i]
	colour := colourOf(g.look).paper
	for _, part := range t.parts {
		if part == test {
			continue
		}
		var dashes []vg.Length
		if part == validation {
			dashes = validationDashes
		}
		if len(g.runs) > 1 {
			for _, r := range g.runs {
				figure := func(epoch int) float64 { return at(r, measure, part, epoch) }
				p.Add(lines{t.epochs, figure, draw.LineStyle{Color: faint(colour, 0.4), Width: 0.5, Dashes: dashes}})
			}
		}
		means := make([]estimate, t.epochs)
		for epoch := range means {
			means[epoch] = estimateOf(g.values(measure, part, epoch))
		}
		mean := func(epoch int) float64 { return means[epoch].mean }
		p.Add(band{means, faint(colour, 0.15)})
		p.Add(lines{t.epochs, mean, draw.LineStyle{Color: colour, Width: 1.75, Dashes: dashes}})
		for epoch := 0; epoch < t.epochs; epoch += 1 + t.epochs/12 {
			p.Add(inside{plotter.XY{X: float64(epoch + 1), Y: mean(epoch)}, draw.GlyphStyle{Color: colour, Radius: 2.2, Shape: shapeOf(g.look)}})
		}
	}
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

func (t Training) xRange() (low, high float64) {
	columns := t.columns()
	if t.epochs == 1 {
		return 0.5, float64(len(columns)) + 0.5
	}
	low, high = 1, float64(t.epochs)
	for _, c := range columns {
		high = c.centre + c.width/2
	}
	return low, high
}

// xTicks are the epochs, as many as there is room for, and the names of the columns.
func (t Training) xTicks() plot.ConstantTicks {
	var all plot.ConstantTicks
	if t.epochs > 1 {
		all = ticks{}.Ticks(1, float64(t.epochs))
		all = slices.DeleteFunc(all, func(m plot.Tick) bool { return m.Value != math.Trunc(m.Value) })
		if first := all[0].Value; first != 1 && first >= 2 {
			all = append(plot.ConstantTicks{{Value: 1, Label: "1"}}, all...)
		}
	}
	for _, c := range t.columns() {
		all = append(all, plot.Tick{Value: c.centre, Label: partNames[c.part]})
	}
	return all
}

// addPoints draws a group's seeds, and their mean with its interval, in a column.
func (t Training) addPoints(p *plot.Plot, measure int, c column, i int) {
	g := t.groups[i]
	colour := colourOf(g.look).paper
	x := c.centre + c.width*((float64(i)+0.5)/float64(len(t.groups))-0.5)
	values := g.values(measure, c.part, 0)
	e := estimateOf(values)
	if !math.IsNaN(e.half) {
		p.Add(bar{x, e.mean - e.half, e.mean + e.half, draw.LineStyle{Color: colour, Width: 1.25}})
	}
	if len(values) > 1 {
		for _, v := range values {
			p.Add(inside{plotter.XY{X: x, Y: v}, draw.GlyphStyle{Color: faint(colour, 0.4), Radius: 1.6, Shape: disc{}}})
		}
	}
	p.Add(inside{plotter.XY{X: x, Y: e.mean}, draw.GlyphStyle{Color: colour, Radius: 3, Shape: shapeOf(g.look)}})
}

// keys are the groups, and what lines and marks mean.
func (t Training) keys() []key {
	var entries []key
	several, anyDiverged := false, false
	for _, g := range t.groups {
		colour := colourOf(g.look).paper
		looks := []plot.Thumbnailer{&plotter.Scatter{GlyphStyle: draw.GlyphStyle{Color: colour, Radius: 2.5, Shape: shapeOf(g.look)}}}
		if t.epochs > 1 {
			looks = append(looks, &plotter.Line{LineStyle: draw.LineStyle{Color: colour, Width: 1.75}})
		}
		entries = append(entries, key{g.label(), looks})
		several = several || len(g.runs) > 1
		anyDiverged = anyDiverged || g.diverged > 0
	}
	dark := color.RGBA{0x60, 0x60, 0x60, 0xFF}
	line := func(width vg.Length, dashes []vg.Length) []plot.Thumbnailer {
		return []plot.Thumbnailer{&plotter.Line{LineStyle: draw.LineStyle{Color: dark, Width: width, Dashes: dashes}}}
	}
	if t.epochs > 1 && slices.Contains(t.parts, validation) {
		entries = append(entries, key{"train", line(1.75, nil)}, key{"validation", line(1.75, validationDashes)})
	}
	if several {
		seed, mean := line(0.5, nil), fmt.Sprintf("mean, %.0f%% interval", 100*confidence)
		interval := []plot.Thumbnailer{swatch{faint(dark, 0.2)}, line(1.75, nil)[0]}
		if t.epochs == 1 {
			seed = []plot.Thumbnailer{&plotter.Scatter{GlyphStyle: draw.GlyphStyle{Color: faint(dark, 0.4), Radius: 1.6, Shape: disc{}}}}
			interval = []plot.Thumbnailer{upright{dark}, &plotter.Scatter{GlyphStyle: draw.GlyphStyle{Color: dark, Radius: 3, Shape: disc{}}}}
		}
		entries = append(entries, key{"one seed", seed}, key{mean, interval})
	}
	if anyDiverged {
		marks := []plot.Thumbnailer{&plotter.Scatter{GlyphStyle: draw.GlyphStyle{Color: dark, Radius: 3.5, Shape: cross{}}}}
		entries = append(entries, key{"diverged; the mean goes on without it", marks})
	}
	return entries
}
