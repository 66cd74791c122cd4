package plot

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"actfn/internal/compare"
)

// Scheme gives each activation, by its spec, its look: one colour in every picture that is drawn with the
// same scheme.
type Scheme map[string]int

// Colors deals out the looks in order: the first activation, by custom the baseline, has the first colour. One
// that comes twice keeps its first.
func Colors(activations []string) Scheme {
	s := Scheme{}
	s.add(activations...)
	return s
}

// ColorsOf are the colours of a comparison: the baseline's, then those of the rows in their order.
func ColorsOf(r compare.Result) Scheme {
	s := Colors([]string{r.Baseline})
	for _, row := range r.Rows {
		s.add(row.Activation)
	}
	return s
}

func (s Scheme) add(activations ...string) {
	for _, a := range activations {
		if _, ok := s[a]; !ok {
			s[a] = len(s)
		}
	}
}

// with is the scheme with looks for activations that it may lack.
func (s Scheme) with(activations ...string) Scheme {
	all := Scheme{}
	for a, look := range s {
		all[a] = look
	}
	all.add(activations...)
	return all
}

// shapes tell those apart in points that have one colour, as dashes do in lines.
var shapes = []draw.GlyphDrawer{disc{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, diamond{}}

// shapeOf is the mark of look i.
func shapeOf(i int) draw.GlyphDrawer { return shapes[i/len(palette)%len(shapes)] }

// faint is a colour that lets others through.
func faint(c color.RGBA, alpha float64) color.NRGBA {
	return color.NRGBA{c.R, c.G, c.B, uint8(math.Round(255 * alpha))}
}

// disc is a circle of four curves, which unlike gonum's is round in a PDF too.
type disc struct{}

func (disc) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	r := style.Radius
	k := r * 4 / 3 * (math.Sqrt2 - 1) // a cubic curve is nearest to a quarter of a circle
	point := func(x, y vg.Length) vg.Point { return vg.Point{X: at.X + x, Y: at.Y + y} }
	var path vg.Path
	path.Move(point(r, 0))
	path.CubeTo(point(r, k), point(k, r), point(0, r))
	path.CubeTo(point(-k, r), point(-r, k), point(-r, 0))
	path.CubeTo(point(-r, -k), point(-k, -r), point(0, -r))
	path.CubeTo(point(k, -r), point(r, -k), point(r, 0))
	path.Close()
	c.Fill(path)
}

// diamond is a square that stands on a corner.
type diamond struct{}

func (diamond) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	r := style.Radius * 1.2
	c.FillPolygon(style.Color, []vg.Point{{X: at.X - r, Y: at.Y}, {X: at.X, Y: at.Y + r}, {X: at.X + r, Y: at.Y}, {X: at.X, Y: at.Y - r}})
}

// cross is two strokes, bolder than gonum's.
type cross struct{}

func (cross) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	line, r := draw.LineStyle{Color: style.Color, Width: 1.5}, style.Radius
	c.StrokeLine2(line, at.X-r, at.Y-r, at.X+r, at.Y+r)
	c.StrokeLine2(line, at.X-r, at.Y+r, at.X+r, at.Y-r)
}

// hollow is a circle with white inside.
type hollow struct{}

func (hollow) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	inner := draw.GlyphStyle{Color: color.White, Radius: style.Radius - 1.3}
	disc{}.DrawGlyph(c, style, at)
	c.SetColor(inner.Color)
	disc{}.DrawGlyph(c, inner, at)
}
