package plot

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// key is one entry of a legend: what is drawn, one upon the other, and what it means.
type key struct {
	text  string
	looks []plot.Thumbnailer
}

// keys are a legend in columns of one width, as many as there is room for, filled downward.
type keys struct {
	entries []key
	columns int
	each    vg.Length
}

const (
	keyHeight = vg.Length(15)
	keyLook   = vg.Length(22) // the width of what is drawn
	keyGap    = vg.Length(5)
)

func newKeys(entries []key, width vg.Length) keys {
	style := textStyle(10)
	k := keys{columns: 1}
	for _, e := range entries {
		e.text = fitted(e.text, func(s string) bool { return keyLook+keyGap+style.Width(s) <= width })
		k.entries = append(k.entries, e)
		k.each = max(k.each, keyLook+keyGap+style.Width(e.text)+2*border)
	}
	if k.each > 0 {
		k.columns = max(1, int((width+2*border)/k.each))
	}
	return k
}

func (k keys) rows() int { return (len(k.entries) + k.columns - 1) / k.columns }

func (k keys) height() vg.Length { return vg.Length(k.rows()) * keyHeight }

// draw begins in the upper left corner.
func (k keys) draw(c draw.Canvas) {
	style := textStyle(10)
	for i, e := range k.entries {
		x := c.Min.X + vg.Length(i/k.rows())*k.each
		y := c.Max.Y - (vg.Length(i%k.rows())+0.5)*keyHeight
		box := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: x, Y: y - keyHeight/3}, Max: vg.Point{X: x + keyLook, Y: y + keyHeight/3}}}
		for _, look := range e.looks {
			look.Thumbnail(&box)
		}
		write(c, style, vg.Point{X: x + keyLook + keyGap, Y: y}, e.text)
	}
}

// swatch is a filled field of a legend.
type swatch struct{ color.Color }

func (s swatch) Thumbnail(c *draw.Canvas) {
	c.SetColor(s.Color)
	c.Fill(c.Rectangle.Path())
}
