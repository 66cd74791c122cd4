package plot

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"actfn/internal/wording"
)

// The sizes of a comparison's picture.
const (
	forestWidth  = 230 * vg.Length(1)
	scatterWidth = 300 * vg.Length(1)
	forestRowGap = 20 * vg.Length(1)
	longestName  = 150 * vg.Length(1)
	longestWords = 180 * vg.Length(1)
	axisHeight   = 45 * vg.Length(1) // of numbers and what they are
)

var ropeColour = color.Gray{0xEA}

// WritePicture draws the differences with their intervals, and beside them, where times were taken, accuracy
// against the time of a training step, in one of Formats.
func (c Comparison) WritePicture(w io.Writer, format string) error {
	style := textStyle(10)
	names, figures, words := vg.Length(0), vg.Length(0), vg.Length(0)
	for i, f := range c.rows {
		names = max(names, style.Width(c.shortName(i)))
		figures = max(figures, style.Width(f.figures()))
		words = max(words, min(longestWords, style.Width(f.verdict)))
	}
	names, figures, words = names+border, figures+border, words+border
	left := names + forestWidth + border + figures + words
	total := left + 2*border
	panel := vg.Length(len(c.rows)) * forestRowGap
	timed := c.timed()
	if timed != nil {
		total += scatterWidth + 2*border
		panel = max(panel, 200)
	}
	about := c.notes(total - 2*border)
	notes := vg.Length(len(about))*keyHeight + border
	return writePage(w, format, total, panel+axisHeight+notes+2*border, func(all draw.Canvas) error {
		for i, note := range about {
			write(all, style, vg.Point{X: all.Min.X, Y: all.Max.Y - (vg.Length(i)+0.5)*keyHeight}, note)
		}
		all = draw.Crop(all, 0, 0, 0, -notes)
		p := c.forest()
		canvas := draw.Crop(all, names, -(all.Max.X - all.Min.X - names - forestWidth), 0, 0)
		p.Draw(canvas)
		c.beside(all, p.DataCanvas(canvas), figures)
		if timed != nil {
			c.scatter(timed).Draw(draw.Crop(all, left+2*border, 0, 0, 0))
		}
		return nil
	})
}

// notes say what is drawn.
func (c Comparison) notes(room vg.Length) []string {
	style := textStyle(10)
	notes := []string{c.about()}
	if c.result.Rope > 0 {
		notes = append(notes, fmt.Sprintf("shaded: ±%.4g points, within which a difference does not matter", 100*c.result.Rope))
	}
	for i, note := range notes {
		notes[i] = fitted(note, func(s string) bool { return style.Width(s) <= room })
	}
	return notes
}

// forest is the left panel: row i has the height −i.
func (c Comparison) forest() *plot.Plot {
	p := newPanel("difference in accuracy, points", "")
	p.HideY()
	p.Add(forest{c})
	p.X.Min, p.X.Max = c.low, c.high
	p.Y.Min, p.Y.Max = -float64(len(c.rows))+0.5, 0.5
	p.Y.Tick.Marker = plot.ConstantTicks{}
	return p
}

// forest draws the margin, the zero line and the intervals.
type forest struct{ Comparison }

func (f forest) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := transforms(&c, p)
	if rope := 100 * f.result.Rope; rope > 0 {
		c.SetColor(ropeColour)
		c.Fill(vg.Rectangle{Min: vg.Point{X: max(c.Min.X, x(-rope)), Y: c.Min.Y}, Max: vg.Point{X: min(c.Max.X, x(rope)), Y: c.Max.Y}}.Path())
	}
	c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: 0.75}, x(0), c.Min.Y, x(0), c.Max.Y)
	for i, row := range f.rows {
		colour := colourOf(row.look).paper
		middle := y(-float64(i))
		line := draw.LineStyle{Color: colour, Width: 1.75}
		if !math.IsNaN(row.low) {
			c.StrokeLines(line, c.ClipLinesX([]vg.Point{{X: x(row.low), Y: middle}, {X: x(row.high), Y: middle}})...)
			for _, end := range []float64{row.low, row.high} {
				if at := x(end); c.ContainsX(at) {
					c.StrokeLine2(line, at, middle-3.5, at, middle+3.5)
				} else {
					arrow(c, colour, at < c.Min.X, middle)
				}
			}
		}
		mark := draw.GlyphStyle{Color: colour, Radius: 3.5, Shape: shapeOf(row.look)}
		if math.IsNaN(row.low) {
			mark.Shape = hollow{}
		}
		switch {
		case math.IsNaN(row.difference):
		case f.off(row):
			arrow(c, colour, row.difference < f.low, middle)
		default:
			c.DrawGlyph(mark, vg.Point{X: x(row.difference), Y: middle})
		}
	}
}

// arrow points out of a panel at its left or right edge.
func arrow(c draw.Canvas, colour color.Color, left bool, y vg.Length) {
	tip, base := c.Max.X, c.Max.X-7
	if left {
		tip, base = c.Min.X, c.Min.X+7
	}
	c.FillPolygon(colour, []vg.Point{{X: tip, Y: y}, {X: base, Y: y + 4}, {X: base, Y: y - 4}})
}

// beside writes the rows' names at the left of the panel, and the figures and verdicts at its right.
func (c Comparison) beside(all, panel draw.Canvas, figures vg.Length) {
	style := textStyle(10)
	for i, f := range c.rows {
		y := panel.Y(1 - (float64(i)+0.5)/float64(len(c.rows)))
		name := style
		name.XAlign = text.XRight
		write(all, name, vg.Point{X: panel.Min.X - border, Y: y}, c.shortName(i))
		write(all, style, vg.Point{X: panel.Max.X + border, Y: y}, f.figures())
		write(all, style, vg.Point{X: panel.Max.X + border + figures, Y: y}, narrowed(f.verdict, longestWords))
	}
}

// shortName is a row's name as far as there is room, with its number where it has one.
func (c Comparison) shortName(i int) string {
	name := narrowed(wording.Printable(c.rows[i].Activation), longestName)
	if c.numbered() {
		name += fmt.Sprintf("  %d", i+1)
	}
	return name
}

// narrowed is a text that is no wider than there is room for.
func narrowed(name string, room vg.Length) string {
	style := textStyle(10)
	return fitted(name, func(s string) bool { return style.Width(s) <= room })
}
