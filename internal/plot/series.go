package plot

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Plot draws the series in a picture.
func (s series) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := transforms(&c, p)
	style := draw.LineStyle{Color: s.paper(), Width: s.size, Dashes: s.dashes}
	glyph := draw.GlyphStyle{Color: s.paper(), Radius: s.size, Shape: s.shape}
	switch s.kind {
	case line, band:
		for _, piece := range s.pieces() {
			path, back := make([]vg.Point, len(piece)), make([]vg.Point, len(piece))
			for i, at := range piece {
				path[i] = vg.Point{X: x(at.x), Y: y(at.y)}
				back[len(piece)-1-i] = vg.Point{X: x(at.x), Y: y(at.y2)}
			}
			if s.kind == band {
				c.FillPolygon(style.Color, c.ClipPolygonXY(append(path, back...)))
				continue
			}
			if len(path) == 1 && c.Contains(path[0]) {
				c.DrawGlyph(draw.GlyphStyle{Color: style.Color, Radius: s.size, Shape: disc}, path[0])
			}
			c.StrokeLines(style, c.ClipLinesXY(path)...)
		}
	case boxes: // in one path, because a large confusion matrix has tens of thousands
		var path vg.Path
		for _, at := range s.places {
			low, high := clamped(c, x(at.x), y(at.y)), clamped(c, x(at.x2), y(at.y2))
			path = append(path, vg.Rectangle{Min: low, Max: high}.Path()...)
		}
		if len(path) > 0 {
			c.SetColor(style.Color)
			c.Fill(path)
		}
	case whiskers:
		for _, at := range s.places {
			if !at.known() {
				continue
			}
			ends := []vg.Point{{X: x(at.x), Y: y(at.y)}, {X: x(at.x2), Y: y(at.y2)}}
			foot := vg.Point{X: 3}
			if at.y == at.y2 {
				foot = vg.Point{Y: 3}
			}
			for _, end := range ends {
				if c.Contains(end) {
					from, to := end.Sub(foot), end.Add(foot)
					c.StrokeLine2(style, from.X, from.Y, to.X, to.Y)
				}
			}
			c.StrokeLines(style, c.ClipLinesXY(ends)...)
		}
	case points:
		for _, at := range s.places {
			if at.known() {
				c.DrawGlyphNoClip(glyph, clamped(c, x(at.x), y(at.y)))
			}
		}
	case words:
		style := textStyle(s.size)
		style.Color, style.XAlign = s.paper(), text.XCenter
		for _, at := range s.places {
			write(c, style, vg.Point{X: x(at.x), Y: y(at.y)}, at.text)
		}
	}
}

// paper is the colour in a picture.
func (s series) paper() color.Color {
	if s.alpha == 0 {
		return s.colour.paper
	}
	c := s.colour.paper
	return color.NRGBA{c.R, c.G, c.B, uint8(math.Round(255 * s.alpha))}
}

// transforms are p's, but what is far outside of the panel is only as far as clipping can compute.
func transforms(c *draw.Canvas, p *plot.Plot) (x, y func(float64) vg.Length) {
	x, y = p.Transforms(c)
	near := func(place func(float64) vg.Length, low, high float64) func(float64) vg.Length {
		far := 100 * (high - low)
		return func(v float64) vg.Length { return place(max(low-far, min(high+far, v))) }
	}
	return near(x, p.X.Min, p.X.Max), near(y, p.Y.Min, p.Y.Max)
}

// clamped is the point of a canvas that is nearest to (x, y).
func clamped(c draw.Canvas, x, y vg.Length) vg.Point {
	return vg.Point{X: max(c.Min.X, min(c.Max.X, x)), Y: max(c.Min.Y, min(c.Max.Y, y))}
}

// labels draws the texts of points, where they cover no point, no whisker and no other text.
type labels []series

func (l labels) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := transforms(&c, p)
	style := textStyle(9)
	var taken []vg.Rectangle
	for _, s := range l {
		for _, at := range s.places {
			low, high := clamped(c, x(at.x), y(at.y)), clamped(c, x(at.x2), y(at.y2))
			switch s.kind {
			case points:
				taken = append(taken, around(low, vg.Point{X: s.size + 2, Y: s.size + 2}))
			case whiskers:
				taken = append(taken, vg.Rectangle{Min: low.Sub(vg.Point{X: 2}), Max: high.Add(vg.Point{X: 2})})
			}
		}
	}
	for _, s := range l {
		for _, at := range s.places {
			if at.text == "" || s.kind != points {
				continue
			}
			point := clamped(c, x(at.x), y(at.y))
			text := fitted(at.text, func(s string) bool { return style.Width(s) <= (c.Max.X-c.Min.X)/2 })
			box := beside(point, vg.Point{X: style.Width(text), Y: 10}, c.Rectangle, taken)
			taken = append(taken, box)
			near := clamped(draw.Canvas{Rectangle: box}, point.X, point.Y)
			if math.Abs(float64(near.Y-point.Y)) > 6 {
				c.StrokeLine2(draw.LineStyle{Color: zeroGray.paper, Width: 0.5}, point.X, point.Y, near.X, near.Y)
			}
			write(c, style, vg.Point{X: box.Min.X, Y: (box.Min.Y + box.Max.Y) / 2}, text)
		}
	}
}

// around is the rectangle with a middle that reaches so far from it.
func around(middle, reach vg.Point) vg.Rectangle {
	return vg.Rectangle{Min: middle.Sub(reach), Max: middle.Add(reach)}
}

// beside is where a text of a size stands inside the bounds: at the right or the left of its point, as little above
// or below it as it can without covering what is taken.
func beside(at, size vg.Point, bounds vg.Rectangle, taken []vg.Rectangle) vg.Rectangle {
	overlap := func(a, b vg.Rectangle) bool {
		return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
	}
	for shift := vg.Length(0); shift < bounds.Max.Y-bounds.Min.Y; shift += 3 {
		for _, y := range []vg.Length{at.Y + shift, at.Y - shift} {
			for _, x := range []vg.Length{at.X + 6, at.X - 6 - size.X} {
				box := vg.Rectangle{Min: vg.Point{X: x, Y: y - size.Y/2}, Max: vg.Point{X: x + size.X, Y: y + size.Y/2}}
				inside := x >= bounds.Min.X && box.Max.X <= bounds.Max.X &&
					box.Min.Y >= bounds.Min.Y && box.Max.Y <= bounds.Max.Y
				if inside && !slices.ContainsFunc(taken, func(other vg.Rectangle) bool { return overlap(box, other) }) {
					return box
				}
			}
		}
	}
	return vg.Rectangle{Min: at, Max: at.Add(size)} // there is no room
}
