package plot

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"actfn/internal/wording"
)

// scatter is the right panel: accuracy against time. A row whose difference is out of sight at the left stands at
// the edge here too.
func (c Comparison) scatter(rows []int) *plot.Plot {
	p := newPanel("time of a training step, relative to the baseline", "accuracy, %")
	var inSight, times []float64
	var reaches [][2]float64
	for _, i := range rows {
		f := c.rows[i]
		times = append(times, f.time)
		if c.off(f) {
			continue
		}
		inSight = append(inSight, f.accuracy)
		if half := f.accuracyInterval[1] - f.accuracy; !math.IsNaN(half) {
			reaches = append(reaches, [2]float64{0, half})
		}
	}
	low, high := extent(inSight)
	if low > high {
		low, high = 0, 100
	}
	if len(reaches) > 0 {
		_, reach := shown(reaches)
		low, high = low-reach, high+reach
	}
	p.Add(accuracies{c, rows})
	p.Y.Min, p.Y.Max = widened(low, high, 0.1)
	low, high = extent(times)
	p.X.Min, p.X.Max = widened(low, high, 0.15)
	return p
}

// accuracies draws the rows as points with error bars, then their names where there is room.
type accuracies struct {
	Comparison
	drawn []int
}

func (a accuracies) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := transforms(&c, p)
	var taken []vg.Rectangle
	var places []vg.Point
	for _, row := range a.drawn {
		f := a.rows[row]
		at := vg.Point{X: x(f.time), Y: max(c.Min.Y, min(c.Max.Y, y(f.accuracy)))}
		places = append(places, at)
		taken = append(taken, around(at, 5))
		if !c.ContainsY(y(f.accuracy)) {
			taken = append(taken, around(at, 9)) // an arrow
		}
		if ci := f.accuracyInterval; !math.IsNaN(ci[0]) {
			taken = append(taken, vg.Rectangle{
				Min: vg.Point{X: at.X - 2, Y: max(c.Min.Y, min(c.Max.Y, y(ci[0])))},
				Max: vg.Point{X: at.X + 2, Y: max(c.Min.Y, min(c.Max.Y, y(ci[1])))}})
			bar{f.time, ci[0], ci[1], draw.LineStyle{Color: colourOf(f.look).paper, Width: 1.25}}.Plot(c, p)
		}
	}
	for i, row := range a.drawn {
		f := a.rows[row]
		style := draw.GlyphStyle{Color: colourOf(f.look).paper, Radius: 3.5, Shape: shapeOf(f.look)}
		if at := y(f.accuracy); !c.ContainsY(at) {
			style.Shape = beyond{at < c.Min.Y}
		}
		c.DrawGlyphNoClip(style, places[i])
	}
	style := textStyle(9)
	for i, row := range a.drawn {
		f := a.rows[row]
		text := fitted(wording.Printable(f.Activation), func(s string) bool { return style.Width(s) <= (c.Max.X-c.Min.X)*2/5 })
		if a.numbered() {
			text = fmt.Sprint(row + 1)
		}
		if !c.ContainsY(y(f.accuracy)) {
			text += fmt.Sprintf(", %.2f%%", f.accuracy)
		}
		size := vg.Point{X: style.Width(text), Y: 10}
		box := placed(places[i], size, c.Rectangle, taken)
		taken = append(taken, box)
		middle := vg.Point{X: box.Min.X, Y: (box.Min.Y + box.Max.Y) / 2}
		if near := nearest(places[i], box); math.Hypot(float64(near.X-places[i].X), float64(near.Y-places[i].Y)) > 9 {
			c.StrokeLine2(draw.LineStyle{Color: color.Gray{0x90}, Width: 0.5}, places[i].X, places[i].Y, near.X, near.Y)
		}
		write(c, style, middle, text)
	}
}

// beyond points out of a panel, up or down.
type beyond struct{ below bool }

func (b beyond) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	back := vg.Length(-8)
	if b.below {
		back = 8
	}
	c.FillPolygon(style.Color, []vg.Point{at, {X: at.X - 4, Y: at.Y + back}, {X: at.X + 4, Y: at.Y + back}})
}

// around is the square about a point.
func around(at vg.Point, reach vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: at.X - reach, Y: at.Y - reach}, Max: vg.Point{X: at.X + reach, Y: at.Y + reach}}
}

// placed is where a text of a size stands: as near to its point as it can without covering what is taken, inside
// the bounds. Where there is no such place it is the one that covers least.
func placed(at, size vg.Point, bounds vg.Rectangle, taken []vg.Rectangle) vg.Rectangle {
	var best vg.Rectangle
	least := math.Inf(1)
	const directions = 16
	for distance := vg.Length(6); distance <= 120; distance += 6 {
		for i := range directions {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / directions)
			// the box touches the circle of the distance from outside
			middle := vg.Point{
				X: at.X + vg.Length(cos)*(distance+size.X/2),
				Y: at.Y + vg.Length(sin)*(distance+size.Y/2),
			}
			box := vg.Rectangle{
				Min: vg.Point{X: middle.X - size.X/2, Y: middle.Y - size.Y/2},
				Max: vg.Point{X: middle.X + size.X/2, Y: middle.Y + size.Y/2},
			}
			if box.Min.X < bounds.Min.X || box.Max.X > bounds.Max.X || box.Min.Y < bounds.Min.Y || box.Max.Y > bounds.Max.Y {
				continue
			}
			covered := 0.0
			for _, other := range taken {
				covered += common(box, other)
			}
			if covered == 0 {
				return box
			}
			if covered < least {
				best, least = box, covered
			}
		}
	}
	if math.IsInf(least, 1) { // wider than the panel
		best = vg.Rectangle{Min: at, Max: at.Add(size)}
	}
	return best
}

// common is the area that two boxes share.
func common(a, b vg.Rectangle) float64 {
	w := min(a.Max.X, b.Max.X) - max(a.Min.X, b.Min.X)
	h := min(a.Max.Y, b.Max.Y) - max(a.Min.Y, b.Min.Y)
	return float64(max(0, w) * max(0, h))
}

// nearest is the point of a box that is nearest to another.
func nearest(to vg.Point, box vg.Rectangle) vg.Point {
	return vg.Point{X: max(box.Min.X, min(box.Max.X, to.X)), Y: max(box.Min.Y, min(box.Max.Y, to.Y))}
}
