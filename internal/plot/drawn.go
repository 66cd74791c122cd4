package plot

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// transforms are p's, but that what is far outside of the panel is only as far as clipping can compute.
func transforms(c *draw.Canvas, p *plot.Plot) (x, y func(float64) vg.Length) {
	x, y = p.Transforms(c)
	near := func(place func(float64) vg.Length, low, high float64) func(float64) vg.Length {
		far := 100 * (high - low)
		return func(v float64) vg.Length { return place(max(low-far, min(high+far, v))) }
	}
	return near(x, p.X.Min, p.X.Max), near(y, p.Y.Min, p.Y.Max)
}

// lines joins the figures of epochs 1 … n; a NaN parts them, and a figure that stands alone is a point.
type lines struct {
	n      int
	figure func(int) float64
	style  draw.LineStyle
}

func (l lines) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := transforms(&c, p)
	var piece []vg.Point
	end := func() {
		if len(piece) == 1 && c.Contains(piece[0]) {
			c.DrawGlyph(draw.GlyphStyle{Color: l.style.Color, Radius: l.style.Width, Shape: disc{}}, piece[0])
		}
		c.StrokeLines(l.style, c.ClipLinesXY(piece)...)
		piece = nil
	}
	for i := range l.n {
		if v := l.figure(i); math.IsNaN(v) {
			end()
		} else {
			piece = append(piece, vg.Point{X: x(float64(i + 1)), Y: y(v)})
		}
	}
	end()
}

// band fills what is between the ends of intervals; where there is no interval it has a gap.
type band struct {
	means  []estimate
	colour color.Color
}

func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := transforms(&c, p)
	var low, high []vg.Point
	end := func() {
		for i := len(low) - 1; i >= 0; i-- {
			high = append(high, low[i])
		}
		c.FillPolygon(b.colour, c.ClipPolygonXY(high))
		low, high = nil, nil
	}
	for i, e := range b.means {
		if math.IsNaN(e.half) {
			end()
			continue
		}
		at := x(float64(i + 1))
		low, high = append(low, vg.Point{X: at, Y: y(e.mean - e.half)}), append(high, vg.Point{X: at, Y: y(e.mean + e.half)})
	}
	end()
}

// bar is an upright interval, cut at the panel's edges, with a foot at each end that is not cut.
type bar struct {
	x, low, high float64
	style        draw.LineStyle
}

func (b bar) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := transforms(&c, p)
	x := tx(b.x)
	for _, end := range []float64{b.low, b.high} {
		if y := ty(end); c.ContainsY(y) {
			c.StrokeLine2(b.style, x-2.5, y, x+2.5, y)
		}
	}
	c.StrokeLines(b.style, c.ClipLinesXY([]vg.Point{{X: x, Y: ty(b.low)}, {X: x, Y: ty(b.high)}})...)
}

// inside is a mark at a place, or at the edge of the panel that is nearest to it. A NaN has no place.
type inside struct {
	at    plotter.XY
	style draw.GlyphStyle
}

func (m inside) Plot(c draw.Canvas, p *plot.Plot) {
	if math.IsNaN(m.at.X) || math.IsNaN(m.at.Y) {
		return
	}
	within := func(v, low, high float64) float64 { return max(low, min(high, v)) }
	x, y := p.Transforms(&c)
	c.DrawGlyphNoClip(m.style, vg.Point{X: x(within(m.at.X, p.X.Min, p.X.Max)), Y: y(within(m.at.Y, p.Y.Min, p.Y.Max))})
}

// upright is an interval in a legend.
type upright struct{ color.Color }

func (u upright) Thumbnail(c *draw.Canvas) {
	x := c.Center().X
	c.StrokeLine2(draw.LineStyle{Color: u.Color, Width: 1.25}, x, c.Min.Y, x, c.Max.Y)
}
