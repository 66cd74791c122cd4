package plot

import (
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The usual sizes of a picture, in points.
const (
	panelWidth  = vg.Length(445)
	panelHeight = vg.Length(155)
	border      = vg.Length(10)
	lineHeight  = vg.Length(15)
	leastPage   = vg.Length(320)
)

// WritePicture draws the notes, the legend and the panels, in one of Formats.
func (f Figure) WritePicture(w io.Writer, format string) error {
	var drawn []drawnPanel
	var left, right, bottom vg.Length // the widest margins
	for _, p := range f.panels {
		d := newDrawnPanel(p)
		left, right, bottom = max(left, d.left), max(right, d.right), max(bottom, d.bottom)
		drawn = append(drawn, d)
	}
	width, height := leastPage, vg.Length(0)
	var x, y vg.Length // of the next panel, from the upper left corner
	for i := range drawn {
		d := &drawn[i]
		width = max(width, min(panelWidth, textStyle(10).Width(d.title)))
		if f.beside {
			d.x, d.y = x+d.left, d.top+d.size.Y
			x = d.x + d.size.X + d.right + border
			width, height = max(width, x-border), max(height, d.y+bottom)
		} else {
			d.x, d.y = left, y+d.top+d.size.Y
			y = d.y + d.bottom + border
			width, height = max(width, left+d.size.X+right), y-border
		}
	}
	legend := newLegend(f.legend, width)
	var notes []string
	for _, note := range f.notes {
		notes = append(notes, folded(note, func(s string) bool { return textStyle(10).Width(s) <= width })...)
	}
	top := vg.Length(len(notes))*lineHeight + legend.height
	if top > 0 {
		top += border
	}
	return writePage(w, format, width+2*border, top+height+2*border, func(all draw.Canvas) {
		for i, note := range notes {
			write(all, textStyle(10), vg.Point{X: all.Min.X, Y: all.Max.Y - (vg.Length(i)+0.5)*lineHeight}, note)
		}
		legend.draw(draw.Crop(all, 0, 0, 0, -vg.Length(len(notes))*lineHeight))
		for _, d := range drawn {
			d.draw(all, vg.Point{X: all.Min.X + d.x, Y: all.Max.Y - top - d.y})
		}
	})
}

// drawnPanel is a panel with its place on the page: x and y are those of the lower left end of the axes, from the
// upper left corner. The margins are what axes, labels and texts take beyond the panel's size.
type drawnPanel struct {
	panel
	plot                     *plot.Plot
	left, right, bottom, top vg.Length
	columns                  []vg.Length // the widths of the texts at the right
	x, y                     vg.Length
}

func newDrawnPanel(p panel) drawnPanel {
	if p.size.X == 0 {
		p.size = vg.Point{X: panelWidth, Y: panelHeight}
	}
	d := drawnPanel{panel: p, plot: p.plot()}
	for _, row := range p.right {
		for i, cell := range row {
			if i == len(d.columns) {
				d.columns = append(d.columns, 0)
			}
			d.columns[i] = max(d.columns[i], textStyle(p.y.fontSize()).Width(cell)+border)
		}
	}
	page := p.size.Add(vg.Point{X: 200, Y: 200})
	for range 2 { // with wide margins, and then with what those come to
		data := d.plot.DataCanvas(draw.Canvas{Rectangle: vg.Rectangle{Max: page}})
		d.left, d.right = data.Min.X, page.X-data.Max.X
		d.bottom, d.top = data.Min.Y, page.Y-data.Max.Y
		page = p.size.Add(vg.Point{X: d.left + d.right, Y: d.bottom + d.top})
	}
	for _, width := range d.columns {
		d.right += width
	}
	if p.title != "" {
		d.top += lineHeight
	}
	return d
}

// draw puts the lower left end of the axes at a point.
func (d drawnPanel) draw(all draw.Canvas, at vg.Point) {
	c := draw.Canvas{Canvas: all.Canvas, Rectangle: vg.Rectangle{
		Min: vg.Point{X: at.X - d.left, Y: at.Y - d.bottom},
		Max: vg.Point{X: at.X + d.size.X + d.right, Y: at.Y + d.size.Y + d.top},
	}}
	for _, width := range d.columns {
		c.Max.X -= width
	}
	if d.title != "" {
		write(all, textStyle(10), vg.Point{X: all.Min.X, Y: c.Max.Y - lineHeight/2}, narrowed(d.title, all.Max.X-all.Min.X))
		c.Max.Y -= lineHeight
	}
	d.plot.Draw(c)
	data := d.plot.DataCanvas(c)
	for i, row := range d.panel.right {
		at := vg.Point{X: data.Max.X + border, Y: data.Y(d.plot.Y.Norm(-float64(i)))}
		for j, cell := range row {
			write(all, textStyle(d.panel.y.fontSize()), at, cell)
			at.X += d.columns[j]
		}
	}
}

// plot is the panel without the texts at its right.
func (p panel) plot() *plot.Plot {
	g := plot.New()
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = p.x.gridColour(), p.y.gridColour()
	g.Add(grid)
	zero := series{colour: zeroGray, size: 0.5}
	if p.x.hasZero() {
		zero.places = append(zero.places, place{y: p.y.low}, place{y: p.y.high}, place{x: math.NaN()})
	}
	if p.y.hasZero() {
		zero.places = append(zero.places, place{x: p.x.low}, place{x: p.x.high})
	}
	g.Add(zero)
	for _, s := range p.series {
		g.Add(s)
	}
	g.Add(labels(p.series))
	p.x.apply(&g.X) // after Add, which widens the ranges
	p.y.apply(&g.Y)
	if p.x.named && p.crowded() { // upright
		g.X.Tick.Label.Rotation, g.X.Tick.Label.XAlign, g.X.Tick.Label.YAlign = math.Pi/2, text.XRight, text.YCenter
	}
	return g
}

// crowded reports that the texts below the x axis have not room beside each other.
func (p panel) crowded() bool {
	style := textStyle(p.x.fontSize())
	room := p.size.X / vg.Length(p.x.high-p.x.low)
	return slices.ContainsFunc(p.x.ticks, func(m plot.Tick) bool { return style.Width(m.Label)+keyGap > room })
}

func (a axis) gridColour() color.Color {
	if a.named {
		return nil
	}
	return gridGray.paper
}

func (a axis) fontSize() vg.Length {
	if a.textSize == 0 {
		return 9
	}
	return a.textSize
}

func (a axis) apply(to *plot.Axis) {
	to.Label.Text, to.Label.TextStyle.Font = a.name, sans(11)
	to.Min, to.Max = a.low, a.high
	to.Padding = 0
	to.Tick.Label.Font = sans(a.fontSize())
	to.Tick.Marker = plot.ConstantTicks(a.marks())
	if a.named {
		to.LineStyle.Width, to.Tick.Length = 0, 0
		to.Padding = border / 2
	}
}

const (
	keyLook = vg.Length(22) // the width of an entry's samples
	keyGap  = vg.Length(5)
)

// legend is entries beside each other, in as many lines as they need.
type legend struct {
	entries []entry
	at      []vg.Point // the left ends of the entries and the middles of their heights, from the upper left corner
	height  vg.Length
}

func newLegend(entries []entry, width vg.Length) legend {
	var l legend
	x := width
	for _, e := range entries {
		e.text = narrowed(e.text, width-keyLook-keyGap)
		size := keyLook + keyGap + textStyle(10).Width(e.text)
		if x+size > width {
			x = 0
			l.height += lineHeight
		}
		l.entries = append(l.entries, e)
		l.at = append(l.at, vg.Point{X: x, Y: lineHeight/2 - l.height})
		x += size + border
	}
	return l
}

// draw begins in the upper left corner.
func (l legend) draw(c draw.Canvas) {
	unit := plot.New()
	unit.X.Min, unit.X.Max, unit.Y.Min, unit.Y.Max = 0, 1, 0, 1
	for i, e := range l.entries {
		at := l.at[i].Add(vg.Point{X: c.Min.X, Y: c.Max.Y})
		box := around(at.Add(vg.Point{X: keyLook / 2}), vg.Point{X: keyLook / 2, Y: lineHeight / 3})
		for _, s := range e.samples {
			s.sample().Plot(draw.Canvas{Canvas: c.Canvas, Rectangle: box}, unit)
		}
		write(c, textStyle(10), at.Add(vg.Point{X: keyLook + keyGap}), e.text)
	}
}
