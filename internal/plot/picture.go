package plot

import (
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	width       = 18 * vg.Centimeter
	panelHeight = 7 * vg.Centimeter
)

var (
	gridColour = color.Gray{0xE0}
	zeroColour = color.Gray{0x90}
)

// WritePicture draws f above f′, with a legend over both, in one of Formats.
func (c Curves) WritePicture(w io.Writer, format string) error {
	legend := c.legend()
	top := vg.Length(len(c.legendLines())) * (legend.TextStyle.Rectangle("f′").Max.Y + legend.Padding)
	height := top + panels*panelHeight + 3*border
	return writePage(w, format, width, height, func(all draw.Canvas) error {
		legend.Draw(all)
		var plots [][]*plot.Plot
		for panel := range panels {
			p, err := c.plot(panel)
			if err != nil {
				return err
			}
			plots = append(plots, []*plot.Plot{p})
		}
		stack(draw.Crop(all, 0, 0, 0, -top-border), plots)
		return nil
	})
}

// stack draws panels below each other, with one left edge.
func stack(c draw.Canvas, plots [][]*plot.Plot) {
	tiles := draw.Tiles{Rows: len(plots), Cols: 1, PadY: border}
	for row, canvases := range plot.Align(plots, tiles, c) {
		plots[row][0].Draw(canvases[0])
	}
}

// newPanel is an empty panel with a grid.
func newPanel(x, y string) *plot.Plot {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = sans(11)
		axis.Tick.Label.Font = sans(9)
		axis.Padding = 0
		axis.Tick.Marker = ticks{}
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = gridColour, gridColour
	p.Add(grid)
	return p
}

// plot is one panel.
func (c Curves) plot(panel int) (*plot.Plot, error) {
	p := newPanel("x", panelNames[panel])
	low, high := c.limits(panel)
	margin := (high - low) / 20
	p.Add(zero{})
	for i, k := range c.curves {
		lines, err := k.lines(panel, low, high)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			l.LineStyle = lineStyle(i)
			p.Add(l)
		}
	}
	for i, k := range c.curves {
		marks := plotter.Scatter{XYs: k.marks(panel), GlyphStyle: glyphStyle(colourOf(i).paper)}
		p.Add(&marks)
	}
	p.X.Min, p.X.Max = c.Low, c.High // after Add, which widens them
	p.Y.Min, p.Y.Max = low-margin, high+margin
	return p, nil
}

// lines are the pieces of a curve. A piece ends where the curve has no finite value, and where it leaves
// the panel at one edge to come back at the other, as at a pole.
func (k curve) lines(panel int, low, high float64) ([]*plotter.Line, error) {
	var lines []*plotter.Line
	var piece plotter.XYs
	end := func() error {
		if len(piece) > 1 {
			l, err := plotter.NewLine(piece)
			if err != nil {
				return err
			}
			lines = append(lines, l)
		}
		piece = nil
		return nil
	}
	for i, x := range k.x {
		y := k.y[panel][i]
		broken := math.IsNaN(y) || math.IsInf(y, 0)
		if n := len(piece); n > 0 && (y > high && piece[n-1].Y < low || y < low && piece[n-1].Y > high) {
			broken = true
		}
		if broken {
			if err := end(); err != nil {
				return nil, err
			}
		}
		if !math.IsNaN(y) && !math.IsInf(y, 0) {
			piece = append(piece, plotter.XY{X: x, Y: y})
		}
	}
	return lines, end()
}

// marks are the values at the breaks.
func (k curve) marks(panel int) plotter.XYs {
	y := k.at(k.breaks)[panel]
	var points plotter.XYs
	for i, x := range k.breaks {
		if v := y[i]; !math.IsNaN(v) && !math.IsInf(v, 0) {
			points = append(points, plotter.XY{X: x, Y: v})
		}
	}
	return points
}

func lineStyle(i int) draw.LineStyle {
	return draw.LineStyle{Color: colourOf(i).paper, Width: 1.5, Dashes: dashesOf(i)}
}

func glyphStyle(c color.Color) draw.GlyphStyle {
	return draw.GlyphStyle{Color: c, Radius: 2.5, Shape: disc{}}
}

// legend names the curves.
func (c Curves) legend() plot.Legend {
	legend := plot.NewLegend()
	legend.Top, legend.Left = true, true
	legend.TextStyle.Font = sans(10)
	legend.Padding = 3
	for i, line := range c.legendLines() {
		text := fitted(line, func(s string) bool { return legend.TextStyle.Width(s) <= width-2*border-legend.ThumbnailWidth-border })
		if i < len(c.curves) {
			legend.Add(text, &plotter.Line{LineStyle: lineStyle(i)})
		} else {
			legend.Add(text, &plotter.Scatter{GlyphStyle: glyphStyle(zeroColour)})
		}
	}
	return legend
}

// legendLines are the functions with their parameters, and what the marks are, if there are any.
func (c Curves) legendLines() []string {
	var lines []string
	for _, k := range c.curves {
		lines = append(lines, k.String())
	}
	if slices.ContainsFunc(c.curves, func(k curve) bool { return len(k.breaks) > 0 }) {
		lines = append(lines, "value at a kink or jump")
	}
	return lines
}

// fitted is a text that fits, with … for what does not.
func fitted(text string, fits func(string) bool) string {
	if fits(text) {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && !fits(string(runes)+"…") {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// zero draws the lines x = 0 and y = 0.
type zero struct{}

func (zero) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := draw.LineStyle{Color: zeroColour, Width: 0.5}
	if p.X.Min < 0 && p.X.Max > 0 {
		c.StrokeLine2(style, x(0), c.Min.Y, x(0), c.Max.Y)
	}
	if p.Y.Min < 0 && p.Y.Max > 0 {
		c.StrokeLine2(style, c.Min.X, y(0), c.Max.X, y(0))
	}
}
